//! Between the broker and its storage: what was found becomes topics, and what changes is written before it counts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::config::BrokerConfig;
use super::server::{Shared, StartError};
use super::topic_settings::Overrides;
use super::topics::{Topic, Topics};
use crate::coordinator::{ErrorCode, Record, TopicName};
use crate::storage::{self, Directory, Job, OpenError, Place, Settings, TopicRecord, Writer};

/// What a broker starts with.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) topics: Topics,
    pub(super) records: Vec<Record>,
    /// None: nothing is to last.
    pub(super) writer: Option<Arc<Writer>>,
    /// No producer was ever given this id or a larger one.
    pub(super) first_producer_id: i64,
}

/// Opens the directory of the settings, if there is one.
pub(super) async fn open(config: &BrokerConfig) -> Result<Opened, StartError> {
    let Some(path) = config.data.clone() else { return Ok(Opened::default()) };
    let bytes = |bytes: i32| u64::try_from(bytes).unwrap_or(0);
    let settings = Settings {
        segment_bytes: bytes(config.log_segment_bytes),
        offsets_segment_bytes: bytes(config.offsets_topic_segment_bytes),
    };
    let directory = path.display().to_string();
    let settled = config.clone();
    let opening = tokio::task::spawn_blocking(move || {
        let disk: Arc<dyn storage::Disk> = Arc::new(Directory::lock(&path)?);
        let (store, found) = storage::open(&disk, settings)?;
        let mut opened =
            Opened { records: found.records, first_producer_id: producer_ids(), ..Opened::default() };
        for (name, topic) in found.topics {
            // Every batch was checked when it was taken, and its checksum holds.
            let unknown = |_| OpenError::io(name.as_str())(std::io::ErrorKind::InvalidData.into());
            opened.topics.restore(name.clone(), topic, &settled).map_err(unknown)?;
        }
        let writer = Writer::start(store).map_err(OpenError::io("the thread that writes"))?;
        opened.writer = Some(Arc::new(writer));
        Ok(opened)
    });
    let opened = opening.await.unwrap_or_else(|error| Err(OpenError::io("opening")(error.into())));
    opened.map_err(|source| StartError::Data { directory, source })
}

/// Ids given out are not written down, and must not come twice: each start begins at ids of its own.
#[allow(clippy::disallowed_methods, reason = "each start of a broker has its own range of producer ids")]
fn producer_ids() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

impl Shared {
    /// Creates a topic.
    pub(super) async fn create_topic(
        &self,
        name: &TopicName,
        partitions: i32,
        overrides: Overrides,
    ) -> Result<(), ErrorCode> {
        let _in_order = self.altering.lock().await;
        let count = self.topics().check(name, partitions, self.bounds())?;
        let id = Uuid::new_v4();
        let mut records = vec![TopicRecord::Topic { name: name.clone(), id }];
        records.extend((0..partitions).map(|index| TopicRecord::Partition { topic: id, index }));
        records.extend(overrides.iter().map(|(setting, value)| TopicRecord::Setting {
            topic: name.clone(),
            name: setting.clone(),
            value: Some(value.clone()),
        }));
        self.write_topics(records, Vec::new()).await?;
        {
            let mut topics = self.topics();
            topics.insert(name.clone(), Topic::new(id, overrides, &self.config));
            topics.grow(name, count);
        }
        self.tell_topics().await
    }

    /// Changes the settings of a topic, or only tells whether they could be changed.
    pub(super) async fn alter_topic(
        &self,
        name: &TopicName,
        change: impl Fn(&Overrides) -> Result<Overrides, (ErrorCode, String)>,
        validate_only: bool,
    ) -> Result<(), (ErrorCode, String)> {
        let _in_order = self.altering.lock().await;
        let there = self.topics().get(name).map(|topic| topic.overrides.clone());
        // What is wrong with the settings is told first.
        let after = change(there.as_ref().unwrap_or(&Overrides::new()))?;
        let unknown = || (ErrorCode::UnknownTopicOrPartition, format!("The topic '{name}' does not exist."));
        let before = there.ok_or_else(unknown)?;
        if validate_only || before == after {
            return Ok(());
        }
        let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed = names.into_iter().filter(|setting| before.get(*setting) != after.get(*setting));
        let records = changed.map(|setting| TopicRecord::Setting {
            topic: name.clone(),
            name: setting.clone(),
            value: after.get(setting).cloned(),
        });
        let written = self.write_topics(records.collect(), Vec::new()).await;
        written.map_err(|error| (error, format!("The settings of topic '{name}' could not be written.")))?;
        if let Some(topic) = self.topics().get_mut(name) {
            topic.alter(after, &self.config);
        }
        Ok(())
    }

