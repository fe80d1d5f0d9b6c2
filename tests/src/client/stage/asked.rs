//! What the client asked for.

use bytes::Bytes;
use muster_reference::coordinator::{JoinGroup, Request};

use super::{Stage, locked, works};
use crate::client::rules::identity;

impl Stage {
    /// The client's current member id.
    pub(in crate::client) fn member(&self) -> Option<String> {
        self.exchanges()
            .iter()
            .rev()
            .filter(|exchange| works(exchange))
            .find_map(|exchange| identity(&exchange.request).map(|(member, _)| member.to_owned()))
    }

    /// The assignors that the client offers and its first subscription, which claims nothing.
    pub(in crate::client) fn offers(&self) -> Vec<(String, Bytes)> {
        let exchanges = self.exchanges();
        let first = exchanges.iter().find_map(|exchange| as_join(&exchange.request));
        let offered = first.map(|join| join.protocols.iter()).into_iter().flatten();
        offered.map(|offer| (offer.name.to_string(), offer.metadata.clone())).collect()
    }

    /// The instance id with which the client joins, if it is a static member.
    pub(in crate::client) fn instance(&self) -> Option<String> {
        let seen = locked(&self.seen);
        let joins = seen.history().exchanges.iter().filter_map(|exchange| as_join(&exchange.request));
        joins.flat_map(|join| &join.instance).map(ToString::to_string).next()
    }
}

fn as_join(request: &Request) -> Option<&JoinGroup> {
    match request {
        Request::JoinGroup(join) => Some(join),
        Request::FindCoordinator(_)
        | Request::SyncGroup(_)
        | Request::Heartbeat(_)
        | Request::LeaveGroup(_)
        | Request::OffsetCommit(_)
        | Request::TxnOffsetCommit(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => None,
    }
}
