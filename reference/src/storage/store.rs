//! All logs of a directory, and the cycle that writes to them: write what waits, sync, tell who waits.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use tracing::{error, info};

use super::batch::{self, Builder, Entry};
use super::disk::Disk;
use super::log::{Log, Place};
use super::open::{METADATA, OFFSETS};
use super::records;
use super::starts::Starts;
use super::topic_records::{self, TopicRecord};
use crate::coordinator::{Record, TopicName};

/// What is not written. The reason is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWritten;

/// Called with the outcome, once it lasts.
pub(crate) type Done<T> = Box<dyn FnOnce(Result<T, NotWritten>) + Send>;

/// Something to be written.
pub(crate) enum Job {
    /// Records of the coordinator. When some are not written, all later ones of the same epoch are dropped unseen:
    /// the coordinator has then taken all of them back. It goes on with the next epoch.
    Records { epoch: u64, records: Vec<Record>, done: Done<()> },
    /// A batch for a partition.
    Append {
        topic: TopicName,
        partition: i32,
        base: i64,
        last: i64,
        /// It begins a segment.
        rolls: bool,
        batch: Bytes,
        done: Done<Place>,
    },
    /// The records of a partition below an offset, which is the beginning of a segment or its end, are gone.
    Trim { topic: TopicName, partition: i32, start: i64, done: Done<()> },
    /// What becomes of the topics; the files of those in `removed` go.
    Topics { records: Vec<TopicRecord>, removed: Vec<(TopicName, i32)>, done: Done<()> },
}

/// How logs are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// A segment does not grow beyond this, unless by one batch.
    pub(crate) segment_bytes: u64,
    /// The same, of `__consumer_offsets`.
    pub(crate) offsets_segment_bytes: u64,
}

/// A log of the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    Partition(TopicName, i32),
    Metadata,
    Offsets,
}

/// Records of the coordinator that are written at once, at most.
const RECORDS: usize = 16 * 1024;

/// All logs of a directory.
pub(crate) struct Store {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) settings: Settings,
    pub(super) metadata: Log,
    pub(super) offsets: Log,
    pub(super) partitions: HashMap<(TopicName, i32), Log>,
    /// Where partitions start whose first segments are gone.
    pub(super) starts: Starts,
    /// Records of the coordinator up to this epoch are dropped.
    dropped_epoch: Option<u64>,
    /// Bytes of `__consumer_offsets` that the last compaction left.
    pub(super) compacted_bytes: u64,
    /// The last write failed.
    ails: bool,
}

/// What a cycle has written and not yet synced.
#[derive(Default)]
struct Cycle {
    touched: BTreeSet<Which>,
    written: Vec<(Which, Done<()>)>,
    /// Records of the coordinator, in one batch.
    records: Builder,
    records_done: Vec<Done<()>>,
    /// The epoch of the last of these records.
    epoch: Option<u64>,
    /// A key and a value on their way into the batch.
    key: BytesMut,
    value: BytesMut,
}

impl Store {
    pub(super) fn new(disk: &Arc<dyn Disk>, settings: Settings) -> Self {
        let log = |name: &str, bytes| Log::new(Arc::clone(disk), name.to_owned(), bytes);
        Self {
            disk: Arc::clone(disk),
            settings,
            metadata: log(METADATA, settings.segment_bytes),
            offsets: log(OFFSETS, settings.offsets_segment_bytes),
            partitions: HashMap::new(),
            starts: Starts::new(),
            dropped_epoch: None,
            compacted_bytes: 0,
            ails: false,
        }
    }

    /// Writes what waits, but of each log only one batch: what is for a log that has its batch waits on.
    pub(crate) fn cycle(&mut self, waiting: &mut VecDeque<Job>) {
        let mut cycle = Cycle::default();
        let mut later = VecDeque::new();
        let mut is_barred = false;
        for job in waiting.drain(..) {
            // Files go only after what was to be written to them before, and before what is written after.
            is_barred |=
                matches!(&job, Job::Topics { removed, .. } if !removed.is_empty() && !later.is_empty());
            if is_barred {
                later.push_back(job);
                continue;
            }
            match job {
                Job::Records { epoch, records, done } => {
                    if self.dropped_epoch.is_some_and(|dropped| epoch <= dropped) {
                    } else if cycle.records.count() >= RECORDS {
                        later.push_back(Job::Records { epoch, records, done });
                    } else {
                        self.gather(&mut cycle, epoch, &records, done);
                    }
                }
                Job::Append { ref topic, partition, .. } => {
                    let which = Which::Partition(topic.clone(), partition);
                    if cycle.touched.insert(which.clone()) {
                        self.append(&mut cycle, which, job);
                    } else {
                        later.push_back(job);
                    }
                }
                Job::Trim { topic, partition, start, done } => {
                    if cycle.touched.contains(&Which::Partition(topic.clone(), partition)) {
                        later.push_back(Job::Trim { topic, partition, start, done });
                    } else {
                        self.trim(topic, partition, start, done);
                    }
                }
                Job::Topics { records, removed, done } => {
                    if cycle.touched.insert(Which::Metadata) {
                        self.change_topics(&mut cycle, &records, removed, done);
                    } else {
                        later.push_back(Job::Topics { records, removed, done });
                    }
                }
            }
        }
        *waiting = later;
        self.write_records(&mut cycle);
        self.sync(cycle);
    }

