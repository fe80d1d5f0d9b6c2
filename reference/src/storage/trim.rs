//! The front of a log goes, by whole segments.

use std::io;

use super::log::{Log, segment_name};
use super::open::remove_directory;
use super::starts;
use super::store::{Done, NotWritten, Store};
use crate::coordinator::TopicName;

impl Log {
    /// Removes the segments that end at or below an offset. One is always left, and has the log's end as its name if
    /// nothing else has it.
    pub(super) fn trim(&mut self, start: i64) -> io::Result<()> {
        if start >= self.end() && self.segments.last().is_some_and(|active| active.bytes > 0) {
            self.roll(self.end())?;
        }
        let gone = self.segments.iter().skip(1).take_while(|next| next.base <= start).count();
        for segment in self.segments.drain(..gone).collect::<Vec<_>>() {
            self.disk.remove(&segment_name(&self.directory, segment.base))?;
        }
        if gone > 0 { self.disk.sync_directory(&self.directory) } else { Ok(()) }
    }
}

impl Store {
    /// Trims a partition. Where it starts is noted before the files go: what a crash leaves of them, opening removes.
    pub(super) fn trim(&mut self, topic: TopicName, partition: i32, start: i64, done: Done<()>) {
        let name = format!("{topic}-{partition}");
        let place = (topic, partition);
        let Some(log) = self.partitions.get_mut(&place) else {
            return done(Err(NotWritten));
        };
        self.starts.insert(place, start);
        let trimmed = starts::write(&*self.disk, &self.starts).and_then(|()| log.trim(start));
        let trimmed = self.note(&name, trimmed);
        done(trimmed);
    }

    fn forget_starts(&mut self, gone: &[(TopicName, i32)]) -> io::Result<()> {
        let before = self.starts.len();
        self.starts.retain(|place, _| !gone.contains(place));
        if self.starts.len() < before { starts::write(&*self.disk, &self.starts) } else { Ok(()) }
    }

    /// Removes the files of partitions, and forgets where they started.
    pub(super) fn remove_partitions(&mut self, removed: Vec<(TopicName, i32)>) -> io::Result<()> {
        self.forget_starts(&removed)?;
        for (topic, partition) in removed {
            let directory = format!("{topic}-{partition}");
            if self.partitions.remove(&(topic, partition)).is_some_and(|log| !log.segments.is_empty()) {
                remove_directory(&*self.disk, &directory)?;
            }
        }
        Ok(())
    }
}
