//! The states that explain an answer, nearest to the order in which things were seen first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::hypothesis::{Hypothesis, Steps};

/// How far is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// States looked at for one answer.
    looked_at: usize,
    /// States kept after it.
    kept: usize,
}

/// What explains an answer.
pub(super) struct Found {
    pub(super) states: Vec<Hypothesis>,
    /// Whether there are more.
    pub(super) truncated: bool,
}

impl Search {
    pub(super) const NARROW: Self = Self { looked_at: 400, kept: 24 };
    pub(super) const WIDE: Self = Self { looked_at: 40_000, kept: 2_000 };

    /// Every state in which the request at `place` is answered as it was seen, not later than `at_us`.
    pub(super) fn explain(self, steps: &Steps<'_>, from: &[Hypothesis], place: usize, at_us: i64) -> Found {
        let mut met = Met::default();
        let mut heap = BinaryHeap::new();
        for state in from {
            met.add(&mut heap, 0, state.clone());
        }
        let mut states = Vec::new();
        let mut looked_at = 0;
        while let Some(Reverse((cost, at))) = heap.pop() {
            looked_at += 1;
            if looked_at > self.looked_at || states.len() == self.kept {
                return Found { states, truncated: true };
            }
            let state = met.states[at].clone();
            if state.has_answered(place) {
                states.push(state);
                continue;
            }
            for (rank, next) in next_requests(steps, &state).into_iter().enumerate() {
                for after in steps.request(&state, next) {
                    met.add(&mut heap, cost + rank, after);
                }
            }
            let due: Vec<_> =
                state.timers.iter().filter(|(_, at)| **at <= at_us).map(|(key, _)| key).collect();
            for key in due {
                for after in steps.timer(&state, key) {
                    met.add(&mut heap, cost + 1, after);
                }
            }
        }
        Found { states, truncated: false }
    }
}

/// The request that each connection can have taken next: a broker takes one at a time of each.
fn next_requests(steps: &Steps<'_>, state: &Hypothesis) -> Vec<usize> {
    let connection = |place: &usize| steps.history.exchanges[*place].connection;
    let mut busy: BTreeSet<usize> = state.parked.iter().map(connection).collect();
    state.waiting.iter().copied().filter(|place| busy.insert(connection(place))).collect()
}

/// States that were met, each once.
#[derive(Default)]
struct Met {
    states: Vec<Hypothesis>,
    /// By what can be compared at once.
    by: BTreeMap<(BTreeSet<usize>, BTreeSet<usize>), Vec<usize>>,
}

impl Met {
    fn add(&mut self, heap: &mut BinaryHeap<Reverse<(usize, usize)>>, cost: usize, state: Hypothesis) {
        let alike = self.by.entry((state.waiting.clone(), state.parked.clone())).or_default();
        if alike.iter().any(|at| self.states[*at] == state) {
            return;
        }
        alike.push(self.states.len());
        heap.push(Reverse((cost, self.states.len())));
        self.states.push(state);
    }
}
