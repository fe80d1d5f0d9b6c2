//! What answers say of the group.

use muster_model::trace::Response;

use crate::view::{CoordinatorView, GroupView, MemberView};

/// What an answer says of the group.
pub(super) fn answered(coordinator: &mut CoordinatorView, client: &str, response: &Response) {
    match response {
        Response::JoinGroup { error, generation, protocol_name, leader, member, .. } if error == "NONE" => {
            let group = coordinator.group.get_or_insert_default();
            if group.generation != *generation {
                let GroupView { state, generation: old, protocol, leader: led, members, pending } = group;
                *old = *generation;
                "CompletingRebalance".clone_into(state);
                protocol.clone_from(protocol_name);
                *led = vec![leader.clone()];
                members.clear();
                pending.clear();
            }
            let of = MemberView { client: client.to_owned(), ..MemberView::default() };
            group.members.insert(member.clone(), of);
        }
        Response::JoinGroup { error, member, .. } if error == "MEMBER_ID_REQUIRED" => {
            let group = coordinator.group.get_or_insert_default();
            group.pending.insert(member.clone(), client.to_owned());
        }
        Response::SyncGroup { error, .. } if error == "NONE" => {
            if let Some(group) = &mut coordinator.group {
                "Stable".clone_into(&mut group.state);
            }
        }
        Response::FindCoordinator { .. }
        | Response::JoinGroup { .. }
        | Response::SyncGroup { .. }
        | Response::Heartbeat { .. }
        | Response::LeaveGroup { .. }
        | Response::OffsetCommit { .. }
        | Response::TxnOffsetCommit { .. }
        | Response::OffsetFetch { .. }
        | Response::DeleteGroups { .. }
        | Response::OffsetDelete { .. }
        | Response::DescribeGroups { .. }
        | Response::ListGroups { .. } => {}
    }
}