    fn gather(&self, cycle: &mut Cycle, epoch: u64, records: &[Record], done: Done<()>) {
        let (now, mut offset) = (now(), self.offsets.end());
        offset += i64::try_from(cycle.records.count()).unwrap_or(i64::MAX);
        for (record, offset) in records.iter().zip(offset..) {
            cycle.key.clear();
            cycle.value.clear();
            let has_value = records::encode(record, now, &mut cycle.key, &mut cycle.value);
            let value = has_value.then_some(&cycle.value[..]);
            cycle.records.push(offset, now, Some(&cycle.key), value);
        }
        cycle.records_done.push(done);
        cycle.epoch = Some(epoch);
    }

    fn write_records(&mut self, cycle: &mut Cycle) {
        let entries = std::mem::take(&mut cycle.records);
        if entries.count() == 0 {
            return;
        }
        let (first, last) = entries.offsets();
        let written = self.offsets.append(&entries.finish(), first, last, false);
        let written = self.note(OFFSETS, written);
        if written.is_ok() {
            cycle.touched.insert(Which::Offsets);
        } else {
            self.dropped_epoch = cycle.epoch;
        }
        for done in cycle.records_done.drain(..) {
            match written {
                Ok(_) => cycle.written.push((Which::Offsets, done)),
                Err(error) => done(Err(error)),
            }
        }
    }

    fn append(&mut self, cycle: &mut Cycle, which: Which, job: Job) {
        let Job::Append { topic, partition, base, last, rolls, batch, done } = job else { return };
        let directory = format!("{topic}-{partition}");
        let log = self.partitions.entry((topic, partition)).or_insert_with(|| {
            Log::new(Arc::clone(&self.disk), directory.clone(), self.settings.segment_bytes)
        });
        let written = if base == log.end() {
            log.append(&batch, base, last, rolls)
        } else {
            Err(io::Error::other("an earlier batch was not written"))
        };
        match self.note(&directory, written) {
            Ok(place) => {
                let done = Box::new(|outcome: Result<(), _>| done(outcome.map(|()| place)));
                cycle.written.push((which, done));
            }
            Err(error) => done(Err(error)),
        }
    }

    fn change_topics(
        &mut self,
        cycle: &mut Cycle,
        records: &[TopicRecord],
        removed: Vec<(TopicName, i32)>,
        done: Done<()>,
    ) {
        let (now, first) = (now(), self.metadata.end());
        let entry = |(record, offset)| {
            let value = Some(topic_records::encode(record));
            Entry { offset, timestamp: now, key: None, value }
        };
        let entries: Vec<_> = records.iter().zip(first..).map(entry).collect();
        let last = first + i64::try_from(entries.len()).unwrap_or(i64::MAX) - 1;
        let mut written = self.metadata.append(&batch::encode(&entries), first, last, false).map(|_| ());
        if !removed.is_empty() && written.is_ok() {
            // The topic is gone before its files are: a crash in between leaves files that opening removes.
            written = self.metadata.sync().and_then(|()| self.remove_partitions(removed));
        }
        match self.note(METADATA, written) {
            Ok(()) => cycle.written.push((Which::Metadata, done)),
            Err(error) => done(Err(error)),
        }
    }

    /// Syncs every log that was written to, then tells who waits.
    fn sync(&mut self, cycle: Cycle) {
        let mut failed = BTreeSet::new();
        for which in cycle.touched {
            let (name, synced) = match &which {
                Which::Partition(topic, partition) => {
                    let log = self.partitions.get_mut(&(topic.clone(), *partition));
                    (format!("{topic}-{partition}"), log.map_or(Ok(()), Log::sync))
                }
                Which::Metadata => (METADATA.to_owned(), self.metadata.sync()),
                Which::Offsets => (OFFSETS.to_owned(), self.offsets.sync()),
            };
            if self.note(&name, synced).is_err() {
                if which == Which::Offsets {
                    self.dropped_epoch = cycle.epoch;
                }
                failed.insert(which);
            }
        }
        for (which, done) in cycle.written {
            done(if failed.contains(&which) { Err(NotWritten) } else { Ok(()) });
        }
    }

    /// Says once that writing fails, and once that it works again.
    pub(super) fn note<T>(&mut self, log: &str, outcome: io::Result<T>) -> Result<T, NotWritten> {
        match outcome {
            Ok(value) => {
                if std::mem::take(&mut self.ails) {
                    info!("{log}: written again");
                }
                Ok(value)
            }
            Err(reason) => {
                if !std::mem::replace(&mut self.ails, true) {
                    error!("{log}: not written, and not acknowledged: {reason}");
                }
                Err(NotWritten)
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "records carry the time at which they were written")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
