//! Small models whose behaviours have no end.

use std::borrow::Cow;

use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out, model_timeout};

/// Goes from place to place along the lines of a map, without end if there is a way.
#[derive(Clone, Debug)]
pub(crate) struct Walker(pub(crate) Vec<(u8, u8)>);

impl Walker {
    fn look_around(&self, from: u8, out: &mut Out<Self>) {
        for line in self.0.iter().filter(|line| line.0 == from) {
            out.set_timer(*line, model_timeout());
        }
    }
}

impl Actor for Walker {
    type Msg = ();
    type Timer = (u8, u8);
    type State = u8;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        self.look_around(0, out);
        0
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, u8>, line: &(u8, u8), out: &mut Out<Self>) {
        for other in self.0.iter().filter(|other| other.0 == line.0) {
            out.cancel_timer(*other);
        }
        *state = Cow::Owned(line.1);
        self.look_around(line.1, out);
    }
}

/// A walk on a map.
pub(crate) fn walk(map: &[(u8, u8)]) -> ActorModel<Walker> {
    ActorModel::new((), ()).actor(Walker(map.to_vec()))
}

/// Sends the same again and again; the receiver keeps the first.
#[derive(Clone, Debug)]
pub(crate) enum Courier {
    Sender(Id),
    Receiver,
}

impl Actor for Courier {
    type Msg = ();
    type Timer = ();
    type State = bool;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> bool {
        if let Self::Sender(_) = self {
            out.set_timer((), model_timeout());
        }
        false
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, bool>, _: Id, (): (), _: &mut Out<Self>) {
        if !**state {
            *state = Cow::Owned(true);
        }
    }

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, bool>, (): &(), out: &mut Out<Self>) {
        if let Self::Sender(to) = self {
            out.send(*to, ());
            out.set_timer((), model_timeout());
        }
    }
}

/// Whoever sends again and again over a network that loses messages: at most one is in flight.
pub(crate) fn courier() -> ActorModel<Courier> {
    ActorModel::new((), ())
        .actor(Courier::Sender(Id::from(1)))
        .actor(Courier::Receiver)
        .init_network(Network::new_unordered_duplicating([]))
        .lossy_network(LossyNetwork::Yes)
}
