//! One run of one trace: apply each step, observe, compare, stop at the first divergence.

use muster_model::trace::{Event, Trace};
use muster_specs::Rule;

use crate::blame::blame;
use crate::compare::{Divergence, Match, compare};
use crate::symbols::Symbols;
use crate::system::{Session, Trouble};

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
}

/// Replays the trace in the session's group.
pub fn replay(trace: &Trace, session: &mut dyn Session) -> Result<Outcome, Trouble> {
    let mut symbols = Symbols::default();
    for (index, step) in trace.steps.iter().enumerate() {
        match &step.event {
            Event::Request { connection, request } => {
                session.send(index, connection, &symbols.resolve(request))?;
            }
            Event::Timer { timer } => session.fire(index, &symbols.resolve_timer(timer))?,
            Event::Answer { .. } | Event::Consumer { .. } => continue,
        }
        let received = session.collect(index, step)?;
        match compare(step, &received, &mut symbols) {
            Match::Same => {}
            Match::OtherChoice => return Ok(Outcome::OtherChoice),
            Match::Differs(divergence) => {
                let rule = blame(step, &divergence);
                return Ok(Outcome::Diverges(Finding { step: index, rule, divergence }));
            }
        }
    }
    Ok(Outcome::Conforms)
}
