//! Recordings and captures are read.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;

use muster_conformance::observe::history::History;
use muster_conformance::observe::recording::{Header, Reader};
use muster_conformance::observe::stream::{Chunk, Sink};
use muster_conformance::observe::watch::Watch;
use muster_conformance::observe::{capture, recording};
use muster_reference::coordinator::Config;

/// How many frames or pieces of them are read between two looks.
const LOOKED_AT: usize = 4_096;

/// Judges a file while it is read, so that its length does not matter.
struct Reading {
    watch: Watch,
    taken: usize,
}

impl Sink for Reading {
    fn take(&mut self, chunk: &Chunk) {
        self.watch.take(chunk);
        self.taken += 1;
        if self.taken.is_multiple_of(LOOKED_AT) {
            // The verdict tells it.
            let _lines = self.watch.look();
        }
    }

    fn close(&mut self, connection: &str) {
        self.watch.close(connection);
    }

    fn lost(&mut self, connection: &str, why: &str) {
        self.watch.lost(connection, why);
    }
}

/// Reads a file, and judges it with the settings that hold for what it says of its broker.
pub(super) fn watched(
    path: &Path,
    broker_port: u16,
    config: impl Fn(Option<&Header>) -> Config,
) -> Result<Watch, String> {
    let reading = |known: Option<&Header>| Reading { watch: Watch::new(config(known)), taken: 0 };
    match Kind::of(path)? {
        Kind::Capture(from, beginning) => {
            let mut reading = reading(None);
            capture::read_into(from, &beginning, broker_port, &mut reading)
                .map_err(|error| error.to_string())?;
            Ok(reading.watch)
        }
        Kind::Recording(from) => {
            let from = Reader::new(from).map_err(|error| error.to_string())?;
            let mut reading = reading(Some(&from.header));
            from.read_into(&mut reading).map_err(|error| error.to_string())?;
            Ok(reading.watch)
        }
    }
}

/// A file that can be judged.
enum Kind {
    /// With its beginning.
    Capture(BufReader<File>, Vec<u8>),
    Recording(BufReader<File>),
}

impl Kind {
    fn of(path: &Path) -> Result<Self, String> {
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let mut beginning = Vec::new();
        (&mut file).take(4).read_to_end(&mut beginning).map_err(|error| error.to_string())?;
        file.rewind().map_err(|error| error.to_string())?;
        let from = BufReader::new(file);
        if capture::is_capture(&beginning) {
            return Ok(Self::Capture(from, beginning));
        }
        if recording::is_recording(&beginning) {
            return Ok(Self::Recording(from));
        }
        if beginning.is_empty() {
            return Err("the file is empty".to_owned());
        }
        Err("it is neither a recording (JSON lines) nor a capture (pcap, pcapng)".to_owned())
    }
}

/// Reads all of a file.
pub(super) fn read(path: &Path, broker_port: u16) -> Result<(Option<Header>, History), String> {
    match Kind::of(path)? {
        Kind::Capture(from, beginning) => {
            let history = capture::read(from, &beginning, broker_port).map_err(|error| error.to_string())?;
            Ok((None, history))
        }
        Kind::Recording(from) => {
            let (header, history) = recording::read(from).map_err(|error| error.to_string())?;
            Ok((Some(header), history))
        }
    }
}
