//! The search that cannot be wrong: whole states, compared with `Eq`, level by level. A hash only sorts them into
//! buckets, so one that takes two states for one costs time and nothing else.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use stateright::{Expectation, Model};

/// What a space is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Space {
    pub(crate) unique: u64,
    /// As stateright counts them: initial states, and every step that stays within the boundary.
    pub(crate) generated: u64,
    /// Steps to the farthest state.
    pub(crate) depth: usize,
    /// How many steps away the nearest state is that violates an `always`, or is an example of a `sometimes`.
    pub(crate) nearest: BTreeMap<&'static str, usize>,
}

/// The states of a model within its boundary.
pub(crate) fn explore<M: Model>(model: &M) -> Space
where
    M::State: Clone + Eq + Hash,
{
    explore_up_to(model, usize::MAX).unwrap()
}

/// The same, or `None` if there are more than so many.
pub(crate) fn explore_up_to<M: Model>(model: &M, most: usize) -> Option<Space>
where
    M::State: Clone + Eq + Hash,
{
    let properties = model.properties();
    let mut level: Vec<M::State> =
        model.init_states().into_iter().filter(|state| model.within_boundary(state)).collect();
    let mut space = Space { unique: 0, generated: level.len() as u64, depth: 0, nearest: BTreeMap::new() };
    let mut known: HashSet<M::State> = HashSet::new();
    level.retain(|state| known.insert(state.clone()));
    loop {
        for property in &properties {
            let sought = property.expectation == Expectation::Sometimes;
            if level.iter().any(|state| (property.condition)(model, state) == sought) {
                space.nearest.entry(property.name).or_insert(space.depth);
            }
        }
        let mut next = Vec::new();
        for state in &level {
            let successors =
                model.next_states(state).into_iter().filter(|state| model.within_boundary(state));
            for successor in successors {
                space.generated += 1;
                if known.insert(successor.clone()) {
                    next.push(successor);
                }
            }
        }
        if known.len() > most {
            return None;
        }
        if next.is_empty() {
            space.unique = known.len() as u64;
            return Some(space);
        }
        level = next;
        space.depth += 1;
    }
}

/// How many states lie at each distance.
pub(crate) fn levels<M: Model>(model: &M) -> Vec<usize>
where
    M::State: Clone + Eq + Hash,
{
    let mut level: Vec<M::State> =
        model.init_states().into_iter().filter(|state| model.within_boundary(state)).collect();
    let mut known: HashSet<M::State> = level.iter().cloned().collect();
    let mut levels = Vec::new();
    while !level.is_empty() {
        levels.push(level.len());
        let successors = level.iter().flat_map(|state| model.next_states(state));
        let within: Vec<_> = successors.filter(|state| model.within_boundary(state)).collect();
        level = within.into_iter().filter(|state| known.insert(state.clone())).collect();
    }
    levels
}
