//! Properties and boundaries over parts of a state: they cost nothing in a step that leaves their parts as they are.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use stateright::Expectation;
use stateright::actor::{Actor, ActorModelState, Envelope, Network};

use crate::rules::LANE;

/// Which parts of a state are read. Nothing else is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    pub(crate) actors: BTreeSet<usize>,
    pub(crate) messages: bool,
}

impl Reads {
    /// The states of these actors, by index.
    pub fn actors(actors: impl IntoIterator<Item = usize>) -> Self {
        Self { actors: actors.into_iter().collect(), messages: false }
    }

    /// And the messages in flight.
    #[must_use]
    pub fn and_messages(mut self) -> Self {
        self.messages = true;
        self
    }
}

/// The parts that were declared as read.
pub struct Parts<'a, A: Actor> {
    pub(crate) actors: Vec<Option<&'a A::State>>,
    pub(crate) messages: Vec<Envelope<&'a A::Msg>>,
}

impl<'a, A: Actor> Parts<'a, A> {
    /// The state of an actor; `None` if it was not declared or does not exist.
    pub fn actor(&self, index: usize) -> Option<&'a A::State> {
        self.actors.get(index).copied().flatten()
    }

    /// The messages in flight, with repetitions on a network that keeps them; none if they were not declared.
    pub fn messages(&self) -> impl Iterator<Item = Envelope<&'a A::Msg>> {
        self.messages.iter().copied()
    }
}

impl<A: Actor> fmt::Debug for Parts<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("actors", &self.actors).field("messages", &self.messages).finish()
    }
}

/// A condition over parts.
pub(crate) type Condition<A> = Arc<dyn Fn(&Parts<'_, A>) -> bool + Send + Sync>;

/// A condition over one message in flight.
pub(crate) type MessageCondition<A> = Arc<dyn Fn(Envelope<&<A as Actor>::Msg>) -> bool + Send + Sync>;

/// What a condition reads of an actor's state, given its index: the state, with all else made equal.
pub type Seeing<A> = Arc<dyn Fn(usize, &<A as Actor>::State) -> <A as Actor>::State + Send + Sync>;

/// A property over parts of a state.
pub struct PartProperty<A: Actor> {
    pub(crate) name: String,
    pub(crate) seeing: Option<Seeing<A>>,
    pub(crate) expectation: Expectation,
    pub(crate) reads: Reads,
    pub(crate) condition: Condition<A>,
    /// It says so of each message in flight, by itself.
    pub(crate) each: Option<MessageCondition<A>>,
}

impl<A: Actor> PartProperty<A> {
    /// Holds in every state?
    pub fn always(
        name: impl Into<String>,
        reads: Reads,
        condition: impl Fn(&Parts<'_, A>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name.into(), Expectation::Always, reads, Arc::new(condition))
    }

    /// Holds in some state?
    pub fn sometimes(
        name: impl Into<String>,
        reads: Reads,
        condition: impl Fn(&Parts<'_, A>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name.into(), Expectation::Sometimes, reads, Arc::new(condition))
    }

    /// Holds of every message in every state? It costs nothing but a look at each message once.
    pub fn every_message(
        name: impl Into<String>,
        condition: impl Fn(Envelope<&A::Msg>) -> bool + Send + Sync + 'static,
    ) -> Self
    where
        A::Msg: 'static,
    {
        let each: MessageCondition<A> = Arc::new(condition);
        let of_each = Arc::clone(&each);
        let all = move |parts: &Parts<'_, A>| parts.messages().all(|message| of_each(message));
        let reads = Reads::default().and_messages();
        Self { each: Some(each), ..Self::new(name.into(), Expectation::Always, reads, Arc::new(all)) }
    }

    /// Whether these parts decide it.
    pub(crate) fn is_decided_by(&self, parts: &Parts<'_, A>) -> bool {
        (self.condition)(parts) == matches!(self.expectation, Expectation::Sometimes)
    }

    fn new(name: String, expectation: Expectation, reads: Reads, condition: Condition<A>) -> Self {
        Self { name, seeing: None, expectation, reads, condition, each: None }
    }

    /// Says what the condition reads of each actor's state, so that it is asked once of all states that do not differ
    /// in that. The condition has to say the same of a state and of what is seen of it.
    #[must_use]
    pub fn seeing(mut self, seeing: Seeing<A>) -> Self {
        self.seeing = Some(seeing);
        self
    }
}

impl<A: Actor> fmt::Debug for PartProperty<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartProperty")
            .field("name", &self.name)
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

/// What an actor counts against the limits of a [`PartBoundary`].
pub(crate) type Measure<A> = Arc<dyn Fn(usize, &<A as Actor>::State, &mut [u64]) + Send + Sync>;

/// A boundary of sums: each actor's state counts something against each of some limits, and a state is within the
/// boundary while no sum over the actors is above its limit. It replaces [`stateright::Model::within_boundary`] and
/// has to say the same; its cost is an addition a step.
pub struct PartBoundary<A: Actor> {
    pub(crate) limits: Vec<u64>,
    pub(crate) measure: Measure<A>,
}

impl<A: Actor> PartBoundary<A> {
    /// `measure` is given the actor's index and state and one zero for each limit, and writes what the actor counts.
    pub fn sums(
        limits: impl IntoIterator<Item = u64>,
        measure: impl Fn(usize, &A::State, &mut [u64]) + Send + Sync + 'static,
    ) -> Self {
        Self { limits: limits.into_iter().collect(), measure: Arc::new(measure) }
    }

    /// What an actor counts, in lanes.
    pub(crate) fn weight(&self, actor: usize, state: &A::State) -> u128 {
        let mut counts = vec![0; self.limits.len()];
        (self.measure)(actor, state, &mut counts);
        // Above its limit by one is above it by any number.
        let lanes = counts.iter().zip(&self.limits).zip(0_u32..);
        lanes.map(|((count, limit), i)| u128::from((*count).min(limit + 1)) << (LANE * i)).sum()
    }
}

impl<A: Actor> fmt::Debug for PartBoundary<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartBoundary").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The parts of a state that are declared as read.
pub(crate) fn parts_of<'a, A: Actor, H>(state: &'a ActorModelState<A, H>, reads: &Reads) -> Parts<'a, A> {
    let actors = state.actor_states.iter().enumerate();
    let actors = actors.map(|(i, s)| reads.actors.contains(&i).then_some(s.as_ref())).collect();
    let messages = if reads.messages { messages_of(&state.network) } else { Vec::new() };
    Parts { actors, messages }
}

/// Not by `Network::iter_all`: in stateright 0.31 it never ends on an ordered network that holds a message, and
/// gives a message that is there `n > 1` times `n + 1` times.
fn messages_of<M: Eq + std::hash::Hash>(network: &Network<M>) -> Vec<Envelope<&M>> {
    match network {
        Network::Ordered(flows) => {
            let flows = flows.iter();
            flows
                .flat_map(|((src, dst), queue)| {
                    queue.iter().map(|msg| Envelope { src: *src, dst: *dst, msg })
                })
                .collect()
        }
        Network::UnorderedNonDuplicating(bag) => {
            let bag = bag.iter();
            bag.flat_map(|(e, n)| std::iter::repeat_n(Envelope { src: e.src, dst: e.dst, msg: &e.msg }, *n))
                .collect()
        }
        Network::UnorderedDuplicating(set, _) => {
            set.iter().map(|e| Envelope { src: e.src, dst: e.dst, msg: &e.msg }).collect()
        }
    }
}
