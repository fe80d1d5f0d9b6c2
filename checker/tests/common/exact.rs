//! The search that cannot be wrong: whole states, compared with `Eq`, level by level. A hash only sorts them into
//! buckets, so one that takes two states for one costs time and nothing else.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use stateright::{Expectation, Model};

/// What a space is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    pub unique: u64,
    /// As stateright counts them: initial states, and every step that stays within the boundary.
    pub generated: u64,
    /// States on the longest of the shortest paths.
    pub depth: u64,
    /// How many steps away the nearest state is that violates an `always`, or is an example of a `sometimes`.
    pub nearest: BTreeMap<&'static str, usize>,
}

/// The states of a model within its boundary.
pub fn explore<M: Model>(model: &M) -> Space
where
    M::State: Clone + Eq + Hash,
{
    let properties = model.properties();
    let mut level: Vec<M::State> =
        model.init_states().into_iter().filter(|state| model.within_boundary(state)).collect();
    let mut space = Space { unique: 0, generated: level.len() as u64, depth: 0, nearest: BTreeMap::new() };
    let mut known: HashSet<M::State> = HashSet::new();
    level.retain(|state| known.insert(state.clone()));
    while !level.is_empty() {
        for property in &properties {
            let sought = property.expectation == Expectation::Sometimes;
            if level.iter().any(|state| (property.condition)(model, state) == sought) {
                space.nearest.entry(property.name).or_insert(usize::try_from(space.depth).unwrap_or(usize::MAX));
            }
        }
        space.depth += 1;
        let mut next = Vec::new();
        for state in &level {
            let successors = model.next_states(state).into_iter().filter(|state| model.within_boundary(state));
            for successor in successors {
                space.generated += 1;
                if known.insert(successor.clone()) {
                    next.push(successor);
                }
            }
        }
        level = next;
    }
    space.unique = known.len() as u64;
    space
}
