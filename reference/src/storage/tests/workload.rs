//! Something to do with a storage, and what must be there of it afterwards.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use uuid::Uuid;

use super::disk::SimDisk;
use crate::coordinator::{CommittedOffset, Generation, GroupId, GroupMetadata, Record, Timestamp, TopicName};
use crate::storage::batch::{self, Entry};
use crate::storage::disk::Disk;
use crate::storage::open::{Found, open};
use crate::storage::store::{Job, Settings, Store};
use crate::storage::topic_records::TopicRecord;

/// So small that segments are begun, and compacted, all the time.
pub(super) const SETTINGS: Settings = Settings { segment_bytes: 700, offsets_segment_bytes: 700 };

/// Something that was asked for.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create(&'static str, i32),
    Delete(&'static str, i32),
    Append(&'static str, i32, Bytes),
    /// All that is there goes.
    Trim(&'static str, i32),
    Records(Vec<Record>),
}

/// What was asked for, in order, and when it was acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) steps: Vec<Step>,
    /// The step, and how many operations the disk had seen.
    pub(super) acknowledged: Vec<(usize, usize)>,
    pub(super) refused: usize,
}

/// A storage that is worked with.
pub(super) struct Work {
    pub(super) disk: SimDisk,
    store: Store,
    ends: BTreeMap<(&'static str, i32), i64>,
    epoch: u64,
    pub(super) history: Arc<Mutex<History>>,
}

pub(super) fn offset(group: &str, partition: i32, offset: i64) -> Record {
    let value =
        CommittedOffset { offset, leader_epoch: -1, metadata: "m".to_owned(), committed_at: Timestamp(7) };
    Record::OffsetCommit { group: group.into(), topic: "orders".into(), partition, value }
}

pub(super) fn group(group: &str, generation: i32) -> Record {
    let value = GroupMetadata { generation: Generation(generation), ..GroupMetadata::default() };
    Record::GroupMetadata { group: group.into(), value }
}

pub(super) fn records(base: i64, count: i64, text: &str) -> Bytes {
    let entry = |offset| {
        let value = Some(Bytes::from(format!("{text} {offset}")));
        Entry { offset, timestamp: 1000, key: None, value }
    };
    batch::encode(&(base..base + count).map(entry).collect::<Vec<_>>())
}

fn id(topic: &str) -> Uuid {
    Uuid::from_u128(topic.bytes().fold(1, |id, byte| id * 256 + u128::from(byte)))
}

impl Work {
    pub(super) fn on(disk: SimDisk) -> Self {
        let on: Arc<dyn Disk> = Arc::new(disk.clone());
        let (store, _) = open(&on, SETTINGS).unwrap();
        Self { disk, store, ends: BTreeMap::new(), epoch: 0, history: Arc::default() }
    }

    /// Has several things written in as few cycles as there may be, then compacts if it is time.
    pub(super) fn together(&mut self, steps: Vec<Step>) {
        let mut waiting: VecDeque<_> = steps.into_iter().map(|step| self.job(step)).collect();
        while !waiting.is_empty() {
            self.store.cycle(&mut waiting);
        }
        if let Some(plan) = self.store.plan_compaction() {
            self.store.adopt(plan.run());
        }
    }

    /// Everything from here on is of another epoch, as after a failure.
    pub(super) fn next_epoch(&mut self) {
        self.epoch += 1;
    }

    fn job(&mut self, step: Step) -> Job {
        let number = {
            let mut history = self.history.lock().unwrap();
            history.steps.push(step.clone());
            history.steps.len() - 1
        };
        let (history, disk) = (Arc::clone(&self.history), self.disk.clone());
        let note = move |is_written: bool| {
            let mut history = history.lock().unwrap();
            if is_written {
                history.acknowledged.push((number, disk.operations()));
            } else {
                history.refused += 1;
            }
        };
        match step {
            Step::Create(name, count) => {
                let mut records = vec![TopicRecord::Topic { name: name.into(), id: id(name) }];
                records.extend((0..count).map(|index| TopicRecord::Partition { topic: id(name), index }));
                Job::Topics { records, removed: Vec::new(), done: Box::new(move |done| note(done.is_ok())) }
            }
            Step::Delete(name, count) => {
                self.ends.retain(|(topic, _), _| *topic != name);
                let removed = (0..count).map(|index| (name.into(), index)).collect();
                let records = vec![TopicRecord::Removed { id: id(name) }];
                Job::Topics { records, removed, done: Box::new(move |done| note(done.is_ok())) }
            }
            Step::Append(name, partition, batch) => {
                let end = self.ends.entry((name, partition)).or_default();
                let header = batch::header(&batch).unwrap();
                let (base, last) = (*end, *end + header.last_offset - header.base_offset);
                *end = last + 1;
                let done = Box::new(move |done: Result<_, _>| note(done.is_ok()));
                Job::Append { topic: name.into(), partition, base, last, rolls: false, batch, done }
            }
            Step::Trim(name, partition) => {
                let start = self.ends.get(&(name, partition)).copied().unwrap_or_default();
                let done = Box::new(move |done: Result<_, _>| note(done.is_ok()));
                Job::Trim { topic: name.into(), partition, start, done }
            }
            Step::Records(records) => {
                Job::Records { epoch: self.epoch, records, done: Box::new(move |done| note(done.is_ok())) }
            }
        }
    }
}

/// The last value of every group and offset.
pub(super) type Groups = BTreeMap<(GroupId, Option<(TopicName, i32)>), Record>;

pub(super) fn groups<'r>(records: impl IntoIterator<Item = &'r Record>) -> Groups {
    let key = |record: &Record| match record {
        Record::OffsetCommit { group, topic, partition, .. }
        | Record::OffsetDeleted { group, topic, partition } => {
            (group.clone(), Some((topic.clone(), *partition)))
        }
        Record::GroupMetadata { group, .. } | Record::GroupDeleted { group } => (group.clone(), None),
        Record::Transaction(_) => unreachable!("the broker has no transactions"),
    };
    records.into_iter().map(|record| (key(record), record.clone())).collect()
}

impl History {
    fn acknowledged_by(&self, operations: usize) -> impl Iterator<Item = usize> + '_ {
        self.acknowledged.iter().filter(move |(_, at)| *at <= operations).map(|(step, _)| *step)
    }

    /// Checks that all that was acknowledged after so many operations is there, and nothing that was never asked for.
    pub(super) fn check(&self, operations: usize, found: &Found) {
        let done: Vec<_> = self.acknowledged_by(operations).collect();
        self.check_groups(&done, found);
        for (name, topic) in &found.topics {
            for (index, partition) in (0..).zip(&topic.partitions) {
                let is_trim = |step: &Step| matches!(step, Step::Trim(topic, partition) if *topic == name.as_str() && *partition == index);
                let trims: Vec<_> = self.steps.iter().enumerate().filter(|(_, step)| is_trim(step)).collect();
                // Trimmed: all that came before is gone. Or not yet, if that was not acknowledged.
                let trimmed =
                    trims.iter().filter(|(number, _)| done.contains(number)).map(|(number, _)| *number).max();
                let from = match partition.start {
                    0 => None,
                    _ => trims.last().map(|(number, _)| *number),
                };
                assert!(from >= trimmed, "{name}-{index} starts at {}", partition.start);
                let is_here = |step: &Step| matches!(step, Step::Append(topic, partition, _) if *topic == name.as_str() && *partition == index);
                let since = |number: usize| from.is_none_or(|from| number > from);
                let asked =
                    self.steps.iter().enumerate().filter(|(number, step)| is_here(step) && since(*number));
                let asked: Vec<_> = asked.collect();
                let acknowledged = asked.iter().filter(|(number, _)| done.contains(number)).count();
                let batches = &partition.batches;
                assert!(
                    batches.len() >= acknowledged,
                    "{name}-{index}: {} batches, {acknowledged} acknowledged",
                    batches.len()
                );
                for ((_, step), (_, place)) in asked.iter().zip(batches) {
                    let Step::Append(_, _, batch) = step else { unreachable!() };
                    assert_eq!(place.read().unwrap(), *batch, "{name}-{index}");
                }
            }
        }
        for (number, step) in self.steps.iter().enumerate().filter(|(number, _)| done.contains(number)) {
            let deleted = self.steps[number..].iter().any(|later| matches!((step, later), (Step::Create(name, _), Step::Delete(gone, _)) if name == gone));
            match step {
                Step::Create(name, count) if !deleted => {
                    let partitions =
                        found.topics.get(&TopicName::from(*name)).map(|topic| topic.partitions.len());
                    assert_eq!(partitions, usize::try_from(*count).ok(), "{name}");
                }
                Step::Delete(name, _) => {
                    assert!(!found.topics.contains_key(&TopicName::from(*name)), "{name}");
                }
                Step::Create(..) | Step::Append(..) | Step::Records(_) | Step::Trim(..) => {}
            }
        }
    }

    /// The groups must be as after all acknowledged records, or after some of those that follow.
    fn check_groups(&self, done: &[usize], found: &Found) {
        let written = |step: &Step| match step {
            Step::Records(records) => records.clone(),
            Step::Create(..) | Step::Delete(..) | Step::Append(..) | Step::Trim(..) => Vec::new(),
        };
        let newest = done.iter().filter(|number| matches!(self.steps[**number], Step::Records(_))).max();
        let least =
            newest.map_or(0, |newest| self.steps[..=*newest].iter().map(|step| written(step).len()).sum());
        let all: Vec<_> = self.steps.iter().flat_map(written).collect();
        let there = groups(&found.records);
        let possible = (least..=all.len()).any(|count| groups(&all[..count]) == there);
        assert!(possible, "not the groups after {least} records or more: {there:#?}");
    }
}
