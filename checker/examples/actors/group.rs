//! A consumer group in the manner of Kafka's classic protocol, small but whole: members join, the leader assigns
//! partitions, and each owner reads records, commits its offset and may be thrown out by a timer at any time.
//!
//! Every connection is a FIFO, so the network is ordered. Timers may fire whenever they are set.

mod consumer;
mod coordinator;
mod exchanged;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_checker::{PartBoundary, PartProperty, Parts, Reads, Seeing};
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Network, Out};

pub(crate) use consumer::Consumer;
use consumer::Place;
pub(crate) use coordinator::Coordinator;
#[allow(unused_imports, reason = "not every example exchanges consumers")]
pub(crate) use exchanged::Consumers;

/// Who the coordinator is; consumers follow it.
const COORDINATOR: usize = 0;

/// A member's name, given by the coordinator, never twice.
pub(crate) type Member = u8;
/// How often the group has formed.
pub(crate) type Generation = u8;
/// A partition of the one topic.
pub(crate) type Partition = u8;
/// How many records of a partition have been read.
pub(crate) type Offset = u8;

/// How large a group is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Consumers beside the coordinator.
    pub(crate) consumers: u8,
    /// Partitions of the one topic.
    pub(crate) partitions: u8,
    /// Records of each partition.
    pub(crate) records: Offset,
    /// Generations; one member name more than these may be given out.
    pub(crate) generations: Generation,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// The group has no such member.
    UnknownMember,
    /// The request speaks of another generation.
    IllegalGeneration,
    /// The group is forming anew.
    RebalanceInProgress,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Msg {
    Join(Option<Member>),
    /// `members` is empty unless the receiver leads.
    Joined {
        generation: Generation,
        member: Member,
        members: Vec<Member>,
    },
    JoinRefused,
    Sync {
        generation: Generation,
        member: Member,
        plan: BTreeMap<Member, Vec<Partition>>,
    },
    /// Each partition with the offset to go on from.
    Synced(Vec<(Partition, Offset)>),
    SyncRefused(Refusal),
    Heartbeat {
        generation: Generation,
        member: Member,
    },
    HeartbeatTaken,
    HeartbeatRefused(Refusal),
    Commit {
        generation: Generation,
        member: Member,
        partition: Partition,
        offset: Offset,
    },
    Committed,
    CommitRefused(Refusal),
}

/// What may happen at any time. A consumer's timer carries the consumer: stateright 0.31 takes the same timer of one
/// actor and of its neighbour for one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The coordinator gives a member up.
    Session(Member),
    /// The coordinator waits no more for members to join.
    Rebalance,
    /// A consumer sends a heartbeat.
    Heartbeat(Id),
    /// A consumer reads the next record.
    Work(Id, Partition),
    /// A consumer commits what it has read.
    Commit(Id, Partition),
}

/// The state of either kind of actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Coordinator(Coordinator),
    Consumer(Consumer),
}

/// Either kind of actor.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Coordinator(Bounds),
    Consumer(Bounds),
}

impl Actor for Node {
    type Msg = Msg;
    type Timer = Timer;
    type State = State;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> State {
        match self {
            Self::Coordinator(bounds) => State::Coordinator(Coordinator::new(*bounds)),
            Self::Consumer(_) => State::Consumer(Consumer::start(out)),
        }
    }

