//! What a run tells, while it goes and at its end.

use std::time::Duration;

use stateright::actor::{Actor, ActorModelAction, ActorModelState};

/// A step of an actor model.
pub type ModelAction<A> = ActorModelAction<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random>;
/// A state of an actor model.
pub type ModelState<A, H> = ActorModelState<A, H>;
/// A report on an actor model.
pub type ActorReport<A, H = ()> = Report<ModelState<A, H>, ModelAction<A>>;

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Unique states so far.
    pub states: u64,
    /// Steps taken so far within the boundary, and the first states.
    pub generated: u64,
    /// Steps from a first state to the states that are being expanded.
    pub depth: usize,
    /// Unique states that are found and not expanded.
    pub frontier: u64,
    /// Resident bytes of everything that grows with the space.
    pub bytes: u64,
}

/// What the caller answers to a [`Progress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    /// Search on.
    Yes,
    /// Stop with what is known.
    No,
}

/// Why not every state was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// As many unique states as were asked for.
    #[error("{0} states were seen")]
    States(u64),
    /// The next growth would have gone past this budget, in bytes.
    #[error("the memory budget of {0} bytes is used up")]
    Memory(u64),
    /// The time was up.
    #[error("the time of {0:?} is up")]
    Time(Duration),
    /// States at this depth were not expanded.
    #[error("states at depth {0} were not expanded")]
    Depth(usize),
    /// The caller stopped the run.
    #[error("stopped")]
    Cancelled,
    /// The properties were decided before the space was exhausted, and the caller asked for no more.
    #[error("decided before the end")]
    Decided,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every state within the boundary was seen.
    Exhausted,
    /// Some may not have been.
    NotExhausted(Limit),
}

/// What is known of a property; `S` is a state and `X` a step of the model.
#[derive(Clone, Debug)]
pub enum Verdict<S, X> {
    /// `always`: it holds in every state within the boundary; all of them were seen.
    Holds,
    /// `always`: it fails at the end of this path.
    Violated(Counterexample<S, X>),
    /// `sometimes`: it holds at the end of this path.
    Found(Counterexample<S, X>),
    /// `sometimes`: it holds in no state within the boundary; all of them were seen.
    Never,
    /// Nothing was found, and not every state was seen.
    Undecided,
}

/// A shortest path of the original model. Its steps were taken again with [`stateright::Model::next_state`], and the
/// property was evaluated at its end, before it was told.
#[derive(Clone, Debug)]
pub struct Counterexample<S, X> {
    /// From a first state to the one that decides; one more than `actions`.
    pub states: Vec<S>,
    /// The step from each state to the next.
    pub actions: Vec<X>,
}

/// Resident bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Of the stored states.
    pub states: u64,
    /// Of the table that finds a state.
    pub table: u64,
    /// Of the components, local steps and caches, estimated.
    pub components: u64,
    /// The most that all of these took at one time, the growth of a table included.
    pub peak: u64,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report<S, X> {
    /// Unique states.
    pub unique: u64,
    /// Steps taken within the boundary, and the first states: what stateright calls `state_count`.
    pub generated: u64,
    /// Steps from a first state to the farthest: stateright's `max_depth` is one more.
    pub depth: usize,
    /// Whether every state was seen.
    pub ending: Ending,
    /// What is known of each property, by name: the model's first, then the part properties.
    pub verdicts: Vec<(String, Verdict<S, X>)>,
    /// Where the memory went.
    pub bytes: Bytes,
}

impl<S, X> Report<S, X> {
    /// The verdict of this property.
    pub fn verdict(&self, property: &str) -> Option<&Verdict<S, X>> {
        self.verdicts.iter().find(|(name, _)| name == property).map(|(_, verdict)| verdict)
    }
}

/// Why a model is not checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// stateright's `eventually` is not an invariant of states.
    #[error("property '{0}' is an `eventually`: state it as a liveness property instead (see `liveness`)")]
    Eventually(String),
    /// Two properties with one name.
    #[error("two properties are called '{0}'")]
    SameName(String),
    /// A history may name what is renumbered or exchanged.
    #[error("a model with a history has no normal form and no symmetry: nothing says what its history names")]
    History,
    /// Code of the model panicked.
    #[error("the model panicked: {0}")]
    Panicked(String),
    /// A state would take more than 2048 bits.
    #[error("the model's states are too wide: more than 2048 bits of component ids")]
    TooWide,
    /// The system gives no address space.
    #[error("the system gives no memory")]
    NoMemory,
    /// A boundary by sums that the engine has no room for.
    #[error("a boundary by sums has at most {limits} limits of at most {most} each")]
    Boundary {
        /// How many it may have.
        limits: usize,
        /// How large each may be, with so many actors.
        most: u64,
    },
    /// Who is fair would be exchanged with who is not.
    #[error("property '{0}' cannot be decided on a space that symmetry reduced")]
    Symmetry(String),
    /// Steps were put off, and what they lead to on the way is not there.
    #[error("{0} cannot be told of a space from which partial order left states out")]
    PutOff(&'static str),
    /// What a model said of the independence of its steps is not so.
    #[error(
        "a step sends, or counts, what the model said it could not: its independence is not what it says"
    )]
    Dependent,
    /// Whether a step leaves a boundary that is stated over whole states may depend on any other.
    #[error("partial order needs a boundary over parts")]
    WholeBoundary,
    /// More fairness constraints than are kept.
    #[error(transparent)]
    TooManyConstraints(#[from] crate::liveness::TooManyConstraints),
    /// A path could not be walked again on the model: it is not a function of what it is given, or its equality is not.
    #[error("the model took other steps when '{0}' was confirmed: its actors are not deterministic")]
    NotConfirmed(String),
}
