//! What the explorer's page replays traces on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use muster_conformance::attempt::CHOICES_MAX;
use muster_conformance::bottle::Bottle;
use muster_conformance::compare::describe;
use muster_conformance::in_process::InProcess;
use muster_conformance::kafka::{NoVersion, Version};
use muster_conformance::replay::{Outcome, replay};
use muster_conformance::system::{Received, TimersSeen};
use muster_conformance::{Session, System, Trouble};
use muster_explorer::replay::{Conclusion, Replay, SystemView, Tick};
use muster_model::trace::{Control, Request, Response, Step, Timer, Trace};
use muster_reference::coordinator::Config;

/// The name of the reference in requests.
const REFERENCE: &str = "reference";
/// The name of Kafka's own coordinator.
const BOTTLE: &str = "bottle";
/// The release whose coordinator is bottled.
const KAFKA: &str = "4.3.1";

/// What traces are replayed on: the reference, and Kafka's own coordinator where Java is there.
#[derive(Default)]
pub(super) struct Systems {
    /// Started when it is first asked for, and kept.
    bottle: Mutex<Option<Bottle>>,
}

impl Replay for Systems {
    fn systems(&self) -> Vec<SystemView> {
        let reference = InProcess::new(Config::default()).name();
        let missing =
            KAFKA.parse().map_or_else(|error: NoVersion| Some(error.to_string()), |v| Bottle::missing(&v));
        vec![
            SystemView { id: REFERENCE.to_owned(), name: reference, ..SystemView::default() },
            SystemView {
                id: BOTTLE.to_owned(),
                name: format!("Apache Kafka {KAFKA} in a bottle"),
                start: Some(
                    "Kafka's coordinator is started. The first time, Maven fetches and builds it: a minute or two."
                        .to_owned(),
                ),
                missing,
            },
        ]
    }

    fn replay(&self, system: &str, trace: &Trace, tell: &mut dyn FnMut(Tick)) -> Result<Conclusion, String> {
        match system {
            REFERENCE => replay_on(&InProcess::new(Config::default()), trace, tell)
                .map_err(|trouble| trouble.to_string()),
            BOTTLE => self.replay_in_bottle(trace, tell),
            other => Err(format!("there is no system '{other}'")),
        }
    }
}

impl Systems {
    fn replay_in_bottle(&self, trace: &Trace, tell: &mut dyn FnMut(Tick)) -> Result<Conclusion, String> {
        let version: Version = KAFKA.parse().map_err(|error: NoVersion| error.to_string())?;
        if trace.release != version.release() {
            return Err(format!("the path is of Kafka {}, and the bottle is Kafka {version}", trace.release));
        }
        // One at a time: who asks while it starts waits for it.
        let mut kept = self.bottle.lock().unwrap_or_else(PoisonError::into_inner);
        let bottle = match kept.take() {
            Some(bottle) => bottle,
            None => Bottle::start(&version).map_err(|error| error.to_string())?,
        };
        let concluded = replay_on(&bottle, trace, tell);
        // A bottle that does not answer is not kept: the next replay starts another.
        if !matches!(concluded, Err(Trouble::Unreachable(_))) {
            *kept = Some(bottle);
        }
        drop(kept);
        concluded.map_err(|trouble| trouble.to_string())
    }
}

/// Repeats the run while the system chooses otherwise than the trace, where it may. What is told is the last run.
fn replay_on(system: &dyn System, trace: &Trace, tell: &mut dyn FnMut(Tick)) -> Result<Conclusion, Trouble> {
    let mut ticks = Vec::new();
    let mut conclusion = Conclusion::OtherChoice;
    for _ in 0..CHOICES_MAX {
        ticks.clear();
        let session = system.open(trace, 1)?;
        let mut watched = Watched { session, ticks: &mut ticks, names: BTreeMap::new() };
        let outcome = replay(trace, &mut watched)?;
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

    fn control(&mut self, control: &Control) -> Result<(), Trouble> {
        self.session.control(control)
    }

    fn timers(&mut self) -> Option<TimersSeen> {
        self.session.timers()
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
