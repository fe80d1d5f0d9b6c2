//! What the end of the initial delay says of the rebalance timeout.
//!
//! Each time the delay runs out it is extended by itself if a member came meanwhile and the rebalance timeout
//! of the first member is not used up (`GroupMetadataManager.tryCompleteInitialRebalanceElseSchedule`,
//! `InitialDelayedJoin`). Whether it was is therefore the test's choice, by the rebalance timeout.

use muster_model::trace::{Event, Timer, Trace};
use muster_specs::Rule;

/// Bounds of the rebalance timeout, in milliseconds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least_ms: u64,
    pub(super) most_ms: u64,
}

/// The bounds under which the initial delay is extended and ends where the trace says so.
pub(super) fn bounds(trace: &Trace, delay_ms: u64) -> Bounds {
    let mut bounds = Bounds { least_ms: 1, most_ms: u64::MAX };
    let (mut delays, mut waiting, mut arrived) = (1, false, false);
    for step in &trace.steps {
        let sets = step.timers.set.contains(&Timer::InitialDelay);
        match &step.event {
            Event::Timer { timer: Timer::InitialDelay } if sets => {
                delays += 1;
                arrived = false;
                bounds.least_ms = bounds.least_ms.max(delays * delay_ms);
            }
            Event::Timer { timer: Timer::InitialDelay } => {
                if arrived {
                    bounds.most_ms = bounds.most_ms.min(delays * delay_ms);
                }
                (delays, waiting) = (1, false);
            }
            Event::Request { .. } => {
                arrived |= waiting && admits(&step.rules);
                waiting |= sets;
            }
            Event::Timer { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => {}
        }
    }
    bounds
}

fn admits(rules: &[Rule]) -> bool {
    let admitting = [Rule::AdmitPendingMember, Rule::AdmitMemberWithoutId, Rule::AdmitStaticMember];
    admitting.iter().any(|rule| rules.contains(rule))
}
