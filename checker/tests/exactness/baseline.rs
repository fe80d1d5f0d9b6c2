//! What stateright's own checkers count.

use stateright::actor::ActorModel;
use stateright::{Checker, Expectation, Model};

use crate::agreement::{Checkable, Comparable, Given};

/// Unique and generated states by its depth-first search, and steps to the farthest state by its breadth-first search
/// on one thread (with more, stateright's depth is of whichever path came first).
///
/// stateright stops when every property is decided: with one that never is, it does not.
pub(crate) fn counts<A: Checkable, C: Given, H: Comparable>(
    model: &ActorModel<A, C, H>,
) -> (u64, u64, usize) {
    let model = || model.clone().property(Expectation::Always, "undecided to the end", |_, _| true);
    let dfs = model().checker().threads(1).spawn_dfs().join();
    let bfs = model().checker().threads(1).spawn_bfs().join();
    (dfs.unique_state_count() as u64, dfs.state_count() as u64, bfs.max_depth() - 1)
}

/// How many steps stateright's breadth-first search needs to what it found of a property.
pub(crate) fn discovered<A: Checkable, C: Given, H: Comparable>(
    model: &ActorModel<A, C, H>,
    property: &'static str,
) -> Option<usize> {
    let bfs = model.clone().checker().threads(1).spawn_bfs().join();
    bfs.discovery(property).map(|path| path.into_states().len() - 1)
}

/// A state of an actor model.
pub(crate) type StateOf<A, H> = stateright::actor::ActorModelState<A, H>;
