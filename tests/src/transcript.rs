//! The steps of a trace as lines that a Kafka engineer reads without a legend.

use muster_model::trace::{
    CommitMetadata, Control, Event, OffsetByPartition, Request, SessionTimeout, Step, Timer, Trace,
};

use crate::compare::{describe, offsets_text, partitions};

/// The steps up to and with `last` that concern a broker, each with what it is expected to be answered.
pub fn transcript(trace: &Trace, last: usize) -> Vec<String> {
    trace.steps.iter().take(last + 1).filter_map(line).collect()
}

fn line(step: &Step) -> Option<String> {
    let (event, own) = match &step.event {
        Event::Request { connection, request } => {
            (format!("{connection} {}", text(request)), connection.as_str())
        }
        Event::Timer { timer } => (format!("{} fires", timer_name(timer)), ""),
        Event::Control { control } => (control_name(control), ""),
        Event::Answer { .. } | Event::Consumer { .. } => return None,
    };
    let mut answers: Vec<_> = step
        .answers
        .iter()
        .map(|answer| {
            if answer.connection == own {
                describe(&answer.response)
            } else {
                format!("{}: {}", answer.connection, describe(&answer.response))
            }
        })
        .collect();
    if !own.is_empty() && !step.answers.iter().any(|answer| answer.connection == own) {
        answers.insert(0, "parked".to_owned());
    }
    let answers = if answers.is_empty() { "nothing is sent".to_owned() } else { answers.join("; ") };
    Some(format!("{event} -> {answers}"))
}

/// A timer in words.
pub fn timer_name(timer: &Timer) -> String {
    match timer {
        Timer::Session { member } => format!("session timer of {member}"),
        Timer::NewMemberJoin { member } => format!("new-member join timer of {member}"),
        Timer::InitialDelay => "initial rebalance delay".to_owned(),
        Timer::Rebalance => "rebalance timer".to_owned(),
        Timer::PendingSync => "pending-sync timer".to_owned(),
    }
}

/// A control event in words.
pub fn control_name(control: &Control) -> String {
    match control {
        Control::HoldReplication => "replication stops".to_owned(),
        Control::ReleaseReplication => "replication goes on".to_owned(),
        Control::FailAppend { error } => format!("the next append fails with {error}"),
        Control::Resign => "the coordinator resigns".to_owned(),
        Control::LoseUnreplicated => "the records that were not replicated are lost".to_owned(),
        Control::PassRetention => "offsets.retention.minutes pass".to_owned(),
        Control::CheckRetention => "the coordinator looks for what has expired".to_owned(),
        Control::EndTransaction { producer, commits: true } => {
            format!("the marker comes that commits the transaction of {producer}")
        }
        Control::EndTransaction { producer, commits: false } => {
            format!("the marker comes that aborts the transaction of {producer}")
        }
        Control::Elect => "the coordinator is elected and reads its log".to_owned(),
    }
}

fn text(request: &Request) -> String {
    match request {
        Request::FindCoordinator { version } => format!("FindCoordinator v{version}"),
        Request::JoinGroup {
            version,
            empty_group_id,
            member,
            instance,
            session_timeout,
            protocol_type,
            protocols,
        } => {
            let offers: Vec<_> =
                protocols.iter().map(|p| format!("{}({})", p.name, p.topics.join(", "))).collect();
            let (bounds, offers) = (bounds(*session_timeout), offers.join(" "));
            format!(
                "JoinGroup v{version}{} {}, {protocol_type} [{offers}]{bounds}",
                group(*empty_group_id),
                named(member, instance.as_deref())
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
            let given: Vec<_> = assignments.iter().map(|(m, p)| format!("{m} {}", partitions(p))).collect();
            let names = protocol(protocol_type.as_deref(), protocol_name.as_deref());
            let (group, member, given) =
                (group(*empty_group_id), named(member, instance.as_deref()), given.join(", "));
            format!(
                "SyncGroup v{version}{group} {member}, generation {generation}{names}, assignments [{given}]"
            )
        }
        Request::Heartbeat { version, empty_group_id, member, instance, generation } => {
            let (group, member) = (group(*empty_group_id), named(member, instance.as_deref()));
            format!("Heartbeat v{version}{group} {member}, generation {generation}")
        }
        Request::LeaveGroup { version, empty_group_id, members, instances } => {
            let instances = instances.iter().map(Option::as_deref).chain(std::iter::repeat(None));
            let members: Vec<_> = members.iter().zip(instances).map(|(m, i)| named(m, i)).collect();
            format!("LeaveGroup v{version}{} [{}]", group(*empty_group_id), members.join(", "))
        }
        Request::OffsetCommit { .. } => offset_commit(request),
        Request::TxnOffsetCommit { version, producer, member, instance, generation, offsets } => {
            let commit = commit(member, instance.as_deref(), *generation, offsets);
            format!("TxnOffsetCommit v{version} of {producer}, {commit}")
        }
        Request::OffsetFetch { version, empty_group_id, partitions: asked, require_stable } => {
            let group = group(*empty_group_id);
            let stable = if *require_stable { ", require stable" } else { "" };
            format!("OffsetFetch v{version}{group} {}{stable}", partitions(asked))
        }
        Request::DeleteGroups { version } => format!("DeleteGroups v{version}"),
        Request::OffsetDelete { version, partitions: asked } => {
            format!("OffsetDelete v{version} {}", partitions(asked))
        }
        Request::DescribeGroups { version } => format!("DescribeGroups v{version}"),
        Request::ListGroups { version, states } => {
            format!("ListGroups v{version} in state [{}]", states.join(", "))
        }
    }
}

/// Who commits, and what.
fn commit(member: &str, instance: Option<&str>, generation: i32, offsets: &OffsetByPartition) -> String {
    format!("{}, generation {generation}, {}", named(member, instance), offsets_text(offsets))
}

fn protocol(kind: Option<&str>, name: Option<&str>) -> String {
    match (kind, name) {
        (None, None) => String::new(),
        (kind, name) => format!(", {} {}", kind.unwrap_or("null"), name.unwrap_or("null")),
    }
}

fn bounds(session_timeout: SessionTimeout) -> &'static str {
    match session_timeout {
        SessionTimeout::InBounds => "",
        SessionTimeout::TooSmall => ", session timeout too small",
        SessionTimeout::TooLarge => ", session timeout too large",
        SessionTimeout::Smallest => ", the smallest session timeout",
        SessionTimeout::Largest => ", the largest session timeout",
    }
}

fn offset_commit(request: &Request) -> String {
    let Request::OffsetCommit { version, empty_group_id, member, instance, generation, offsets, metadata } =
        request
    else {
        return String::new();
    };
    let commit = commit(member, instance.as_deref(), *generation, offsets);
    format!("OffsetCommit v{version}{} {commit}{}", group(*empty_group_id), of_length(*metadata))
}

fn of_length(metadata: CommitMetadata) -> &'static str {
    match metadata {
        CommitMetadata::Short => "",
        CommitMetadata::Longest => ", metadata as long as it may be",
        CommitMetadata::TooLong => ", metadata too long",
    }
}

/// A member, by its id and the instance id that is sent with it.
fn named(member: &str, instance: Option<&str>) -> String {
    instance.map_or_else(|| id(member).to_owned(), |instance| format!("{} as {instance}", id(member)))
}

fn id(member: &str) -> &str {
    if member.is_empty() { "without member id" } else { member }
}

fn group(empty: bool) -> &'static str {
    if empty { " with an empty group id," } else { "" }
}
