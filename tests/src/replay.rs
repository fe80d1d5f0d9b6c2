//! One run of one trace: apply each step, observe, compare, stop at the first divergence.

use muster_model::trace::{Event, Request, Response, Step, Timer, Trace};
use muster_specs::Rule;

use crate::blame::blame;
use crate::compare::{Divergence, Match, compare, describe};
use crate::followed::differ;
use crate::symbols::Symbols;
use crate::system::{NotApplicable, Received, Session, Trouble};
use crate::timers::Timers;

/// What a run showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step was answered as expected.
    Conforms,
    /// The system chose otherwise than the trace, where it may.
    OtherChoice,
    /// A step was answered otherwise.
    Diverges(Finding),
}

/// The first divergence of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The index of the step in the trace.
    pub step: usize,
    /// The rule that it is held against; `None` if the step names none.
    pub rule: Option<Rule>,
    /// What differs.
    pub divergence: Divergence,
    /// Every answer of the step, by connection and in one line; ids that are known as the trace names them.
    pub answers: Vec<String>,
}

/// Replays the trace in the session's group.
pub fn replay(trace: &Trace, session: &mut dyn Session) -> Result<Outcome, Trouble> {
    let mut symbols = Symbols::default();
    let mut timers = Timers::default();
    for (index, step) in trace.steps.iter().enumerate() {
        match &step.event {
            Event::Request { connection, request } => {
                session.send(index, connection, &symbols.resolve(request))?;
            }
            Event::Timer { timer } => session.fire(index, &symbols.resolve_timer(timer))?,
            Event::Control { control } => session.control(control)?,
            Event::Answer { .. } | Event::Consumer { .. } => continue,
        }
        let received = session.collect(index, step)?;
        let divergence = match compare(step, &received, &mut symbols) {
            Match::Same => {
                learn_untold(trace, index, session, &mut symbols)?;
                session.timers().and_then(|seen| timers.step(step, seen, &symbols))
            }
            Match::OtherChoice => return Ok(Outcome::OtherChoice),
            Match::Differs(divergence) => Some(divergence),
        };
        let blamed = divergence.map(|divergence| (blame(&trace.steps[..=index], &divergence), divergence));
        let said = || session.rules().and_then(|said| differ(step, &said));
        if let Some((rule, divergence)) = blamed.or_else(said) {
            let answers = told(&received, &symbols);
            return Ok(Outcome::Diverges(Finding { step: index, rule, divergence, answers }));
        }
    }
    Ok(Outcome::Conforms)
}

fn told(received: &[Received], symbols: &Symbols) -> Vec<String> {
    let answer = |one: &Received| match &one.answer {
        Ok(response) => symbols.named(describe(response)),
        Err(defect) => defect.to_string(),
    };
    let on = |one: &Received| if one.connection.is_empty() { "timers" } else { &one.connection }.to_owned();
    received.iter().map(|one| format!("{}: {}", on(one), answer(one))).collect()
}

/// Learns the id of a member whose JoinGroup is parked, if a later request names it before any answer tells it.
fn learn_untold(
    trace: &Trace,
    index: usize,
    session: &mut dyn Session,
    symbols: &mut Symbols,
) -> Result<(), Trouble> {
    let Some((connection, member)) = untold(&trace.steps[index], symbols) else { return Ok(()) };
    if !is_named_untold(&trace.steps[index + 1..], member) {
        return Ok(());
    }
    let id =
        session.made_id(index, connection)?.ok_or(Trouble::NotApplicable(NotApplicable::UntoldMember))?;
    // The id was not seen before, so nothing can clash.
    let _bound = symbols.bind(member, &id);
    Ok(())
}

/// Whether a step names the member before an answer tells its id.
fn is_named_untold(steps: &[Step], symbol: &str) -> bool {
    let tells = |step: &Step| {
        step.answers
            .iter()
            .any(|answer| matches!(&answer.response, Response::JoinGroup { member, .. } if member == symbol))
    };
    let told = steps.iter().position(tells).unwrap_or(steps.len());
    steps.iter().take(told + 1).any(|step| names(step, symbol))
}

/// The member that a JoinGroup without an id makes, when it is parked: a new one, or one that takes the place of another.
fn untold<'s>(step: &'s Step, symbols: &Symbols) -> Option<(&'s str, &'s str)> {
    let Event::Request { connection, request: Request::JoinGroup { member, .. } } = &step.event else {
        return None;
    };
    let made = step.timers.set.iter().find_map(|timer| match timer {
        Timer::NewMemberJoin { member } | Timer::Session { member } => {
            Some(member.as_str()).filter(|member| !symbols.is_bound(member))
        }
        Timer::InitialDelay | Timer::Rebalance | Timer::PendingSync => None,
    });
    made.filter(|_| member.is_empty()).map(|made| (connection.as_str(), made))
}

fn names(step: &Step, symbol: &str) -> bool {
    match &step.event {
        Event::Request { request, .. } => match request {
            Request::FindCoordinator { .. }
            | Request::OffsetFetch { .. }
            | Request::DeleteGroups { .. }
            | Request::OffsetDelete { .. }
            | Request::DescribeGroups { .. }
            | Request::ListGroups { .. } => false,
            Request::JoinGroup { member, .. }
            | Request::Heartbeat { member, .. }
            | Request::OffsetCommit { member, .. }
            | Request::TxnOffsetCommit { member, .. } => member == symbol,
            Request::SyncGroup { member, assignments, .. } => {
                member == symbol || assignments.contains_key(symbol)
            }
            Request::LeaveGroup { members, .. } => members.iter().any(|member| member == symbol),
        },
        Event::Timer { timer } => crate::system::member_of(timer) == Some(symbol),
        Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => false,
    }
}
