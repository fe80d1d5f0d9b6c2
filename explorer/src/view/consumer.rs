//! A consumer's side of a state: what it believes.

use std::collections::BTreeMap;

use muster_model::consumer::{Awaited, Consumer, ConsumerPhase, Progress};
use muster_model::coordinator::Coordinator;
use muster_model::narrate::request_line;
use muster_model::trace::convert;
use muster_model::types::{ClientId, Connection, Generation, Offset};
use serde::Serialize;

/// What a consumer believes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConsumerView {
    /// Where it is in the protocol.
    pub phase: String,
    /// Whether its process runs and takes part.
    pub live: bool,
    /// Its member id.
    pub member: Option<String>,
    /// The generation of its last JoinGroup answer.
    pub generation: Option<i32>,
    /// The generation of the last assignment that it applied.
    pub applied: Option<i32>,
    /// The coordinator would refuse it: its assignment is an older one, or its id is no member's.
    pub fenced: bool,
    /// Its connection.
    pub connection: String,
    /// Whether it knows who coordinates its group.
    pub knows_coordinator: bool,
    /// The API whose answer it waits for.
    pub awaits: Option<String>,
    /// A request that has left it and has not reached the broker.
    pub on_its_way: Option<String>,
    /// A request on a connection that it gave up, which may still arrive.
    pub given_up: Option<String>,
    /// The partitions that it believes it owns; `None`: it does not know yet where to begin.
    pub owned: BTreeMap<String, Option<ProgressView>>,
    /// Records that it has ever processed, over all its lives, by partition.
    pub processed_records: BTreeMap<String, Vec<u8>>,
    /// Offsets that it keeps over a revocation, which is a defect.
    pub kept: BTreeMap<String, i64>,
    /// What of the fault budgets it has spent.
    pub faults: FaultsView,
}

/// The four offsets of an owned partition: next records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ProgressView {
    /// To fetch.
    pub position: i64,
    /// To process.
    pub processed: i64,
    /// What the next commit sends.
    pub stored: i64,
    /// What the coordinator last acknowledged or answered.
    pub committed: i64,
}

/// Faults that a consumer has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FaultsView {
    /// Crashes.
    pub crash: u8,
    /// Connections given up.
    pub give_up: u8,
    /// Closes.
    pub leave: u8,
    /// Poll timeouts.
    pub poll_timeout: u8,
    /// Changes of the subscription.
    pub subscribe: u8,
}

impl ConsumerView {
    /// Of the model's consumer; the coordinator says whether it is fenced.
    pub fn of(client: ClientId, consumer: &Consumer, coordinator: &Coordinator) -> Self {
        let connection = Connection { client, number: consumer.connection };
        let abandoned = consumer.abandoned.as_ref();
        let owned = consumer.owned.iter().map(|(p, of)| (p.to_string(), of.map(progress)));
        let processed = consumer.processed.iter().map(|(p, bits)| (p.to_string(), records(*bits)));
        Self {
            phase: phase(consumer.phase).to_owned(),
            live: consumer.is_live(),
            member: consumer.member.map(|member| member.to_string()),
            generation: generation(consumer.generation),
            applied: generation(consumer.applied),
            fenced: is_fenced(consumer, coordinator),
            connection: connection.to_string(),
            knows_coordinator: consumer.knows_coordinator,
            awaits: consumer.awaits.as_ref().map(|awaited| awaited_name(awaited).to_owned()),
            on_its_way: consumer.outbox.as_ref().map(|request| request_line(&convert::request(request))),
            given_up: abandoned
                .map(|(on, request)| format!("{} on {on}", request_line(&convert::request(request)))),
            owned: owned.collect(),
            processed_records: processed.collect(),
            kept: consumer.kept.iter().map(|(p, offset)| (p.to_string(), number(*offset))).collect(),
            faults: FaultsView {
                crash: consumer.faults.crash,
                give_up: consumer.faults.give_up,
                leave: consumer.faults.leave,
                poll_timeout: consumer.faults.poll_timeout,
                subscribe: consumer.faults.subscribe,
            },
        }
    }
}

/// What `live_owners_disjoint` means by it.
fn is_fenced(consumer: &Consumer, coordinator: &Coordinator) -> bool {
    let known = consumer.member.is_some_and(|member| coordinator.is_member(member));
    let older = coordinator.ghost.synced.is_some_and(|synced| consumer.applied < synced);
    !known || older
}

fn phase(phase: ConsumerPhase) -> &'static str {
    match phase {
        ConsumerPhase::Joining => "Joining",
        ConsumerPhase::Syncing => "Syncing",
        ConsumerPhase::Revoking => "Revoking",
        ConsumerPhase::Preparing => "Preparing",
        ConsumerPhase::Committing => "Committing",
        ConsumerPhase::Closing => "Closing",
        ConsumerPhase::Overdue => "Overdue",
        ConsumerPhase::FetchingOffsets => "FetchingOffsets",
        ConsumerPhase::Stable => "Stable",
        ConsumerPhase::Crashed => "Crashed",
        ConsumerPhase::Closed => "Closed",
    }
}

fn awaited_name(awaited: &Awaited) -> &'static str {
    match awaited {
        Awaited::FindCoordinator => "FindCoordinator",
        Awaited::JoinGroup => "JoinGroup",
        Awaited::SyncGroup => "SyncGroup",
        Awaited::Heartbeat => "Heartbeat",
        Awaited::LeaveGroup => "LeaveGroup",
        Awaited::OffsetCommit(_) => "OffsetCommit",
        Awaited::TxnOffsetCommit(_) => "TxnOffsetCommit",
        Awaited::OffsetFetch => "OffsetFetch",
    }
}

fn generation(generation: Generation) -> Option<i32> {
    (generation != Generation::NONE).then(|| i32::from(generation.0))
}

fn progress(progress: Progress) -> ProgressView {
    let Progress { fetched, processed, stored, committed } = progress;
    ProgressView {
        position: number(fetched),
        processed: number(processed),
        stored: number(stored),
        committed: number(committed),
    }
}

fn number(offset: Offset) -> i64 {
    i64::from(offset.0)
}

/// The records of a bit each.
fn records(bits: u8) -> Vec<u8> {
    (0..8).filter(|record| bits & (1 << record) != 0).collect()
}
