//! What actors do with the messages that they get. `None`: nothing, and what comes to no actor of its kind.

use stateright::actor::{Id, Out};

use super::{Node, NodeState, apply};
use crate::cluster::Cluster;
use crate::consumer::{Consumer, ConsumerTurn};
use crate::coordinator::{Coordinator, Effects, Turn};
use crate::message::{Gone, Msg};
use crate::store::{OutsideStore, StorePolicy};
use crate::types::ClientId;

impl Node {
    pub(super) fn coordinator_takes(
        &self,
        coordinator: &Coordinator,
        msg: Msg,
        out: &mut Out<Self>,
    ) -> Option<NodeState> {
        let mut next = coordinator.clone();
        match msg {
            Msg::Request(connection, request) => {
                let effects = Turn::request(&self.scenario, &mut next, connection, &request);
                apply(&self.scenario, (coordinator, &next), effects, out);
            }
            Msg::MayExpire(gone) => next.may_expire(gone),
            Msg::EndTransaction(producer) => {
                next.end_transaction_of(producer);
                apply(&self.scenario, (coordinator, &next), Effects::default(), out);
            }
            Msg::Response(..) | Msg::Write(_) | Msg::Metadata(_) | Msg::TookUp | Msg::TransactionEnded => {
                return None;
            }
        }
        Some(NodeState::Coordinator(next))
    }

    pub(super) fn consumer_takes(
        &self,
        id: Id,
        consumer: &Consumer,
        msg: Msg,
        out: &mut Out<Self>,
    ) -> Option<NodeState> {
        let mut next = consumer.clone();
        let client = ClientId::of_actor(usize::from(id));
        let effects = match msg {
            Msg::Response(connection, response) => {
                Some(ConsumerTurn::response(&self.scenario, client, &mut next, connection, response))
            }
            Msg::MayExpire(Gone::Client(client)) => {
                Some(ConsumerTurn::unanswered(&self.scenario, client, &mut next))
            }
            Msg::Metadata(added) => {
                next.learn_partitions(added);
                None
            }
            Msg::TransactionEnded => {
                next.in_transaction = false;
                None
            }
            Msg::Request(..)
            | Msg::MayExpire(Gone::Member(_))
            | Msg::Write(_)
            | Msg::TookUp
            | Msg::EndTransaction(_) => return None,
        };
        self.replace(consumer, &next, client, None, out);
        if let Some(effects) = effects {
            self.send(effects, out);
        }
        Some(NodeState::Consumer(next))
    }

    pub(super) fn store_takes(&self, store: &OutsideStore, msg: &Msg) -> Option<NodeState> {
        let Msg::Write(write) = *msg else { return None };
        let mut next = store.clone();
        _ = next.write(self.scenario.store.unwrap_or(StorePolicy::LastWriteWins), write);
        Some(NodeState::Store(next))
    }

    pub(super) fn cluster_takes(
        &self,
        cluster: Cluster,
        msg: &Msg,
        out: &mut Out<Self>,
    ) -> Option<NodeState> {
        let mut next = cluster;
        if *msg == Msg::TookUp {
            next.note_assignment(&self.scenario);
        }
        (next != cluster).then(|| {
            self.let_act(cluster, next, None, out);
            NodeState::Cluster(next)
        })
    }
}
