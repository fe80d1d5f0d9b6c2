//! A recording names connections; a reader looks for consumers. A connection that goes on with the member of one that
//! has ended is its consumer's next one.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::trace::{Event, Request, Response, Trace};

/// The name that recordings give to their scenario.
const RECORDED: &str = "recorded";

/// What was seen of a connection.
#[derive(Default)]
struct Seen {
    /// The first and the last step that it has a part in.
    steps: (usize, usize),
    /// The members and the instances that it spoke for.
    names: BTreeSet<String>,
}

/// The trace with its connections named after consumers; as it is if it is no recording.
pub(super) fn by_consumer(trace: &Trace) -> Trace {
    let mut told = trace.clone();
    if trace.scenario != RECORDED {
        return told;
    }
    let names = consumers(seen(trace));
    let rename = |connection: &mut String| {
        if let Some(name) = names.get(connection) {
            connection.clone_from(name);
        }
    };
    for step in &mut told.steps {
        if let Event::Request { connection, .. } | Event::Answer { connection, .. } = &mut step.event {
            rename(connection);
        }
        step.answers.iter_mut().for_each(|answer| rename(&mut answer.connection));
    }
    told
}

/// Each connection, in the order in which they are first seen.
fn seen(trace: &Trace) -> Vec<(String, Seen)> {
    let mut all: Vec<(String, Seen)> = Vec::new();
    let mut see = |connection: &String, step: usize, names: Vec<String>| {
        let known = all.iter().position(|(name, _)| name == connection);
        let place = known.unwrap_or_else(|| {
            all.push((connection.clone(), Seen { steps: (step, step), names: BTreeSet::new() }));
            all.len() - 1
        });
        let seen = &mut all[place].1;
        seen.steps.1 = step;
        seen.names.extend(names.into_iter().filter(|name| !name.is_empty()));
    };
    for (n, step) in trace.steps.iter().enumerate() {
        if let Event::Request { connection, request } = &step.event {
            see(connection, n, speaks_for(request));
        }
        for answer in &step.answers {
            let names = match &answer.response {
                Response::JoinGroup { member, .. } => vec![member.clone()],
                Response::FindCoordinator { .. }
                | Response::SyncGroup { .. }
                | Response::Heartbeat { .. }
                | Response::LeaveGroup { .. }
                | Response::OffsetCommit { .. }
                | Response::TxnOffsetCommit { .. }
                | Response::OffsetFetch { .. }
                | Response::DeleteGroups { .. }
                | Response::OffsetDelete { .. }
                | Response::DescribeGroups { .. }
                | Response::ListGroups { .. } => Vec::new(),
            };
            see(&answer.connection, n, names);
        }
    }
    all
}

/// Whom a request speaks for. Who removes members need not be one of them, and who reads offsets is nobody.
fn speaks_for(request: &Request) -> Vec<String> {
    match request {
        Request::JoinGroup { member, instance, .. }
        | Request::SyncGroup { member, instance, .. }
        | Request::Heartbeat { member, instance, .. }
        | Request::OffsetCommit { member, instance, .. }
        | Request::TxnOffsetCommit { member, instance, .. } => {
            let instance = instance.iter().map(|instance| format!("instance {instance}"));
            instance.chain([member.clone()]).collect()
        }
        Request::FindCoordinator { .. }
        | Request::LeaveGroup { .. }
        | Request::OffsetFetch { .. }
        | Request::DeleteGroups { .. }
        | Request::OffsetDelete { .. }
        | Request::DescribeGroups { .. }
        | Request::ListGroups { .. } => Vec::new(),
    }
}

/// The new name of each connection.
fn consumers(all: Vec<(String, Seen)>) -> BTreeMap<String, String> {
    let mut consumers: Vec<(usize, Seen)> = Vec::new();
    let mut names = BTreeMap::new();
    for (connection, seen) in all {
        let goes_on = |(_, before): &(usize, Seen)| {
            before.steps.1 < seen.steps.0 && !before.names.is_disjoint(&seen.names)
        };
        let place = consumers.iter().position(goes_on);
        let place = place.unwrap_or_else(|| {
            consumers.push((0, Seen::default()));
            consumers.len() - 1
        });
        let (connections, known) = &mut consumers[place];
        *connections += 1;
        known.steps = seen.steps;
        known.names.extend(seen.names);
        names.insert(connection, format!("c{}#{connections}", place + 1));
    }
    names
}

#[cfg(test)]
mod tests {
    use muster_model::trace::{Answer, Step};

    use super::*;

    fn beat(connection: &str, member: &str) -> Step {
        let request = Request::Heartbeat {
            version: 4,
            empty_group_id: false,
            member: member.to_owned(),
            instance: None,
            generation: 1,
        };
        let response = Response::Heartbeat { error: "NONE".to_owned() };
        Step {
            rules: Vec::new(),
            event: Event::Request { connection: connection.to_owned(), request },
            answers: vec![Answer { connection: connection.to_owned(), response }],
            timers: muster_model::trace::TimerChange::default(),
            choice: None,
        }
    }

    fn named(scenario: &str, steps: Vec<Step>) -> Vec<String> {
        let text = include_str!("../../../tests/traces/join-alone.json");
        let base: Trace = serde_json::from_str(text).unwrap();
        let trace = by_consumer(&Trace { scenario: scenario.to_owned(), steps, ..base });
        let each = trace.steps.iter().map(|step| {
            let Event::Request { connection, .. } = &step.event else { panic!("{step:?}") };
            assert_eq!(step.answers[0].connection, *connection);
            connection.clone()
        });
        each.collect()
    }

    #[test]
    fn a_member_that_comes_back_on_another_connection_is_the_same_consumer() {
        let steps = || vec![beat("c1#1", "m1"), beat("c2#1", "m2"), beat("c3#1", "m1"), beat("c2#1", "m2")];
        assert_eq!(named(RECORDED, steps()), ["c1#1", "c2#1", "c1#2", "c2#1"]);
        assert_eq!(named("basic", steps()), ["c1#1", "c2#1", "c3#1", "c2#1"]);
    }

    #[test]
    fn two_connections_at_a_time_are_two_consumers_and_their_numbers_have_no_gap() {
        let steps = vec![
            beat("c1#1", "m1"),
            beat("c2#1", "m1"),
            beat("c1#1", "m1"),
            beat("c3#1", "m1"),
            beat("c4#1", ""),
        ];
        assert_eq!(named(RECORDED, steps), ["c1#1", "c2#1", "c1#1", "c1#2", "c3#1"]);
    }
}
