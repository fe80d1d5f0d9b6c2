//! Answers as they are compared and told: error codes first, then field by field.

use muster_model::trace::{Described, Joined, OffsetByPartition, Partitions, Response, subscription_line};

use super::Aspect;

/// The error codes of an answer, as a reader sees them.
pub(super) fn errors(response: &Response) -> String {
    match response {
        Response::FindCoordinator { error }
        | Response::JoinGroup { error, .. }
        | Response::SyncGroup { error, .. }
        | Response::Heartbeat { error }
        | Response::LeaveGroup { error, .. }
        | Response::OffsetFetch { error, .. }
        | Response::DeleteGroups { error }
        | Response::DescribeGroups { error, .. }
        | Response::ListGroups { error, .. } => error.clone(),
        Response::OffsetDelete { error, .. } if error != "NONE" => error.clone(),
        Response::OffsetCommit { errors }
        | Response::TxnOffsetCommit { errors }
        | Response::OffsetDelete { errors, .. } => {
            let topics =
                errors.iter().flat_map(|(t, of)| of.iter().map(move |(p, e)| format!("{t}-{p} {e}")));
            topics.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The fields of an answer without an error that are compared one by one, ids named by `name`.
pub(super) fn fields(response: &Response, name: &dyn Fn(&str) -> String) -> Vec<(Aspect, String)> {
    match response {
        Response::JoinGroup {
            error,
            generation,
            protocol_name,
            leader,
            member,
            members,
            skip_assignment,
        } if error == "NONE" => {
            let protocol = protocol_name.as_deref().unwrap_or("null");
            vec![
                (Aspect::Generation, format!("generation {generation}")),
                (Aspect::Protocol, format!("protocol {protocol}")),
                (Aspect::Leader, format!("leader {}", name(leader))),
                (Aspect::Member, format!("member {}", name(member))),
                (Aspect::Members, format!("members [{}]", joined(members, name))),
                (Aspect::SkipAssignment, format!("skip assignment: {skip_assignment}")),
            ]
        }
        Response::SyncGroup { error, assignment } if error == "NONE" => {
            let partitions = assignment.as_ref().map_or_else(|| "null".to_owned(), partitions);
            vec![(Aspect::Assignment, format!("assignment {partitions}"))]
        }
        Response::LeaveGroup { error, members } if error == "NONE" => {
            let members: Vec<_> = members.iter().map(|(m, e)| format!("{} {e}", name(m))).collect();
            vec![(Aspect::Error, format!("members [{}]", members.join(", ")))]
        }
        Response::OffsetFetch { error, offsets } if error == "NONE" => {
            vec![(Aspect::Offsets, format!("offsets {}", offsets_text(offsets)))]
        }
        // Of an absent group the state is told with an error too.
        Response::DescribeGroups { state, protocol_type, protocol, members, .. } if !state.is_empty() => {
            vec![
                (Aspect::State, format!("{state} of {protocol_type:?}, protocol {protocol:?}")),
                (Aspect::Members, format!("members [{}]", described(members, name))),
            ]
        }
        Response::ListGroups { error, listed } if error == "NONE" => {
            let told =
                listed.as_ref().map(|of| format!("listed as {:?} of {:?}", of.state, of.protocol_type));
            vec![(Aspect::State, told.unwrap_or_else(|| "not listed".to_owned()))]
        }
        Response::JoinGroup { .. }
        | Response::SyncGroup { .. }
        | Response::LeaveGroup { .. }
        | Response::OffsetFetch { .. }
        | Response::FindCoordinator { .. }
        | Response::Heartbeat { .. }
        | Response::OffsetCommit { .. }
        | Response::TxnOffsetCommit { .. }
        | Response::DeleteGroups { .. }
        | Response::OffsetDelete { .. }
        | Response::DescribeGroups { .. }
        | Response::ListGroups { .. } => Vec::new(),
    }
}

/// What a JoinGroup answer tells of the group beside its error, where it tells anything.
pub(super) fn beside_error(response: &Response, name: &dyn Fn(&str) -> String) -> Option<String> {
    let Response::JoinGroup { error, generation, protocol_name, leader, .. } = response else { return None };
    if error == "NONE" || *generation < 0 {
        return None;
    }
    let (protocol, leader) = (protocol_name.as_deref().unwrap_or("null"), name(leader));
    Some(format!("generation {generation}, protocol {protocol}, leader {leader}"))
}

fn described(members: &[Described], name: &dyn Fn(&str) -> String) -> String {
    let told = |m: &Described| {
        let instance = m.instance.as_ref().map(|i| format!(" as {i}")).unwrap_or_default();
        let subscription = subscription_line(&m.topics, m.claim.as_ref());
        let assignment = m.assignment.as_ref().map_or_else(|| "null".to_owned(), partitions);
        format!("{}{instance} ({subscription}) {assignment}", name(&m.member))
    };
    let mut members: Vec<_> = members.iter().map(told).collect();
    members.sort();
    members.join(", ")
}

fn joined(members: &[Joined], name: &dyn Fn(&str) -> String) -> String {
    let instance = |m: &Joined| m.instance.as_ref().map(|i| format!(" as {i}")).unwrap_or_default();
    let subscription = |m: &Joined| subscription_line(&m.topics, m.claim.as_ref());
    let listed = |m: &Joined| format!("{}{} ({})", name(&m.member), instance(m), subscription(m));
    let mut members: Vec<_> = members.iter().map(listed).collect();
    members.sort();
    members.join(", ")
}

/// Partitions as `{t: 0 1}`.
pub(crate) fn partitions(partitions: &Partitions) -> String {
    let numbers = |of: &Vec<i32>| of.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
    let topics: Vec<_> = partitions.iter().map(|(topic, of)| format!("{topic}: {}", numbers(of))).collect();
    format!("{{{}}}", topics.join(", "))
}

/// Offsets as `{t-0: 5}`.
pub(crate) fn offsets_text(offsets: &OffsetByPartition) -> String {
    let all =
        offsets.iter().flat_map(|(t, of)| of.iter().map(move |(p, offset)| format!("{t}-{p}: {offset}")));
    format!("{{{}}}", all.collect::<Vec<_>>().join(", "))
}

/// An answer in one line, ids or symbols as they stand.
pub fn describe(response: &Response) -> String {
    let api = match response {
        Response::FindCoordinator { .. } => "FindCoordinator",
        Response::JoinGroup { .. } => "JoinGroup",
        Response::SyncGroup { .. } => "SyncGroup",
        Response::Heartbeat { .. } => "Heartbeat",
        Response::LeaveGroup { .. } => "LeaveGroup",
        Response::OffsetCommit { .. } => "OffsetCommit",
        Response::TxnOffsetCommit { .. } => "TxnOffsetCommit",
        Response::OffsetFetch { .. } => "OffsetFetch",
        Response::DeleteGroups { .. } => "DeleteGroups",
        Response::OffsetDelete { .. } => "OffsetDelete",
        Response::DescribeGroups { .. } => "DescribeGroups",
        Response::ListGroups { .. } => "ListGroups",
    };
    let mut parts = vec![api.to_owned(), errors(response)];
    if let Response::JoinGroup { error, member, .. } = response
        && error == "MEMBER_ID_REQUIRED"
    {
        parts.push(format!("member {member}"));
    }
    parts.extend(fields(response, &|id| id.to_owned()).into_iter().map(|(_, text)| text));
    parts.join(" ")
}