    /// Adds partitions to a topic, up to `count` in all.
    pub(super) async fn grow_topic(&self, name: &TopicName, count: i32) -> Result<(), ErrorCode> {
        let _in_order = self.altering.lock().await;
        let (topic, there, more) = {
            let topics = self.topics();
            let more = topics.check_growth(name, count, self.bounds())?;
            let topic = topics.get(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
            (topic.id, topic.partitions.len(), more)
        };
        let there = i32::try_from(there).unwrap_or(i32::MAX);
        let records = (there..count).map(|index| TopicRecord::Partition { topic, index }).collect();
        self.write_topics(records, Vec::new()).await?;
        self.topics().grow(name, more);
        self.tell_topics().await
    }

    /// Deletes a topic; gives its id. It is gone for clients before it is gone on disk, so that nothing is appended
    /// behind its end.
    pub(super) async fn delete_topic(&self, name: &TopicName) -> Result<Uuid, ErrorCode> {
        let _in_order = self.altering.lock().await;
        let topic = self.topics().delete(name)?;
        let id = topic.id;
        let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
        let removed = (0..count).map(|index| (name.clone(), index)).collect();
        if let Err(error) = self.write_topics(vec![TopicRecord::Removed { id }], removed).await {
            self.topics().insert(name.clone(), topic);
            return Err(error);
        }
        self.tell_topics().await?;
        Ok(id)
    }

    async fn write_topics(
        &self,
        records: Vec<TopicRecord>,
        removed: Vec<(TopicName, i32)>,
    ) -> Result<(), ErrorCode> {
        let Some(writer) = &self.writer else { return Ok(()) };
        let (told, written) = oneshot::channel();
        let done = Box::new(move |outcome: Result<(), _>| _ = told.send(outcome.is_ok()));
        writer.give(Job::Topics { records, removed, done });
        if written.await == Ok(true) { Ok(()) } else { Err(ErrorCode::KafkaStorageError) }
    }

    /// Appends a batch that was checked; gives its first offset once it lasts.
    pub(super) async fn append(&self, name: &TopicName, index: i32, sent: &[u8]) -> Result<i64, ErrorCode> {
        let mut appends = self.appends();
        loop {
            appends.mark_unchanged();
            let (offset, written) = {
                // The topics are held until the writer has the batch: batches reach it in the order of their offsets.
                let mut topics = self.topics();
                let lasts = self.writer.is_none();
                let (offset, batch) = topics.append(name, index, sent, self.bounds(), lasts)?;
                let partition = topics.partition(name, index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
                if partition.high_watermark > offset {
                    drop(topics);
                    self.appended();
                    return Ok(offset);
                }
                let written = batch.and_then(|(batch, rolls)| self.write(name, index, &batch, rolls));
                (offset, written)
            };
            if let Some(written) = written {
                let lasts = written.await == Ok(true);
                return if lasts { Ok(offset) } else { Err(ErrorCode::KafkaStorageError) };
            }
            // A repeated batch whose first sending is being written: it lasts or is taken back.
            let _ = appends.changed().await;
        }
    }

    fn write(
        &self,
        name: &TopicName,
        index: i32,
        batch: &super::batch::Batch,
        rolls: bool,
    ) -> Option<oneshot::Receiver<bool>> {
        let writer = self.writer.as_ref()?;
        let (told, written) = oneshot::channel();
        let (kept, topic, base) = (self.kept.clone(), name.clone(), batch.base_offset);
        let done = Box::new(move |outcome: Result<Place, _>| {
            let lasts = outcome.is_ok();
            kept.topics().written(&topic, index, base, outcome.ok());
            kept.appended();
            let _ = told.send(lasts);
        });
        let (topic, bytes) = (name.clone(), batch.bytes().ok()?);
        let last = batch.last_offset;
        writer.give(Job::Append { topic, partition: index, base, last, rolls, batch: bytes, done });
        Some(written)
    }
}