    // A state that is touched makes a step, whether it changes or not: both kinds touch theirs every time.
    fn on_msg(&self, id: Id, state: &mut Cow<'_, State>, src: Id, msg: Msg, out: &mut Out<Self>) {
        match (self, state.to_mut()) {
            (Self::Coordinator(_), State::Coordinator(coordinator)) => coordinator.on_msg(src, msg, out),
            (Self::Consumer(bounds), State::Consumer(consumer)) => {
                consumer.on_msg(Place { id, bounds: *bounds }, msg, out);
            }
            (Self::Coordinator(_), State::Consumer(_)) | (Self::Consumer(_), State::Coordinator(_)) => {}
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        match (self, state.to_mut()) {
            (Self::Coordinator(_), State::Coordinator(coordinator)) => coordinator.on_timeout(*timer, out),
            (Self::Consumer(bounds), State::Consumer(consumer)) => {
                consumer.on_timeout(Place { id, bounds: *bounds }, *timer, out);
            }
            (Self::Coordinator(_), State::Consumer(_)) | (Self::Consumer(_), State::Coordinator(_)) => {}
        }
    }
}

/// A group's model.
pub(crate) type Model = ActorModel<Node, Bounds>;

/// A group of one coordinator and its consumers.
pub(crate) fn model(bounds: Bounds) -> Model {
    ActorModel::new(bounds, ())
        .actor(Node::Coordinator(bounds))
        .actors((0..bounds.consumers).map(|_| Node::Consumer(bounds)))
        .init_network(Network::new_ordered([]))
        .within_boundary(|bounds, state| coordinator(state).is_some_and(|c| c.within(*bounds)))
        .property(Expectation::Always, "one owner in a generation", |_, state| one_owner(state))
        .property(Expectation::Always, "assigned partitions exist", |model, state| {
            owned(state).all(|(_, partition)| partition < model.cfg.partitions)
        })
        .property(Expectation::Always, "an offset never goes back", |_, state| {
            coordinator(state).is_some_and(|c| !c.rewound)
        })
        .property(Expectation::Sometimes, "everything is committed", |model, state| {
            coordinator(state).is_some_and(|c| c.offsets.iter().all(|offset| *offset == model.cfg.records))
        })
}

/// What [`model`] says, over parts: a step that leaves an actor as it is asks nothing about it.
pub(crate) fn part_properties(bounds: Bounds) -> Vec<PartProperty<Node>> {
    let consumers = || Reads::actors(1..=usize::from(bounds.consumers));
    // Of whole states they would be asked the same a million times.
    let seeing: Seeing<Node> = Arc::new(|_, state| match state {
        State::Coordinator(coordinator) => State::Coordinator(coordinator.commits()),
        State::Consumer(consumer) => State::Consumer(consumer.claims()),
    });
    let properties = vec![
        PartProperty::always("one owner in a generation", consumers(), |parts: &Parts<'_, Node>| {
            let mut seen = BTreeSet::new();
            claims(parts).all(|claim| seen.insert(claim))
        }),
        PartProperty::always("assigned partitions exist", consumers(), move |parts: &Parts<'_, Node>| {
            claims(parts).all(|(_, partition)| partition < bounds.partitions)
        }),
        PartProperty::always("an offset never goes back", Reads::actors([COORDINATOR]), |parts| {
            part(parts).is_some_and(|coordinator| !coordinator.rewound)
        }),
        PartProperty::sometimes("everything is committed", Reads::actors([COORDINATOR]), move |parts| {
            part(parts).is_some_and(|c| c.offsets.iter().all(|offset| *offset == bounds.records))
        }),
    ];
    properties.into_iter().map(|property| property.seeing(Arc::clone(&seeing))).collect()
}

/// The boundary of [`model`], over parts.
pub(crate) fn part_boundary(bounds: Bounds) -> PartBoundary<Node> {
    let limits = [u64::from(bounds.generations), u64::from(bounds.generations) + 1];
    PartBoundary::sums(limits, |_, state, counts| match state {
        State::Coordinator(coordinator) => coordinator.measure(counts),
        State::Consumer(_) => {}
    })
}

fn part<'a>(parts: &Parts<'a, Node>) -> Option<&'a Coordinator> {
    match parts.actor(COORDINATOR)? {
        State::Coordinator(coordinator) => Some(coordinator),
        State::Consumer(_) => None,
    }
}

fn claims<'a>(parts: &Parts<'a, Node>) -> impl Iterator<Item = (Generation, Partition)> + use<'a> {
    let states: Vec<&State> = (1..).map_while(|actor| parts.actor(actor)).collect();
    states.into_iter().flat_map(claims_of)
}

/// The coordinator's state.
pub(crate) fn coordinator(state: &ActorModelState<Node>) -> Option<&Coordinator> {
    match &**state.actor_states.get(COORDINATOR)? {
        State::Coordinator(coordinator) => Some(coordinator),
        State::Consumer(_) => None,
    }
}

/// What the consumers believe that they own, and since which generation.
fn owned(state: &ActorModelState<Node>) -> impl Iterator<Item = (Generation, Partition)> {
    state.actor_states.iter().flat_map(|state| claims_of(state))
}

fn claims_of(state: &State) -> impl Iterator<Item = (Generation, Partition)> {
    let consumer = match state {
        State::Consumer(consumer) => Some(consumer),
        State::Coordinator(_) => None,
    };
    consumer.into_iter().flat_map(|c| c.own.keys().map(|partition| (c.generation, *partition)))
}

fn one_owner(state: &ActorModelState<Node>) -> bool {
    let mut seen = BTreeSet::new();
    owned(state).all(|claim| seen.insert(claim))
}
