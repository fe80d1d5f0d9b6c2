//! Requests, answers and timers of a trace in Kafka's names.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::trace::{
    Choice, CommitMetadata, Control, Event, OffsetByPartition, Partitions, Protocol, Request, Response,
    SessionTimeout, Timer, subscription_line,
};

/// What happened, and where.
pub(super) fn event(event: &Event) -> String {
    match event {
        Event::Request { connection, request: asked } => {
            format!("coordinator takes from {connection}: {}", request(asked))
        }
        Event::Timer { timer: fired } => format!("coordinator: {}", timer(fired)),
        Event::Answer { connection, response: answer, ignored } => {
            let consumer = connection.split('#').next().unwrap_or_default();
            let answer = response(answer);
            if *ignored {
                format!("{consumer} does not read from {connection}, which it gave up: {answer}")
            } else {
                format!("{consumer} takes from {connection}: {answer}")
            }
        }
        Event::Control { control: what } => format!("coordinator: {}", control(what)),
        Event::Consumer { consumer, act } => format!("{consumer} {act}"),
    }
}

/// What happens to the coordinator's log or leadership, in words.
pub(super) fn control(control: &Control) -> String {
    match control {
        Control::HoldReplication => "replication of its log stops".to_owned(),
        Control::ReleaseReplication => "its log is replicated, and goes on being so".to_owned(),
        Control::FailAppend { error } => format!("the next append to its log fails with {error}"),
        Control::Resign => "it loses leadership".to_owned(),
        Control::LoseUnreplicated => "what of its log was not replicated is lost".to_owned(),
        Control::PassRetention => "offsets.retention.minutes pass".to_owned(),
        Control::CheckRetention => "it looks for what has expired".to_owned(),
        Control::EndTransaction { producer, commits } => {
            let end = if *commits { "commits" } else { "aborts" };
            format!("the marker comes that {end} the transaction of {producer}")
        }
        Control::Elect => "it wins leadership and reads its log".to_owned(),
    }
}

/// Kafka's name of a request.
pub(super) fn api(request: &Request) -> &'static str {
    match request {
        Request::FindCoordinator { .. } => "FindCoordinator",
        Request::JoinGroup { .. } => "JoinGroup",
        Request::SyncGroup { .. } => "SyncGroup",
        Request::Heartbeat { .. } => "Heartbeat",
        Request::LeaveGroup { .. } => "LeaveGroup",
        Request::OffsetCommit { .. } => "OffsetCommit",
        Request::TxnOffsetCommit { .. } => "TxnOffsetCommit",
        Request::OffsetFetch { .. } => "OffsetFetch",
        Request::DeleteGroups { .. } => "DeleteGroups",
        Request::OffsetDelete { .. } => "OffsetDelete",
        Request::DescribeGroups { .. } => "DescribeGroups",
        Request::ListGroups { .. } => "ListGroups",
    }
}

/// A request with its version and fields.
pub(super) fn request(request: &Request) -> String {
    let name = api(request);
    match request {
        Request::JoinGroup {
            version,
            empty_group_id,
            member,
            instance,
            session_timeout,
            protocol_type,
            protocols,
        } => {
            let (offered, group) = (list(protocols.iter().map(offer)), group(*empty_group_id));
            let (instance, bounds) = (instance_id(instance.as_deref()), bounds(*session_timeout));
            format!(
                "{name} v{version}{group} member.id='{member}'{instance} protocol.type='{protocol_type}' protocols={offered}{bounds}"
            )
        }
        Request::SyncGroup {
            version,
            empty_group_id,
            member,
            instance,
            generation,
            protocol_type,
            protocol_name,
            assignments,
        } => {
            let given = assignments.iter().map(|(m, assigned)| format!("{m}: {}", partitions(assigned)));
            let (given, group) = (list(given), group(*empty_group_id));
            let instance = instance_id(instance.as_deref());
            let (kind, chosen) = (null(protocol_type.as_deref()), null(protocol_name.as_deref()));
            format!(
                "{name} v{version}{group} member.id='{member}'{instance} generation.id={generation} protocol.type={kind} protocol.name={chosen} assignments={given}"
            )
        }
        Request::Heartbeat { version, empty_group_id, member, instance, generation } => {
            let (group, instance) = (group(*empty_group_id), instance_id(instance.as_deref()));
            format!("{name} v{version}{group} member.id='{member}'{instance} generation.id={generation}")
        }
        Request::LeaveGroup { version, empty_group_id, members, instances } => {
            let instances = instances.iter().map(|i| instance_id(i.as_deref()));
            let members = members.iter().zip(instances.chain(std::iter::repeat(String::new())));
            let member = |member: &str| if member.is_empty() { "''".to_owned() } else { member.to_owned() };
            let members = list(members.map(|(m, instance)| format!("{}{instance}", member(m))));
            format!("{name} v{version}{} members={members}", group(*empty_group_id))
        }
        Request::OffsetCommit { .. } => commit(request),
        Request::TxnOffsetCommit { version, producer, member, instance, generation, offsets } => {
            let commit = committed(member, instance.as_deref(), *generation, offsets);
            format!("{name} v{version} transactional.id='{producer}' {commit}")
        }
        Request::OffsetFetch { version, empty_group_id, partitions: asked, require_stable } => {
            let group = group(*empty_group_id);
            let stable = if *require_stable { " require.stable=true" } else { "" };
            let asked = if asked.is_empty() { "all".to_owned() } else { partitions(asked) };
            format!("{name} v{version}{group} partitions={asked}{stable}")
        }
        Request::FindCoordinator { version }
        | Request::DeleteGroups { version }
        | Request::DescribeGroups { version } => {
            format!("{name} v{version}")
        }
        Request::OffsetDelete { version, partitions: asked } => {
            format!("{name} v{version} partitions={}", partitions(asked))
        }
        Request::ListGroups { version, states } => format!("{name} v{version} states={}", list(states)),
    }
}

