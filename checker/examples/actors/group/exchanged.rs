//! Consumers are interchangeable: the coordinator knows them by their connections, and members' names are nobody's own.

use muster_checker::{Exchange, Symmetry, permutations};
use stateright::actor::Id;

use super::{Bounds, Msg, Node, State, Timer};

/// Every exchange of the consumers.
pub(crate) struct Consumers(Vec<Vec<usize>>);

impl Consumers {
    /// Of a group.
    pub(crate) fn of(bounds: Bounds) -> Self {
        let consumers: Vec<usize> = (1..=usize::from(bounds.consumers)).collect();
        Self(permutations(&consumers, consumers.len() + 1))
    }

    fn goes(&self, exchange: Exchange, id: Id) -> Id {
        Id::from(self.0[exchange][usize::from(id)])
    }
}

impl Symmetry<Node> for Consumers {
    fn exchanges(&self) -> usize {
        self.0.len()
    }

    fn actor(&self, exchange: Exchange, actor: usize) -> usize {
        self.0[exchange][actor]
    }

    fn state(&self, exchange: Exchange, _: usize, state: &mut State) {
        match state {
            State::Coordinator(coordinator) => {
                coordinator.connections().for_each(|id| *id = self.goes(exchange, *id));
            }
            State::Consumer(_) => {}
        }
    }

    fn timer(&self, exchange: Exchange, _: usize, timer: &mut Timer) {
        match timer {
            Timer::Heartbeat(id) | Timer::Work(id, _) | Timer::Commit(id, _) => {
                *id = self.goes(exchange, *id);
            }
            Timer::Session(_) | Timer::Rebalance => {}
        }
    }

    fn message(&self, _: Exchange, _: &mut Msg) {}
}
