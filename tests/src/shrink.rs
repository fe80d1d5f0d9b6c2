//! A divergence made small on the system that shows it: members, steps and fields are dropped for as long as the
//! same rule is broken in the same way, each time in a fresh group.
//!
//! What is left is told anew by the reference, so every step says what a correct coordinator does *there*.

mod edits;

use std::time::{Duration, Instant};

use muster_model::trace::Trace;

use crate::attempt::{Verdict, confirm, settle};
use crate::clock::now;
use crate::in_process::retell::{Happening, happenings, retell};
use crate::replay::Finding;
use crate::runner::Ended;
use crate::system::System;

/// How much is tried for one divergence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Runs of smaller traces.
    pub tries: u32,
    /// Nothing more is tried after it.
    pub time: Duration,
    /// How often what is left is run again.
    pub confirm: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self { tries: 400, time: Duration::from_mins(1), confirm: 5 }
    }
}

/// A divergence made small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The steps that are left.
    pub trace: Trace,
    /// What was found of them.
    pub finding: Finding,
    /// In how many of `runs` it was seen again.
    pub seen: u32,
    /// Runs that could have shown it again.
    pub runs: u32,
    /// Steps that the trace had, up to where it diverged.
    pub from: usize,
    /// Runs of smaller traces.
    pub tries: u32,
    /// Whether nothing more can be dropped; else the effort was spent.
    pub minimal: bool,
}

/// Makes the divergence of a trace small. None if what was found is not found again in the trace told anew.
pub fn shrink(
    system: &dyn System,
    trace: &Trace,
    finding: &Finding,
    effort: Effort,
) -> Result<Option<Shrunk>, Ended> {
    let mut whole = trace.clone();
    whole.steps.truncate(finding.step + 1);
    let from = whole.steps.len();
    let mut search =
        Search { system, whole: &whole, finding, effort, deadline: now() + effort.time, tries: 0 };
    let Some(mut best) = search.attempt(&happenings(&whole))? else { return Ok(None) };
    search.tries = 0;
    let minimal = search.reduce(&mut best)?;
    let tries = search.tries;
    let Found { trace, finding, happenings: _ } = best;
    let (seen, runs) = confirm(system, &trace, &finding, effort.confirm)?;
    Ok(Some(Shrunk { trace, finding, seen, runs, from, tries, minimal }))
}

struct Search<'s> {
    system: &'s dyn System,
    whole: &'s Trace,
    /// What is to be found again.
    finding: &'s Finding,
    effort: Effort,
    deadline: Instant,
    tries: u32,
}

struct Found {
    happenings: Vec<Happening>,
    trace: Trace,
    finding: Finding,
}

impl Search<'_> {
    /// Drops what can be dropped; whether everything was tried.
    fn reduce(&mut self, best: &mut Found) -> Result<bool, Ended> {
        loop {
            let mut smaller = false;
            // The largest parts first. After a success the edits are those of what is left.
            let mut place = 0;
            loop {
                let edited = edits::edits(&best.happenings).nth(place);
                let Some(edited) = edited else { break };
                if self.tries >= self.effort.tries || now() > self.deadline {
                    return Ok(false);
                }
                match self.attempt(&edited)? {
                    Some(found) => {
                        *best = found;
                        smaller = true;
                    }
                    None => place += 1,
                }
            }
            if !smaller {
                return Ok(true);
            }
        }
    }

    /// Runs what is left; none if it does not break the same rule in the same way.
    fn attempt(&mut self, happenings: &[Happening]) -> Result<Option<Found>, Ended> {
        let Some(mut trace) = retell(self.whole, happenings, self.system.initial_delay()) else {
            return Ok(None);
        };
        self.tries += 1;
        let Verdict::Diverges { finding, .. } = settle(self.system, &trace)? else { return Ok(None) };
        if !alike(&finding, self.finding) {
            return Ok(None);
        }
        trace.steps.truncate(finding.step + 1);
        let happenings = happenings[..=finding.step].to_vec();
        Ok(Some(Found { happenings, trace, finding }))
    }
}

/// Whether the same rule is broken in the same way.
fn alike(one: &Finding, other: &Finding) -> bool {
    use crate::compare::Aspect;
    let (mine, theirs) = (&one.divergence, &other.divergence);
    let exact =
        mine.aspect != Aspect::Error || (mine.expected == theirs.expected && mine.actual == theirs.actual);
    one.rule == other.rule && mine.aspect == theirs.aspect && exact
}
