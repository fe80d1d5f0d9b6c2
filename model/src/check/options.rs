//! What searches, and up to where.

use std::fmt;
use std::str::FromStr;

use crate::property::PropertyId;

/// What searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// `muster-checker`: exact, and every path is a shortest one.
    #[default]
    Muster,
    /// stateright's breadth-first checker on one thread; a violated property is searched for again alone, since
    /// stateright overwrites what it has found with longer paths.
    StaterightBfs,
    /// stateright's depth-first checker on one thread. Its paths are not the shortest, and its depth is the length of a
    /// path, not a distance.
    StaterightDfs,
}

impl Engine {
    const ALL: [Self; 3] = [Self::Muster, Self::StaterightBfs, Self::StaterightDfs];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Muster => "muster",
            Self::StaterightBfs => "stateright-bfs",
            Self::StaterightDfs => "stateright-dfs",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no [`Engine`] has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown engine '{text}': one of muster, stateright-bfs, stateright-dfs", text = .0.escape_debug())]
pub struct UnknownEngine(pub String);

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, UnknownEngine> {
        let named = Self::ALL.into_iter().find(|engine| engine.name() == text);
        named.ok_or_else(|| UnknownEngine(text.to_owned()))
    }
}

/// How a scenario is searched.
#[derive(Clone, Debug)]
pub struct Options {
    /// What searches.
    pub engine: Engine,
    /// Threads of one search; stateright's always has one.
    pub threads: usize,
    /// Ends a search that goes past about so many unique states.
    pub max_states: Option<usize>,
    /// Searches no further than so many steps from the start (own engine, stateright's breadth-first one).
    pub max_depth: Option<usize>,
    /// What is judged; `None`: what the scenario says, [`crate::scenario::Scenario::properties`].
    pub properties: Option<Vec<PropertyId>>,
    /// Ends a search of the own engine before its states take more bytes than this.
    pub memory: Option<u64>,
    /// Keeps states in fewer bytes, and takes longer.
    pub compact: bool,
    /// Takes states that differ in the numbers of members and generations, in which of some consumers with the same
    /// subscription is which, in which of some partitions that go together is which, or in who processed a record, for the
    /// same, and puts off steps of which the order does not matter (own engine).
    pub reduce: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            threads: 1,
            max_states: None,
            max_depth: None,
            properties: None,
            memory: None,
            compact: false,
            reduce: false,
        }
    }
}
