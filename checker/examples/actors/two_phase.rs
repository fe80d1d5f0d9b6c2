//! Two-phase commit: resource managers prepare or abort on their own, and a transaction manager that has heard from
//! all of them commits, or aborts whenever it likes. Messages may overtake one another.
//!
//! The protocol is Gray and Lamport's ("Consensus on transaction commit", 2006). It has the states of the TLA+ form,
//! 1,745,408 for eight resource managers, and not its steps: a decision is a message to each, and is read once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use muster_checker::{PartBoundary, PartProperty, Parts, Reads};
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Network, Out, model_timeout};

/// A resource manager's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Resource {
    Working,
    Prepared,
    Committed,
    Aborted,
}

/// The transaction manager's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Transaction {
    /// Waits for the others.
    Waiting(BTreeSet<Id>),
    Decided,
}

/// The state of either kind of actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Resource(Resource),
    Transaction(Transaction),
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Msg {
    Prepared,
    Commit,
    Abort,
}

/// What may happen at any time. A timer carries its actor, see [`super::group::Timer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    Prepare(Id),
    Abort(Id),
    Commit(Id),
}

/// Either kind of actor.
#[derive(Clone, Debug)]
pub(crate) enum Manager {
    /// Knows the transaction manager.
    Resource(Id),
    /// Knows how many resource managers there are; they come first.
    Transaction(usize),
}

impl Actor for Manager {
    type Msg = Msg;
    type Timer = Timer;
    type State = State;
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> State {
        out.set_timer(Timer::Abort(id), model_timeout());
        match self {
            Self::Resource(_) => {
                out.set_timer(Timer::Prepare(id), model_timeout());
                State::Resource(Resource::Working)
            }
            Self::Transaction(_) => State::Transaction(Transaction::Waiting(BTreeSet::new())),
        }
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, State>, src: Id, msg: Msg, out: &mut Out<Self>) {
        let next = match (self, &**state, msg) {
            (Self::Resource(_), State::Resource(_), Msg::Commit) => State::Resource(Resource::Committed),
            (Self::Resource(_), State::Resource(_), Msg::Abort) => {
                out.cancel_timer(Timer::Prepare(id));
                out.cancel_timer(Timer::Abort(id));
                State::Resource(Resource::Aborted)
            }
            (
                Self::Transaction(resources),
                State::Transaction(Transaction::Waiting(prepared)),
                Msg::Prepared,
            ) => {
                let mut prepared = prepared.clone();
                prepared.insert(src);
                if prepared.len() == *resources {
                    out.set_timer(Timer::Commit(id), model_timeout());
                }
                State::Transaction(Transaction::Waiting(prepared))
            }
            (Self::Resource(_) | Self::Transaction(_), State::Resource(_) | State::Transaction(_), _) => {
                return;
            }
        };
        *state = Cow::Owned(next);
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        let next = match (self, timer) {
            (Self::Resource(manager), Timer::Prepare(_)) => {
                out.cancel_timer(Timer::Abort(id));
                out.send(*manager, Msg::Prepared);
                State::Resource(Resource::Prepared)
            }
            (Self::Resource(_), Timer::Abort(_)) => {
                out.cancel_timer(Timer::Prepare(id));
                State::Resource(Resource::Aborted)
            }
            (Self::Transaction(resources), Timer::Commit(_)) => {
                out.cancel_timer(Timer::Abort(id));
                out.broadcast(&Id::vec_from(0..*resources), &Msg::Commit);
                State::Transaction(Transaction::Decided)
            }
            (Self::Transaction(resources), Timer::Abort(_)) => {
                out.cancel_timer(Timer::Commit(id));
                out.broadcast(&Id::vec_from(0..*resources), &Msg::Abort);
                State::Transaction(Transaction::Decided)
            }
            (Self::Resource(_), Timer::Commit(_)) | (Self::Transaction(_), Timer::Prepare(_)) => return,
        };
        *state = Cow::Owned(next);
    }
}

/// Two-phase commit among some resource managers.
pub(crate) fn model(resources: usize) -> ActorModel<Manager> {
    ActorModel::new((), ())
        .actors((0..resources).map(|_| Manager::Resource(Id::from(resources))))
        .actor(Manager::Transaction(resources))
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, "consistent", |_, state| consistent(resources_of(state)))
        .property(Expectation::Sometimes, "committed", |_, state| {
            all(resources_of(state), Resource::Committed)
        })
        .property(Expectation::Sometimes, "aborted", |_, state| all(resources_of(state), Resource::Aborted))
}

/// What [`model`] says, over parts: a step that leaves the resource managers as they are asks nothing about them.
pub(crate) fn part_properties(resources: usize) -> Vec<PartProperty<Manager>> {
    let reads = || Reads::actors(0..resources);
    vec![
        PartProperty::always("consistent", reads(), |parts| consistent(resources_in(parts))),
        PartProperty::sometimes("committed", reads(), |parts| all(resources_in(parts), Resource::Committed)),
        PartProperty::sometimes("aborted", reads(), |parts| all(resources_in(parts), Resource::Aborted)),
    ]
}

/// The boundary of [`model`], over parts: there is none.
pub(crate) fn part_boundary() -> PartBoundary<Manager> {
    PartBoundary::sums([], |_, _, _| {})
}

fn resources_of(state: &ActorModelState<Manager>) -> impl Iterator<Item = Resource> {
    state.actor_states.iter().filter_map(|state| resource(state))
}

fn resources_in<'a>(parts: &Parts<'a, Manager>) -> impl Iterator<Item = Resource> + use<'a> {
    let states: Vec<&State> = (0..).map_while(|actor| parts.actor(actor)).collect();
    states.into_iter().filter_map(resource)
}

fn resource(state: &State) -> Option<Resource> {
    match state {
        State::Resource(resource) => Some(*resource),
        State::Transaction(_) => None,
    }
}

fn consistent(resources: impl Iterator<Item = Resource>) -> bool {
    let (mut committed, mut aborted) = (false, false);
    for resource in resources {
        committed |= resource == Resource::Committed;
        aborted |= resource == Resource::Aborted;
    }
    !(committed && aborted)
}

fn all(mut resources: impl Iterator<Item = Resource>, what: Resource) -> bool {
    resources.all(|resource| resource == what)
}
