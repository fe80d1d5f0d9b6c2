//! What stateright's own checkers count.

use std::hash::Hash;

use stateright::{Checker, Model};

/// Unique and generated states by its depth-first search, and the depth by its breadth-first search on one thread
/// (with more, stateright's depth is of whichever path came first).
pub fn counts<M>(model: impl Fn() -> M) -> (u64, u64, u64)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + PartialEq + Send + Sync + 'static,
{
    let dfs = model().checker().threads(1).spawn_dfs().join();
    let bfs = model().checker().threads(1).spawn_bfs().join();
    (dfs.unique_state_count() as u64, dfs.state_count() as u64, bfs.max_depth() as u64)
}
