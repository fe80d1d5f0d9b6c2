//! What happened in a few short lines, for a picture.

use std::collections::BTreeMap;
use std::fmt::Display;

use muster_model::narrate::{api_name, control_line, timer_line};
use muster_model::trace::{Event, OffsetByPartition, Partitions, Request, Response, Step};

/// A step: what its actor does.
pub fn step(step: &Step) -> Vec<String> {
    match &step.event {
        Event::Request { connection, request: asked } => {
            let mut lines = request(asked);
            let own = step.answers.iter().find(|answer| answer.connection == *connection);
            match own.map(|answer| error_of(&answer.response)) {
                None => lines.push("parked".to_owned()),
                Some("NONE") => {}
                Some(error) => lines.push(format!("→ {error}")),
            }
            lines
        }
        Event::Timer { timer } => vec![timer_line(timer)],
        Event::Control { control } => vec![control_line(control)],
        Event::Answer { response: answer, ignored, .. } => {
            let mut lines = response(answer);
            if *ignored {
                lines.insert(0, "not read:".to_owned());
            }
            lines
        }
        Event::Consumer { act, .. } => vec![short_act(act)],
    }
}

/// An act without the fields of the request that it sends.
fn short_act(act: &str) -> String {
    if let Some((api, rest)) = act.strip_prefix("gets its ").and_then(|act| act.split_once(' ')) {
        let late = if rest.contains(" late") { "late " } else { "" };
        return format!("{late}{api} reaches the broker");
    }
    let Some((before, after)) = act.split_once("sends ") else { return act.to_owned() };
    let api = after.split(' ').next().unwrap_or_default();
    let offsets = after.split_once("offsets=[").and_then(|(_, of)| of.split(']').next());
    match offsets {
        Some(offsets) => format!("{before}sends {api} {offsets}"),
        None => format!("{before}sends {api}"),
    }
}

/// A request.
pub fn request(request: &Request) -> Vec<String> {
    let name = api_name(request);
    let mut lines = vec![name.to_owned()];
    match request {
        Request::FindCoordinator { .. }
        | Request::DeleteGroups { .. }
        | Request::DescribeGroups { .. }
        | Request::ListGroups { .. } => {}
        Request::JoinGroup { member, .. } => lines.push(who(member)),
        Request::SyncGroup { member, generation, assignments, .. } => {
            lines.push(format!("{} gen {generation}", who(member)));
            if !assignments.is_empty() {
                lines.push("with plan".to_owned());
            }
        }
        Request::Heartbeat { member, generation, .. } => {
            lines.push(format!("{} gen {generation}", who(member)));
        }
        Request::LeaveGroup { members, .. } => lines.push(members.join(" ")),
        Request::OffsetCommit { member, generation, offsets, .. }
        | Request::TxnOffsetCommit { member, generation, offsets, .. } => {
            lines.push(values(offsets));
            lines.push(format!("{} gen {generation}", who(member)));
        }
        Request::OffsetFetch { partitions: asked, .. } if asked.is_empty() => {
            lines.push("all partitions".to_owned());
        }
        Request::OffsetFetch { partitions: asked, .. } | Request::OffsetDelete { partitions: asked, .. } => {
            lines.push(partitions(asked));
        }
    }
    lines
}

/// An answer.
pub fn response(response: &Response) -> Vec<String> {
    let error = error_of(response);
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
    if error != "NONE" {
        let mut lines = vec![api.to_owned(), error.to_owned()];
        if let Response::JoinGroup { member, .. } = response
            && !member.is_empty()
        {
            lines.push(format!("id {member}"));
        }
        return lines;
    }
    let mut lines = vec![format!("{api} ok")];
    match response {
        Response::JoinGroup { generation, leader, member, .. } => {
            let role = if leader == member { "leads".to_owned() } else { format!("leader {leader}") };
            lines.push(format!("gen {generation} {role}"));
        }
        Response::SyncGroup { assignment, .. } => {
            let owned = assignment.as_ref().map(partitions).unwrap_or_default();
            lines.push(if owned.is_empty() { "no partition".to_owned() } else { format!("gets {owned}") });
        }
        Response::OffsetFetch { offsets, .. } => lines.push(committed(offsets)),
        Response::DescribeGroups { state, .. } => lines.push(state.clone()),
        Response::ListGroups { listed, .. } => {
            lines.push(listed.as_ref().map_or("not listed", |of| of.state.as_str()).to_owned());
        }
        Response::FindCoordinator { .. }
        | Response::Heartbeat { .. }
        | Response::LeaveGroup { .. }
        | Response::OffsetCommit { .. }
        | Response::TxnOffsetCommit { .. }
        | Response::DeleteGroups { .. }
        | Response::OffsetDelete { .. } => {}
    }
    lines
}

/// The error of an answer: the first one where each partition or member has its own.
pub fn error_of(response: &Response) -> &str {
    match response {
        Response::FindCoordinator { error }
        | Response::JoinGroup { error, .. }
        | Response::SyncGroup { error, .. }
        | Response::Heartbeat { error }
        | Response::OffsetFetch { error, .. }
        | Response::DeleteGroups { error }
        | Response::DescribeGroups { error, .. }
        | Response::ListGroups { error, .. } => error,
        Response::OffsetDelete { error, .. } if error != "NONE" => error,
        Response::LeaveGroup { error, members } => {
            let each = members.iter().map(|(_, error)| error.as_str());
            each.chain([error.as_str()]).find(|error| *error != "NONE").unwrap_or("NONE")
        }
        Response::OffsetCommit { errors }
        | Response::TxnOffsetCommit { errors }
        | Response::OffsetDelete { errors, .. } => {
            let mut each = errors.values().flat_map(BTreeMap::values).map(String::as_str);
            each.find(|error| *error != "NONE").unwrap_or("NONE")
        }
    }
}

fn who(member: &str) -> String {
    if member.is_empty() { "no id yet".to_owned() } else { member.to_owned() }
}

fn partitions(of: &Partitions) -> String {
    let named = of.iter().flat_map(|(topic, indices)| indices.iter().map(move |i| format!("{topic}-{i}")));
    named.collect::<Vec<_>>().join(" ")
}

/// -1: nothing is committed.
fn committed(of: &OffsetByPartition) -> String {
    let word = |offset: &i64| if *offset < 0 { "none".to_owned() } else { offset.to_string() };
    let named =
        of.iter().flat_map(|(topic, of)| of.iter().map(move |(i, o)| format!("{topic}-{i}: {}", word(o))));
    named.collect::<Vec<_>>().join(", ")
}

fn values<V: Display>(of: &BTreeMap<String, BTreeMap<i32, V>>) -> String {
    let named = of.iter().flat_map(|(topic, of)| of.iter().map(move |(i, v)| format!("{topic}-{i}: {v}")));
    named.collect::<Vec<_>>().join(", ")
}
