//! Where logs start whose first segments were deleted: Kafka's `log-start-offset-checkpoint`
//! (`OffsetCheckpointFile`: a version, a count, and a line `topic partition offset` each).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use super::disk::Disk;
use super::open::OpenError;
use crate::coordinator::TopicName;

const FILE: &str = "log-start-offset-checkpoint";

/// Partitions that do not start at offset 0.
pub(super) type Starts = BTreeMap<(TopicName, i32), i64>;

/// Reads the file, if there is one.
pub(super) fn read(disk: &dyn Disk) -> Result<Starts, OpenError> {
    let names = disk.list("").map_err(OpenError::io("."))?;
    if !names.iter().any(|name| name == FILE) {
        return Ok(Starts::new());
    }
    let read = || {
        let file = disk.open(FILE)?;
        let mut bytes = vec![0; usize::try_from(file.length()?).unwrap_or(0)];
        file.read(0, &mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(OpenError::io(FILE))?;
    let reason = "it does not list topics, partitions and offsets";
    let unknown = || OpenError::Unknown { file: FILE.to_owned(), at: 0, reason };
    std::str::from_utf8(&bytes).ok().and_then(parse).ok_or_else(unknown)
}

fn parse(text: &str) -> Option<Starts> {
    let mut lines = text.lines();
    if lines.next()? != "0" {
        return None;
    }
    let count: usize = lines.next()?.parse().ok()?;
    let entry = |line: &str| {
        let mut words = line.split(' ');
        let partition = (words.next()?.into(), words.next()?.parse().ok()?);
        let offset = words.next()?.parse().ok().filter(|offset| *offset >= 0)?;
        Some((partition, offset))
    };
    let starts: Starts = lines.map(entry).collect::<Option<_>>()?;
    (starts.len() == count).then_some(starts)
}

/// Writes the file in place of the one that is there.
pub(super) fn write(disk: &dyn Disk, starts: &Starts) -> io::Result<()> {
    let mut text = format!("0\n{}\n", starts.len());
    for ((topic, partition), offset) in starts {
        let _ = writeln!(text, "{topic} {partition} {offset}");
    }
    let unfinished = format!("{FILE}.tmp");
    let file = disk.create(&unfinished)?;
    file.write(0, text.as_bytes())?;
    file.sync()?;
    disk.rename(&unfinished, FILE)?;
    disk.sync_directory("")
}