/// Who commits, and what.
fn committed(member: &str, instance: Option<&str>, generation: i32, offsets: &OffsetByPartition) -> String {
    let (instance, offsets) = (instance_id(instance), values(offsets));
    format!("member.id='{member}'{instance} generation.id={generation} offsets={offsets}")
}

fn bounds(session_timeout: SessionTimeout) -> &'static str {
    match session_timeout {
        SessionTimeout::InBounds => "",
        SessionTimeout::TooSmall => " session.timeout.ms=too small",
        SessionTimeout::TooLarge => " session.timeout.ms=too large",
        SessionTimeout::Smallest => " session.timeout.ms=the smallest",
        SessionTimeout::Largest => " session.timeout.ms=the largest",
    }
}

fn commit(request: &Request) -> String {
    let Request::OffsetCommit { version, empty_group_id, member, instance, generation, offsets, metadata } =
        request
    else {
        return String::new();
    };
    let commit = committed(member, instance.as_deref(), *generation, offsets);
    format!("OffsetCommit v{version}{} {commit}{}", group(*empty_group_id), of_length(*metadata))
}

fn of_length(metadata: CommitMetadata) -> &'static str {
    match metadata {
        CommitMetadata::Short => "",
        CommitMetadata::Longest => " metadata=as long as it may be",
        CommitMetadata::TooLong => " metadata=too long",
    }
}

fn null(of: Option<&str>) -> String {
    of.map_or("null".to_owned(), |name| format!("'{name}'"))
}

fn offer(protocol: &Protocol) -> String {
    format!("{}({})", protocol.name, subscription_line(&protocol.topics, protocol.claim.as_ref()))
}

/// An answer with its error code, and its fields where there is none.
pub(super) fn response(response: &Response) -> String {
    match response {
        Response::FindCoordinator { error } => format!("FindCoordinator {error}"),
        Response::JoinGroup {
            error,
            generation,
            protocol_name,
            leader,
            member,
            members,
            skip_assignment,
        } => {
            if error != "NONE" {
                let issued = if member.is_empty() { String::new() } else { format!(" member.id='{member}'") };
                return format!("JoinGroup {error}{issued}");
            }
            let members = members
                .iter()
                .map(|m| format!("{}({})", m.member, subscription_line(&m.topics, m.claim.as_ref())));
            let skips = if *skip_assignment { " skip.assignment=true" } else { "" };
            let (members, protocol) = (list(members), protocol_name.as_deref().unwrap_or("null"));
            format!(
                "JoinGroup {error} generation.id={generation} protocol.name='{protocol}' leader='{leader}' member.id='{member}' members={members}{skips}"
            )
        }
        Response::SyncGroup { error, assignment } => match assignment {
            Some(assigned) => format!("SyncGroup {error} assignment={}", partitions(assigned)),
            None if error == "NONE" => format!("SyncGroup {error} without an assignment"),
            None => format!("SyncGroup {error}"),
        },
        Response::Heartbeat { error } => format!("Heartbeat {error}"),
        Response::LeaveGroup { error, members } => {
            let each = members.iter().map(|(member, error)| format!("{member}: {error}"));
            let each = if members.is_empty() { String::new() } else { format!(" members={}", list(each)) };
            format!("LeaveGroup {error}{each}")
        }
        Response::OffsetCommit { errors } => format!("OffsetCommit {}", values(errors)),
        Response::TxnOffsetCommit { errors } => format!("TxnOffsetCommit {}", values(errors)),
        Response::OffsetFetch { error, offsets } => {
            format!("OffsetFetch {error} offsets={}", values(offsets))
        }
        Response::DeleteGroups { error } => format!("DeleteGroups {error}"),
        Response::OffsetDelete { error, errors } => format!("OffsetDelete {error} {}", values(errors)),
        Response::DescribeGroups { error, state, members, .. } => {
            let members = list(members.iter().map(|member| &member.member));
            format!("DescribeGroups {error} state='{state}' members={members}")
        }
        Response::ListGroups { error, listed } => {
            let state = listed.as_ref().map_or("none".to_owned(), |of| format!("'{}'", of.state));
            format!("ListGroups {error} state={state}")
        }
    }
}

/// What the firing of a timer means.
pub(super) fn timer(timer: &Timer) -> String {
    match timer {
        Timer::Session { member } => format!("session timeout of {member}"),
        Timer::NewMemberJoin { member } => format!("new-member join timeout of {member}"),
        Timer::InitialDelay => "group.initial.rebalance.delay.ms is over".to_owned(),
        Timer::Rebalance => "rebalance timeout".to_owned(),
        Timer::PendingSync => "pending-sync timeout".to_owned(),
    }
}

/// A choice that Kafka leaves to the order of a hash map.
pub(super) fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Leader { chosen, among } => {
            format!("{chosen} is chosen as leader; Kafka may choose any of {}", among.join(", "))
        }
    }
}

fn instance_id(instance: Option<&str>) -> String {
    instance.map(|instance| format!(" group.instance.id='{instance}'")).unwrap_or_default()
}

fn group(empty: bool) -> &'static str {
    if empty { " group.id=''" } else { "" }
}

fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}

fn partitions(of: &Partitions) -> String {
    list(of.iter().flat_map(|(topic, indices)| indices.iter().map(move |i| format!("{topic}-{i}"))))
}

fn values<V: Display>(of: &BTreeMap<String, BTreeMap<i32, V>>) -> String {
    list(of.iter().flat_map(|(topic, of)| of.iter().map(move |(i, value)| format!("{topic}-{i}: {value}"))))
}
