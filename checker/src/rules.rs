//! Local steps by ids: what the search asks for once each, and what a model answers.

use crate::independence::{Freedom, Outlook};

/// A message that a step sends: to which flow, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The flow's component.
    pub(crate) component: u32,
    pub(crate) envelope: u32,
}

/// A component's new id, and by what the state's hash changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) id: u32,
    pub(crate) delta: u64,
}

/// A step of one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    /// Its own id: of this actor, in this part, with this input.
    pub(crate) id: u32,
    pub(crate) local: Turn,
    /// Whether it counts against the most crashes at a time.
    pub(crate) crash: bool,
    /// Its place in the order of steps.
    pub(crate) freedom: Freedom,
    pub(crate) sent: Vec<Sent>,
}

/// A message of a flow that may be delivered, or lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deliverable {
    pub(crate) envelope: u32,
    /// The actor that it is for; `None`: there is no such actor.
    pub(crate) actor: Option<u32>,
    /// The flow after it was delivered.
    pub(crate) delivered: Turn,
    /// The flow after it was lost; only where messages are.
    pub(crate) lost: Option<Turn>,
}

/// Which component is what. Actors come first, flows last, in the order in which they were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) actors: usize,
    /// The history's component, if it can differ.
    pub(crate) history: Option<usize>,
    /// The last message's component: a duplicating network remembers it.
    pub(crate) last: Option<usize>,
    /// The first flow's component.
    pub(crate) flows: usize,
    /// The most actors that may be crashed at a time.
    pub(crate) max_crashes: usize,
}

impl Shape {
    /// The first component that holds messages.
    pub(crate) fn first_message(self) -> usize {
        self.last.unwrap_or(self.flows)
    }

    /// Whether a component holds no message: nothing is named or counted in it.
    #[inline]
    pub(crate) fn is_empty(self, component: usize, id: u32) -> bool {
        id == 0 && component >= self.first_message()
    }
}

/// A model by ids. Every answer is a function of what is asked.
pub(crate) trait Rules: Sync {
    /// Which component is what.
    fn shape(&self) -> Shape;
    /// How many ids each component has so far.
    fn counts(&self) -> Vec<usize>;
    /// Who sends and who gets what is in a flow, by its component.
    fn ends(&self, component: usize) -> (usize, usize);
    /// The flow of a message, by its component.
    fn flow_of(&self, envelope: u32) -> usize;
    /// Whether of a flow only the first message can be delivered.
    fn is_ordered(&self) -> bool;
    /// Whether steps may be put off.
    fn is_reduced(&self) -> bool;
    /// What an actor may do before it hears from others.
    fn outlook(&self, actor: usize, local: u32) -> Outlook;
    /// The hash of a component's content in its place; 0 of an empty flow.
    fn hash(&self, component: usize, id: u32) -> u64;
    /// What an actor may do by itself. What does nothing is left out.
    fn autonomous(&self, actor: usize, local: u32) -> Vec<Effect>;
    /// What a message does; `None`: nothing, and it stays.
    fn deliver(&self, actor: usize, local: u32, envelope: u32) -> Option<Effect>;
    /// What may be delivered of a flow.
    fn deliverable(&self, component: usize, content: u32) -> Vec<Deliverable>;
    /// A flow after a message was sent.
    fn push(&self, component: usize, content: u32, envelope: u32) -> Turn;
    /// The last message's component when it becomes this one.
    fn last(&self, before: u32, envelope: u32) -> Turn;
    /// The history after a step.
    fn history(&self, before: u32, effect: u32) -> Turn;
    /// What an actor's part counts against the boundary's limits, in lanes of [`LANE`] bits.
    fn weight(&self, actor: usize, local: u32) -> u128;
    /// What properties see of an actor's part through a view, by an id: its state, or what the view shows of it.
    fn seen(&self, view: usize, actor: usize, local: u32) -> u32;
    /// Which properties that are said of each message by itself some message of a flow decides, a bit each.
    fn said(&self, component: usize, content: u32) -> u64;
    /// Whether an actor's part is a crashed one.
    fn is_crashed(&self, actor: usize, local: u32) -> bool;
    /// The limits of the boundary by sums; `None`: there is none.
    fn limits(&self) -> Option<Limits>;
    /// Whether states are told in other numbers.
    fn has_counters(&self) -> bool;
    /// The set of counters of a component, 0 if it has none.
    fn counters(&self, component: usize, id: u32) -> u32;
    /// The union of two sets.
    fn all_counters(&self, one: u32, other: u32) -> u32;
    /// Whether a set's numbers are the lowest.
    fn is_lowest(&self, set: u32) -> bool;
    /// A component's id in the lowest numbers of a set.
    fn numbered(&self, component: usize, id: u32, set: u32) -> u32;
    /// Exchanges, besides the one that leaves all as it is.
    fn exchanges(&self) -> usize;
    /// The actor that keeps the notes of all.
    fn keeper(&self) -> Option<usize>;
    /// Whether an actor's part has notes.
    fn has_notes(&self, actor: usize, local: u32) -> bool;
    /// A part without its notes, and the keeper's with them.
    fn hand_over(&self, actor: usize, local: u32, kept: u32) -> (u32, u32);
    /// Whether some exchange takes a component to another place.
    fn moves(&self, component: usize) -> bool;
    /// A component that is not empty after an exchange.
    fn exchanged(&self, component: usize, id: u32, exchange: usize) -> Image;
    /// Its hash in its place there; nothing gets an id.
    fn exchanged_hash(&self, component: usize, id: u32, exchange: usize) -> u64;
    /// Resident, in bytes, estimated.
    fn bytes(&self) -> usize;
}

/// What becomes of a component in an exchange: another component, which has this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) component: u32,
    pub(crate) id: u32,
}

/// Bits of a lane of a weight.
pub(crate) const LANE: u32 = 16;
/// Lanes of a weight.
pub(crate) const LANES: usize = 8;

/// Limits on sums of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Added to a sum, it sets the upper bit of each lane that is above its limit.
    bias: u128,
}

/// The upper bit of each lane.
const UPPER: u128 = u128::MAX / 0xFFFF * 0x8000;

impl Limits {
    /// Each limit is at most [`Limits::most`].
    pub(crate) fn new(limits: &[u64]) -> Self {
        let lane = |i: usize| limits.get(i).copied().unwrap_or(0x7FFF).min(0x7FFF);
        let bias = (0..LANES).map(|i| u128::from(0x7FFF - lane(i)) << (LANE as usize * i)).sum();
        Self { bias }
    }

    /// The largest limit that sums over so many actors are exact for.
    pub(crate) fn most(actors: usize) -> u64 {
        0x3FFF / actors.max(1) as u64
    }

    /// Whether a sum is within all limits.
    #[inline]
    pub(crate) fn hold(self, sum: u128) -> bool {
        sum.wrapping_add(self.bias) & UPPER == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_within_while_no_lane_is_above_its_limit() {
        let limits = Limits::new(&[3, 0, 500]);
        let sum = |a: u128, b: u128, c: u128| a | b << 16 | c << 32;
        assert!(limits.hold(sum(3, 0, 500)) && limits.hold(0));
        assert!(!limits.hold(sum(4, 0, 0)) && !limits.hold(sum(0, 1, 0)) && !limits.hold(sum(0, 0, 501)));
    }
}
