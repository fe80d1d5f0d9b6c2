//! Watches the coordinator at work: tells of every rebalance, and of clients that break rules.

mod client_rules;
mod findings;
mod rules;
mod seen;

use std::collections::BTreeMap;

use muster_specs::Rule;
use tokio::time::Instant;
use tracing::info;

pub use client_rules::{ClientRule, UnknownClientRule};
pub use findings::Violation;
pub(super) use findings::{Findings, WATCHED};
pub(super) use seen::Seen;

use super::server::Kept;
use crate::coordinator::{Coordinator, Generation, GroupId, GroupState, Transition};
use rules::Rules;

/// A rebalance that is not over.
struct Rebalance {
    since: Instant,
    reason: String,
}

/// The watch of one coordinator.
pub(super) struct Watch {
    rebalances: BTreeMap<GroupId, Rebalance>,
    rules: Rules,
    counters: Counters,
}

/// What the watch counts, for whoever asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters(std::sync::Arc<std::sync::Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    rebalances: BTreeMap<GroupId, u64>,
    /// With more groups than this, those that are no more are forgotten.
    most: usize,
}

impl Counters {
    /// Groups that are counted before it is looked which of them are still there.
    const FEW: usize = 64;

    fn locked(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Rebalances by group that were completed.
    pub(super) fn rebalances(&self) -> BTreeMap<GroupId, u64> {
        self.locked().rebalances.clone()
    }

    /// Groups come and go for ever: no more than twice as many are remembered as there are, or a few.
    fn count(&self, group: &GroupId, exists: impl Fn(&GroupId) -> bool) {
        let mut counted = self.locked();
        *counted.rebalances.entry(group.clone()).or_default() += 1;
        if counted.rebalances.len() > counted.most.max(Self::FEW) {
            counted.rebalances.retain(|group, _| exists(group));
            counted.most = 2 * counted.rebalances.len();
        }
    }
}

impl Watch {
    pub(super) fn new(kept: Kept, findings: Findings, counters: Counters) -> Self {
        Self { rebalances: BTreeMap::new(), rules: Rules::new(kept, findings), counters }
    }

    /// Begins anew, with another coordinator.
    pub(super) fn forget(&mut self) {
        self.rebalances.clear();
        self.rules.forget();
    }

    /// Looks at a step: what came in, how its group was before, what was decided, and how it is.
    pub(super) fn look(
        &mut self,
        coordinator: &Coordinator,
        seen: &Seen,
        before: Option<GroupState>,
        transition: &Transition,
    ) {
        if let Some(group) = &seen.group {
            let after = coordinator.group_state(group);
            if before != after {
                self.starts(group, seen, before, after, transition);
                self.ends(coordinator, group, after);
            }
            self.rules.look(group, seen, transition);
        } else if transition.rules.contains(&Rule::HandOutAssignment) {
            // A record was replicated, and the group that waited for it is not named.
            let groups: Vec<_> = self.rebalances.keys().cloned().collect();
            for group in groups {
                self.ends(coordinator, &group, coordinator.group_state(&group));
            }
        }
    }

    fn starts(
        &mut self,
        group: &GroupId,
        seen: &Seen,
        before: Option<GroupState>,
        after: Option<GroupState>,
        transition: &Transition,
    ) {
        let Some(after) = after else { return };
        let generation = before.map_or(Generation::default(), |before| before.generation);
        let moves = after.state == "PreparingRebalance" || after.generation != generation;
        if !moves || self.rebalances.contains_key(group) {
            return;
        }
        let mut rules: Vec<_> = transition.rules.iter().map(|rule| rule.id()).collect();
        // One for each member, in some.
        rules.dedup();
        let (reason, member, client_id) = (rules.join(" "), &seen.member, seen.client.client_id());
        info!(%group, generation = generation.0, %member, client_id, reason, "rebalance starts");
        self.rebalances.insert(group.clone(), Rebalance { since: Instant::now(), reason });
    }

    fn ends(&mut self, coordinator: &Coordinator, group: &GroupId, after: Option<GroupState>) {
        let (state, generation, members) = match after {
            Some(after) if ["Stable", "Empty"].contains(&after.state) => {
                (after.state, after.generation.0, after.members)
            }
            Some(_) => return,
            None => ("Dead", 0, 0),
        };
        let Some(Rebalance { since, reason }) = self.rebalances.remove(group) else { return };
        let duration_ms = since.elapsed().as_millis();
        info!(%group, generation, state, members, duration_ms, reason, "rebalance ends");
        self.counters.count(group, |group| coordinator.group_state(group).is_some());
    }
}
