//! What the explorer's page replays traces on.

use std::collections::BTreeMap;

use muster_conformance::attempt::CHOICES_MAX;
use muster_conformance::compare::describe;
use muster_conformance::in_process::InProcess;
use muster_conformance::replay::{Outcome, replay};
use muster_conformance::system::Received;
use muster_conformance::{Session, System, Trouble};
use muster_explorer::replay::{Conclusion, Replay, Tick};
use muster_model::trace::{Request, Response, Step, Timer, Trace};
use muster_reference::coordinator::Config;

/// The name of the reference in links and requests.
const REFERENCE: &str = "reference";

/// The systems that are always there.
pub(super) struct Systems;

impl Replay for Systems {
    fn systems(&self) -> Vec<(String, String)> {
        vec![(REFERENCE.to_owned(), InProcess::new(Config::default()).name())]
    }

    fn replay(&self, system: &str, trace: &Trace, tell: &mut dyn FnMut(Tick)) -> Result<Conclusion, String> {
        if system != REFERENCE {
            return Err(format!("there is no system '{system}'"));
        }
        replay_on(&InProcess::new(Config::default()), trace, tell)
    }
}

/// Repeats the run while the system chooses otherwise than the trace, where it may. What is told is the last run.
fn replay_on(system: &dyn System, trace: &Trace, tell: &mut dyn FnMut(Tick)) -> Result<Conclusion, String> {
    let mut ticks = Vec::new();
    let mut conclusion = Conclusion::OtherChoice;
    for _ in 0..CHOICES_MAX {
        ticks.clear();
        let session = system.open(trace, 1).map_err(|trouble| trouble.to_string())?;
        let mut watched = Watched { session, ticks: &mut ticks, names: BTreeMap::new() };
        let outcome = replay(trace, &mut watched).map_err(|trouble| trouble.to_string())?;
        conclusion = concluded(outcome);
        if conclusion != Conclusion::OtherChoice {
            break;
        }
    }
    if let (Conclusion::Diverges { .. } | Conclusion::OtherChoice, Some(last)) =
        (&conclusion, ticks.last_mut())
    {
        last.same = false;
    }
    ticks.into_iter().for_each(tell);
    Ok(conclusion)
}

fn concluded(outcome: Outcome) -> Conclusion {
    match outcome {
        Outcome::Conforms => Conclusion::Conforms,
        Outcome::OtherChoice => Conclusion::OtherChoice,
        Outcome::Diverges(finding) => Conclusion::Diverges {
            step: finding.step,
            rule: finding.rule.map(|rule| rule.id().to_owned()),
            connection: finding.divergence.connection,
            expected: finding.divergence.expected,
            actual: finding.divergence.actual,
        },
    }
}

/// A session that writes down what is received in each step.
struct Watched<'s> {
    session: Box<dyn Session + 's>,
    ticks: &'s mut Vec<Tick>,
    /// Symbols of the member ids that were seen, so that a reader sees `m1`.
    names: BTreeMap<String, String>,
}

impl Session for Watched<'_> {
    fn send(&mut self, step: usize, connection: &str, request: &Request) -> Result<(), Trouble> {
        self.session.send(step, connection, request)
    }

    fn fire(&mut self, step: usize, timer: &Timer) -> Result<(), Trouble> {
        self.session.fire(step, timer)
    }

    fn collect(&mut self, index: usize, step: &Step) -> Result<Vec<Received>, Trouble> {
        let received = self.session.collect(index, step)?;
        self.learn(step, &received);
        let expected = step.answers.iter().map(|a| format!("{}: {}", a.connection, describe(&a.response)));
        let actual = received.iter().map(|one| {
            let answer = one.answer.as_ref().map_or_else(ToString::to_string, describe);
            format!("{}: {}", one.connection, self.named(answer))
        });
        let actual = actual.collect();
        self.ticks.push(Tick { step: index, expected: expected.collect(), actual, same: true });
        Ok(received)
    }

    fn made_id(&mut self, step: usize, connection: &str) -> Result<Option<String>, Trouble> {
        self.session.made_id(step, connection)
    }
}

impl Watched<'_> {
    fn learn(&mut self, step: &Step, received: &[Received]) {
        for expected in &step.answers {
            let actual = received.iter().find(|one| one.connection == expected.connection);
            if let (Response::JoinGroup { member: symbol, .. }, Some(Ok(Response::JoinGroup { member, .. }))) =
                (&expected.response, actual.map(|one| &one.answer))
                && !member.is_empty()
                && !symbol.is_empty()
            {
                self.names.entry(member.clone()).or_insert_with(|| symbol.clone());
            }
        }
    }

    fn named(&self, text: String) -> String {
        self.names.iter().fold(text, |text, (id, symbol)| text.replace(id, symbol))
    }
}
