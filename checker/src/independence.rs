//! Partial order: steps of which the order does not matter.
//!
//! Steps of different actors commute: each changes its own part, takes from the front of flows to itself and adds to the
//! end of its own. So where nothing that others do can give an actor more to do, it may go first: the steps of the others
//! are put off, and lead to the same states later. A model says what the engine cannot see: who may still send to whom,
//! and which steps undo, or bring about, nothing that a property looks for.
//!
//! What it rests on, for a path from a state to one that decides a property:
//!
//! - if the path has a step of the chosen actor, the first of them can be taken at once, and the path ends in the same
//!   state;
//! - if it has none, and all others are *quiet*, the property is decided in this state already;
//! - if it has none, a *harmless* step of the actor can be taken at once, and the path then ends in a state that decides
//!   the property as well.
//!
//! The third case leaves the path as long as it was, and is why one may become longer. It comes to an end, since a harmless
//! step brings the state's *rank* down: a number that the model gives each part and each message, summed up. So what is
//! expanded of a state follows from the state alone, on any number of threads.

use stateright::actor::{Actor, Id};

/// Why an actor's part changes.
#[derive(Debug)]
pub enum Cause<'a, M, T> {
    /// A message arrives.
    Message(&'a M),
    /// A timer fires.
    Timer(&'a T),
    /// A choice, a crash or a recovery.
    Other,
}

impl<M, T> Clone for Cause<'_, M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Cause<'_, M, T> {}

/// One step of one actor.
pub struct LocalStep<'a, A: Actor> {
    /// Which actor, by index.
    pub actor: usize,
    /// Its state before.
    pub before: &'a A::State,
    /// Why.
    pub cause: Cause<'a, A::Msg, A::Timer>,
    /// Its state after.
    pub after: &'a A::State,
    /// What it sends, in order.
    pub sent: &'a [(Id, A::Msg)],
}

impl<A: Actor> std::fmt::Debug for LocalStep<'_, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalStep")
            .field("actor", &self.actor)
            .field("before", &self.before)
            .field("cause", &self.cause)
            .field("after", &self.after)
            .field("sent", &self.sent)
            .finish()
    }
}

/// What a model knows of the independence of its steps. What is said wrongly of a step that is seen is refused, where
/// it can be seen in the step; the rest is the model's word, which [`crate::Relation`] of a space that was not reduced
/// can be held against.
pub trait Independence<A: Actor>: Send + Sync {
    /// Whether an actor in this state, or in a later one that it comes to without a message from `to`, may send to `to`.
    fn may_send(&self, actor: usize, state: &A::State, to: usize) -> bool {
        let _ = (actor, state, to);
        true
    }

    /// Whether a step is harmless: a state that violates an `always` property, or is an example of a `sometimes`
    /// property, still does and is after it. Only such a step is asked for as brings the rank down.
    fn is_harmless(&self, step: &LocalStep<'_, A>) -> bool;

    /// An actor's share of a state's rank; the same in states that the model takes for the same. Where every share is 0, as
    /// it is if nothing is said, no step is harmless.
    fn rank(&self, actor: usize, state: &A::State) -> u64 {
        let _ = (actor, state);
        0
    }

    /// The share of each message in flight.
    fn message_rank(&self, message: &A::Msg) -> u64 {
        let _ = message;
        0
    }

    /// Whether an actor in this state, and in each later one that it comes to without a message, sends nothing and takes no
    /// step that decides a property: a state that violates an `always` property, or is an example of a `sometimes` property,
    /// did and was so before it.
    fn is_quiet(&self, actor: usize, state: &A::State) -> bool {
        let _ = (actor, state);
        false
    }

    /// Whether a step may be taken before all others wherever it can be. It is harmless there, sends nothing, and each
    /// other step that its actor may take before it either commutes with it or leads to where it leads without it. A message
    /// that the network may lose goes before nothing all the same.
    fn goes_first(&self, step: &LocalStep<'_, A>) -> bool {
        let _ = step;
        false
    }

    /// Whether no step of any actor counts less against this limit of the boundary than before it.
    fn only_grows(&self, limit: usize) -> bool {
        let _ = limit;
        false
    }
}

/// What is known of a local step's place in the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Freedom {
    /// It undoes nothing that a property looks for, counts nothing more against a limit, and brings the rank down.
    pub(crate) harmless: bool,
    /// It may be taken alone.
    pub(crate) first: bool,
    /// Its actor may not be chosen.
    pub(crate) bound: bool,
}

/// What an actor may do before it hears from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outlook {
    /// Those that it may send to before it hears from them, a bit each.
    pub(crate) sends_to: u64,
    /// Nothing that decides a property.
    pub(crate) is_quiet: bool,
}
