//! Single-decree Paxos (Lamport, "Paxos made simple", 2001): each proposer has one ballot. What was voted for is the
//! history, so that a choice is seen even where nobody has heard of it yet.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Envelope, Id, LossyNetwork, Network, Out};

/// A proposer's one ballot; it is also the value that it proposes if it is free to.
pub(crate) type Ballot = u8;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Msg {
    Prepare(Ballot),
    /// With the vote that was cast before.
    Promise(Ballot, Option<(Ballot, Ballot)>),
    /// Asks for a vote for a value in a ballot.
    Accept(Ballot, Ballot),
    Accepted(Ballot, Ballot),
}

/// A proposer's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proposer {
    Preparing(BTreeMap<Id, Option<(Ballot, Ballot)>>),
    Accepting(BTreeSet<Id>),
    Done(Ballot),
}

/// An acceptor's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Acceptor {
    promised: Ballot,
    voted: Option<(Ballot, Ballot)>,
}

/// The state of either kind of actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Proposer(Proposer),
    Acceptor(Acceptor),
}

/// Either kind of actor. Acceptors come first.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Acceptor {
        /// Whether it keeps what it promises.
        keeps_promises: bool,
    },
    Proposer {
        ballot: Ballot,
        acceptors: usize,
    },
}

impl Actor for Node {
    type Msg = Msg;
    type Timer = ();
    type State = State;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> State {
        match self {
            Self::Acceptor { .. } => State::Acceptor(Acceptor::default()),
            Self::Proposer { ballot, acceptors } => {
                out.broadcast(&Id::vec_from(0..*acceptors), &Msg::Prepare(*ballot));
                State::Proposer(Proposer::Preparing(BTreeMap::new()))
            }
        }
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, State>, src: Id, msg: Msg, out: &mut Out<Self>) {
        let next = match (self, &**state) {
            (Self::Acceptor { keeps_promises }, State::Acceptor(acceptor)) => {
                on_request(*keeps_promises, acceptor, src, msg, out).map(State::Acceptor)
            }
            (Self::Proposer { ballot, acceptors }, State::Proposer(proposer)) => {
                on_answer(*ballot, *acceptors, proposer, src, msg, out).map(State::Proposer)
            }
            (Self::Acceptor { .. }, State::Proposer(_)) | (Self::Proposer { .. }, State::Acceptor(_)) => None,
        };
        if let Some(next) = next {
            *state = Cow::Owned(next);
        }
    }
}

fn on_request(
    keeps_promises: bool,
    acceptor: &Acceptor,
    src: Id,
    msg: Msg,
    out: &mut Out<Node>,
) -> Option<Acceptor> {
    match msg {
        Msg::Prepare(ballot) if ballot > acceptor.promised => {
            out.send(src, Msg::Promise(ballot, acceptor.voted));
            Some(Acceptor { promised: ballot, voted: acceptor.voted })
        }
        Msg::Accept(ballot, value) if ballot >= acceptor.promised || !keeps_promises => {
            out.send(src, Msg::Accepted(ballot, value));
            Some(Acceptor { promised: ballot, voted: Some((ballot, value)) })
        }
        Msg::Prepare(_) | Msg::Accept(..) | Msg::Promise(..) | Msg::Accepted(..) => None,
    }
}

fn on_answer(
    own: Ballot,
    acceptors: usize,
    proposer: &Proposer,
    src: Id,
    msg: Msg,
    out: &mut Out<Node>,
) -> Option<Proposer> {
    match (proposer, msg) {
        (Proposer::Preparing(promises), Msg::Promise(_, voted)) => {
            let mut promises = promises.clone();
            promises.insert(src, voted);
            if promises.len() * 2 <= acceptors {
                return Some(Proposer::Preparing(promises));
            }
            let value = promises.into_values().flatten().max().map_or(own, |(_, value)| value);
            out.broadcast(&Id::vec_from(0..acceptors), &Msg::Accept(own, value));
            Some(Proposer::Accepting(BTreeSet::new()))
        }
        (Proposer::Accepting(votes), Msg::Accepted(_, value)) => {
            let mut votes = votes.clone();
            votes.insert(src);
            if votes.len() * 2 <= acceptors {
                return Some(Proposer::Accepting(votes));
            }
            Some(Proposer::Done(value))
        }
        (Proposer::Preparing(_) | Proposer::Accepting(_) | Proposer::Done(_), _) => None,
    }
}

/// Who voted for which value in which ballot.
pub(crate) type Votes = BTreeMap<(Ballot, Ballot), BTreeSet<Id>>;

/// What makes an instance.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) acceptors: usize,
    pub(crate) proposers: u8,
    pub(crate) lossy: LossyNetwork,
    /// Whether acceptors keep what they promise. If not, two values may be chosen.
    pub(crate) keeps_promises: bool,
}

/// An instance over a network that delivers each message at most once, in any order.
pub(crate) fn model(bounds: Bounds) -> ActorModel<Node, Bounds, Votes> {
    let Bounds { acceptors, proposers, lossy, keeps_promises } = bounds;
    ActorModel::new(bounds, Votes::new())
        .actors((0..acceptors).map(|_| Node::Acceptor { keeps_promises }))
        .actors((1..=proposers).map(|ballot| Node::Proposer { ballot, acceptors }))
        .init_network(Network::new_unordered_nonduplicating([]))
        .lossy_network(lossy)
        .record_msg_out(|_, votes, envelope| vote(votes, envelope))
        .property(Expectation::Always, "one value is chosen", |model, state| {
            chosen(model.cfg.acceptors, &state.history).len() <= 1
        })
        .property(Expectation::Always, "what a proposer heard was chosen", |model, state| {
            let chosen = chosen(model.cfg.acceptors, &state.history);
            state.actor_states.iter().all(|state| match &**state {
                State::Proposer(Proposer::Done(value)) => chosen.contains(value),
                State::Proposer(_) | State::Acceptor(_) => true,
            })
        })
        .property(Expectation::Sometimes, "a value is chosen", |model, state| {
            !chosen(model.cfg.acceptors, &state.history).is_empty()
        })
}

fn vote(votes: &Votes, envelope: Envelope<&Msg>) -> Option<Votes> {
    let Msg::Accepted(ballot, value) = envelope.msg else { return None };
    let mut votes = votes.clone();
    votes.entry((*ballot, *value)).or_default().insert(envelope.src);
    Some(votes)
}

fn chosen(acceptors: usize, votes: &Votes) -> BTreeSet<Ballot> {
    let by_majority = votes.iter().filter(|(_, voters)| voters.len() * 2 > acceptors);
    by_majority.map(|((_, value), _)| *value).collect()
}
