//! What can be dropped from a sequence of happenings: clients, runs of steps, steps, fields.

use std::collections::BTreeSet;

use muster_model::trace::{Event, OffsetByPartition, Protocol, Request, SessionTimeout};

use crate::in_process::retell::Happening;

/// Every smaller sequence that is worth a try, the smallest first as far as that can be told.
pub(super) fn edits(of: &[Happening]) -> impl Iterator<Item = Vec<Happening>> {
    without_clients(of).chain(without_runs(of)).chain(with_simpler_steps(of))
}

/// Without all that a client does.
fn without_clients(of: &[Happening]) -> impl Iterator<Item = Vec<Happening>> {
    let clients: BTreeSet<&str> = of.iter().filter_map(client).collect();
    clients.into_iter().map(|gone| of.iter().filter(|one| client(one) != Some(gone)).cloned().collect())
}

fn client(of: &Happening) -> Option<&str> {
    match &of.event {
        Event::Request { connection, .. } => connection.split('#').next(),
        Event::Timer { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => None,
    }
}

/// Without a run of steps: halves, quarters, down to single ones. The last step is the one that diverges.
fn without_runs(of: &[Happening]) -> impl Iterator<Item = Vec<Happening>> {
    let before = of.len().saturating_sub(1);
    let lengths = std::iter::successors(Some(before.div_ceil(2)), |length| Some(length / 2));
    let lengths = lengths.take_while(|length| *length > 0);
    lengths.flat_map(move |length| {
        (0..before).step_by(length).map(move |start| {
            let end = (start + length).min(before);
            of[..start].iter().chain(&of[end..]).cloned().collect()
        })
    })
}

/// With one request that says less.
fn with_simpler_steps(of: &[Happening]) -> impl Iterator<Item = Vec<Happening>> {
    of.iter().enumerate().flat_map(move |(at, happening)| {
        simpler(&happening.event).into_iter().map(move |event| {
            let mut edited = of.to_vec();
            edited[at].event = event;
            edited
        })
    })
}

fn simpler(event: &Event) -> Vec<Event> {
    let Event::Request { connection, request } = event else { return Vec::new() };
    let of = |request| Event::Request { connection: connection.clone(), request };
    let mut found = Vec::new();
    // A connection of its own says no more than the first of the client.
    if let Some((client, _)) = connection.split_once('#') {
        found.push(Event::Request { connection: client.to_owned(), request: request.clone() });
    }
    found.extend(said_less(request).into_iter().filter(|less| less != request).map(of));
    found
}

/// The request with one field less.
fn said_less(request: &Request) -> Vec<Request> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut Request)| {
        let mut less = request.clone();
        change(&mut less);
        found.push(less);
    };
    match request {
        Request::FindCoordinator { .. }
        | Request::Heartbeat { instance: None, .. }
        | Request::DeleteGroups { .. }
        | Request::DescribeGroups { .. }
        | Request::ListGroups { .. } => {}
        Request::JoinGroup { protocols, .. } => return joined_with_less(request, protocols.len()),
        Request::SyncGroup { assignments, .. } => {
            with(&without_instance);
            for member in assignments.keys() {
                with(&|less| {
                    if let Request::SyncGroup { assignments, .. } = less {
                        assignments.remove(member);
                    }
                });
            }
        }
        Request::Heartbeat { instance: Some(_), .. } => with(&without_instance),
        Request::LeaveGroup { members, .. } => {
            with(&without_instance);
            for at in (0..members.len()).filter(|_| members.len() > 1) {
                with(&|less| {
                    if let Request::LeaveGroup { members, instances, .. } = less {
                        members.remove(at);
                        if at < instances.len() {
                            instances.remove(at);
                        }
                    }
                });
            }
        }
        Request::OffsetCommit { offsets, .. } | Request::TxnOffsetCommit { offsets, .. } => {
            with(&without_instance);
            for (topic, partition) in
                places(offsets.iter().map(|(topic, of)| (topic, of.keys().copied().collect())))
            {
                with(&|less| {
                    if let Some(offsets) = offsets_of(less) {
                        if let Some(of) = offsets.get_mut(&topic) {
                            of.remove(&partition);
                        }
                        offsets.retain(|_, of| !of.is_empty());
                    }
                });
            }
        }
        Request::OffsetFetch { partitions, .. } | Request::OffsetDelete { partitions, .. } => {
            for (topic, partition) in places(partitions.iter().map(|(topic, of)| (topic, of.clone()))) {
                with(&|less| {
                    if let Request::OffsetFetch { partitions, .. }
                    | Request::OffsetDelete { partitions, .. } = less
                    {
                        if let Some(of) = partitions.get_mut(&topic) {
                            of.retain(|index| *index != partition);
                        }
                        partitions.retain(|_, of| !of.is_empty());
                    }
                });
            }
        }
    }
    found
}

