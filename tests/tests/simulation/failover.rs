//! The log, its replication, and what becomes of the coordinator when it loses its leadership.

use std::collections::BTreeMap;

use muster_reference::assignor::TopicPartition;
use muster_reference::coordinator::{
    Config, Coordinator, Generation, Input, JoinGroupResponse, Position, Record, Response, Serving, SyncGroup,
};

use super::settings::Defect;
use super::world::{Event, World};

/// The coordinator's log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// What no failover loses.
    replicated: Vec<Record>,
    /// What this term appended and is not replicated.
    written: BTreeMap<Position, Record>,
    /// The last record on which an answer of this term rests.
    acknowledged: Option<Position>,
    pub(super) term: u64,
    /// The generation that this term began with.
    began_with: Generation,
    /// There is no coordinator.
    pub(super) resigned: bool,
    /// By client: the generation of its last JoinGroup answer, and the term that gave it.
    joined: BTreeMap<usize, (Generation, u64)>,
    /// A leader's SyncGroup for a generation of an earlier term was taken for one of this: the hazard
    /// `generation_identifies_assignment`.
    pub(super) reissued: bool,
}

impl World {
    pub(super) fn appended(&mut self, position: Position, record: &Record) {
        self.log.written.insert(position, record.clone());
        let (after, term) = (self.delay(1, 20), self.log.term);
        self.clock.plan(after, Event::Replicated { term, through: position });
    }

    /// Whether the coordinator is told that a record is replicated before it is.
    pub(super) fn acknowledges_at_once(&self) -> bool {
        self.settings.defect == Some(Defect::AcknowledgeAtOnce)
    }

    pub(super) fn replicated(&mut self, term: u64, through: Position) {
        if term != self.log.term || self.log.resigned {
            return;
        }
        let later = self.log.written.split_off(&Position(through.0 + 1));
        let done = std::mem::replace(&mut self.log.written, later);
        self.log.replicated.extend(done.into_values());
        self.coordinate(Input::Committed { through }, None);
    }

    /// An answer that rests on a record leaves.
    pub(super) fn note_acknowledged(&mut self, after: Option<Position>) {
        self.log.acknowledged = self.log.acknowledged.max(after);
    }

    /// A JoinGroup answer leaves.
    pub(super) fn note_joined(&mut self, client: usize, response: &Response) {
        if let Response::JoinGroup(JoinGroupResponse { generation, .. }) = response {
            self.log.joined.insert(client, (*generation, self.log.term));
        }
    }

    /// A SyncGroup arrives: one that assigns, for a generation that an earlier term issued and this one issues again.
    pub(super) fn note_sync(&mut self, client: usize, sync: &SyncGroup) {
        let of_this_term = self.log.joined.get(&client) == Some(&(sync.generation, self.log.term));
        let again = sync.generation > self.log.began_with && !of_this_term;
        self.log.reissued |= again && self.log.term > 0 && !sync.assignments.is_empty();
    }

    pub(super) fn resign(&mut self) {
        if self.log.resigned {
            return;
        }
        self.tell(|| "coordinator: loses its leadership".to_owned());
        self.coordinate(Input::Resigned, None);
        for due in std::mem::take(&mut self.timers).into_values() {
            self.clock.cancel(due);
        }
        self.log.resigned = true;
        let serving = Serving::NotCoordinator;
        self.coordinator = Coordinator::new(Config { serving, ..self.settings.coordinator() });
        let after = self.delay(20, 3_000);
        self.clock.plan(after, Event::Elect);
    }

    /// Some of what was not replicated is lost.
    pub(super) fn elect(&mut self) {
        let written = std::mem::take(&mut self.log.written);
        let kept = self.random.below(written.len() + 1);
        let first_lost = written.keys().nth(kept).copied();
        let lost = written.len() - kept;
        self.tell(|| format!("coordinator: is elected, {lost} records are lost"));
        if let (Some(first), Some(acknowledged)) = (first_lost, self.log.acknowledged)
            && acknowledged >= first
        {
            let reason = format!("an answer rests on {acknowledged:?}, and the log ends before {first:?}");
            self.judge.violated("acknowledged_is_durable", reason);
        }
        self.log.replicated.extend(written.into_values().take(kept));
        (self.log.term, self.log.acknowledged) = (self.log.term + 1, None);
        self.log.resigned = false;
        let records = std::mem::take(&mut self.log.replicated);
        let (coordinator, transition) =
            Coordinator::restore(self.settings.coordinator(), records.clone(), self.now());
        self.coordinator = coordinator;
        let _nothing = self.coordinator.step(self.now(), Input::Topics(self.topics.clone()));
        let began_with = self.group().map_or(Generation(0), |group| group.generation);
        self.log.began_with = began_with;
        self.judge.term_begins(began_with, committed(&records));
        self.log.replicated = records;
        self.carry_out_of_coordinator(transition, None);
    }
}

/// The offsets that a log keeps.
fn committed(records: &[Record]) -> BTreeMap<TopicPartition, i64> {
    let mut committed = BTreeMap::new();
    for record in records {
        match record {
            Record::OffsetCommit { topic, partition, value, .. } => {
                let partition = TopicPartition { topic: topic.clone(), partition: *partition };
                committed.insert(partition, value.offset);
            }
            Record::OffsetDeleted { topic, partition, .. } => {
                committed.remove(&TopicPartition { topic: topic.clone(), partition: *partition });
            }
            Record::GroupMetadata { .. } | Record::GroupDeleted { .. } | Record::Transaction(_) => {}
        }
    }
    committed
}
