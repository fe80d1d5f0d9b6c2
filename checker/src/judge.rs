//! What is said of whole states: boundaries and properties, asked by component ids.

/// How a property is watched.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// It is looked for, not feared.
    pub(crate) sometimes: bool,
    /// What it reads; `None`: everything, and nothing of it is remembered.
    pub(crate) reads: Option<WatchedParts>,
    /// It is said of each message by itself: the bit of what is said.
    pub(crate) each: Option<u32>,
}

/// Components that a property reads.
#[derive(Clone, Debug)]
pub(crate) struct WatchedParts {
    pub(crate) actors: Vec<usize>,
    /// All flows, and the last message.
    pub(crate) messages: bool,
    /// Through which view it sees actors; the first one shows everything.
    pub(crate) view: usize,
}

/// Evaluates conditions; each thread has its own.
pub(crate) trait Judge: Send {
    /// Whether a state is within the boundary, as far as sums do not say.
    fn is_within(&mut self, ids: &[u32]) -> bool;
    /// Whether a state decides a property: it violates it, or it is what is looked for.
    fn decides(&mut self, property: usize, ids: &[u32]) -> bool;
}