/// A JoinGroup with one field less.
fn joined_with_less(request: &Request, offers: usize) -> Vec<Request> {
    let with = |change: &dyn Fn(&mut SessionTimeout, &mut Vec<Protocol>)| {
        let mut less = request.clone();
        if let Request::JoinGroup { session_timeout, protocols, .. } = &mut less {
            change(session_timeout, protocols);
        }
        less
    };
    let mut anonymous = request.clone();
    without_instance(&mut anonymous);
    let mut found = vec![anonymous, with(&|timeout, _| *timeout = SessionTimeout::InBounds)];
    for at in (0..offers).filter(|_| offers > 1) {
        found.push(with(&|_, protocols| drop(protocols.remove(at))));
    }
    found.push(with(&|_, protocols| {
        for protocol in protocols {
            protocol.topics.truncate(1);
        }
    }));
    found.push(with(&|_, protocols| {
        for protocol in protocols {
            protocol.claim = None;
        }
    }));
    found
}

/// Each partition, if there is more than one.
fn places<'t>(of: impl Iterator<Item = (&'t String, Vec<i32>)>) -> Vec<(String, i32)> {
    let all: Vec<(String, i32)> =
        of.flat_map(|(topic, of)| of.into_iter().map(|p| (topic.clone(), p)).collect::<Vec<_>>()).collect();
    if all.len() > 1 { all } else { Vec::new() }
}

/// What a commit commits, in a transaction or not.
fn offsets_of(request: &mut Request) -> Option<&mut OffsetByPartition> {
    match request {
        Request::OffsetCommit { offsets, .. } | Request::TxnOffsetCommit { offsets, .. } => Some(offsets),
        Request::FindCoordinator { .. }
        | Request::JoinGroup { .. }
        | Request::SyncGroup { .. }
        | Request::Heartbeat { .. }
        | Request::LeaveGroup { .. }
        | Request::OffsetFetch { .. }
        | Request::DeleteGroups { .. }
        | Request::OffsetDelete { .. }
        | Request::DescribeGroups { .. }
        | Request::ListGroups { .. } => None,
    }
}

fn without_instance(request: &mut Request) {
    match request {
        Request::JoinGroup { instance, .. }
        | Request::SyncGroup { instance, .. }
        | Request::Heartbeat { instance, .. }
        | Request::OffsetCommit { instance, .. }
        | Request::TxnOffsetCommit { instance, .. } => *instance = None,
        Request::LeaveGroup { instances, .. } => instances.clear(),
        Request::FindCoordinator { .. }
        | Request::OffsetFetch { .. }
        | Request::DeleteGroups { .. }
        | Request::OffsetDelete { .. }
        | Request::DescribeGroups { .. }
        | Request::ListGroups { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use muster_model::trace::{Control, Step, TimerChange};

    use super::*;

    fn steps(n: usize) -> Vec<Happening> {
        let error = |at: usize| Event::Control { control: Control::FailAppend { error: at.to_string() } };
        let told = |event: Event| Step {
            rules: Vec::new(),
            event,
            answers: Vec::new(),
            timers: TimerChange::default(),
            choice: None,
        };
        (0..n).map(|at| Happening { event: error(at), made: String::new(), told: told(error(at)) }).collect()
    }

    #[test]
    fn every_step_but_the_last_is_dropped_alone_too() {
        let whole = steps(6);
        let dropped: Vec<Vec<Happening>> = edits(&whole).collect();
        assert!(dropped.iter().all(|left| left.len() < 6 && left.last() == whole.last()), "{dropped:?}");
        for at in 0..5 {
            let mut left = whole.clone();
            left.remove(at);
            assert!(dropped.contains(&left), "step {at}");
        }
        assert_eq!(edits(&steps(1)).count(), 0);
    }
}
