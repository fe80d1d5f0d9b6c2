//! Recordings: one JSON object a line, the first of them a header.
//!
//! ```json
//! {"muster_recording":1,"release":"4.3","group_initial_rebalance_delay_ms":3000,"group_max_size":null}
//! {"at_us":12,"connection":"127.0.0.1:40000","request":"AAAAMQ..."}
//! {"at_us":95,"connection":"127.0.0.1:40000","response":"AAAAEA..."}
//! {"at_us":99,"connection":"127.0.0.1:40000","closed":true}
//! ```
//!
//! Bytes are base64, frames with their lengths, and may be cut anywhere.

use std::io::{self, BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::history::History;
use super::stream::{Assembler, Chunk, Direction, Sink};

/// The version of the format.
const VERSION: u32 = 1;

/// What a recording says of the broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    muster_recording: u32,
    /// The release whose rules hold where releases differ: `3.9` or `4.3`.
    pub release: String,
    /// The broker's `group.initial.rebalance.delay.ms`.
    pub group_initial_rebalance_delay_ms: i32,
    /// The broker's `group.max.size`; none: unlimited.
    pub group_max_size: Option<i32>,
}

impl Header {
    /// A header in the present format.
    pub fn new(release: String, group_initial_rebalance_delay_ms: i32, group_max_size: Option<i32>) -> Self {
        Self { muster_recording: VERSION, release, group_initial_rebalance_delay_ms, group_max_size }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at_us: i64,
    connection: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    closed: bool,
}

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is not what it has to be.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

/// Whether a file that begins like this is a recording.
pub fn is_recording(beginning: &[u8]) -> bool {
    beginning.first() == Some(&b'{')
}

/// Reads a recording.
pub fn read(from: impl BufRead) -> Result<(Header, History), RecordingError> {
    let reader = Reader::new(from)?;
    let header = reader.header.clone();
    let mut assembler = Assembler::default();
    reader.read_into(&mut assembler)?;
    Ok((header, assembler.finish()))
}

/// A recording whose header was read.
pub struct Reader<R> {
    /// The header.
    pub header: Header,
    from: R,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    pub fn new(mut from: R) -> Result<Self, RecordingError> {
        let mut first = Vec::new();
        if from.read_until(b'\n', &mut first)? == 0 {
            return Err(wrong(1, "the file is empty".to_owned()));
        }
        let header: Header = serde_json::from_slice(&first)
            .map_err(|error| wrong(1, format!("no header of a recording: {error}")))?;
        if header.muster_recording != VERSION {
            let why =
                format!("version {} of the format; version {VERSION} is known", header.muster_recording);
            return Err(wrong(1, why));
        }
        Ok(Self { header, from })
    }

    /// Tells what was recorded.
    pub fn read_into(mut self, sink: &mut impl Sink) -> Result<(), RecordingError> {
        let mut bytes = Vec::new();
        let mut number = 1;
        loop {
            bytes.clear();
            number += 1;
            if self.from.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            let line: Line = serde_json::from_slice(&bytes).map_err(|error| {
                let is_cut = error.is_eof() && !bytes.ends_with(b"\n");
                let why =
                    if is_cut { "the recording was cut off here".to_owned() } else { error.to_string() };
                wrong(number, why)
            })?;
            tell(line, sink).map_err(|why| wrong(number, why))?;
        }
    }
}

fn wrong(line: usize, why: String) -> RecordingError {
    RecordingError::Line { line, why }
}

fn tell(line: Line, sink: &mut impl Sink) -> Result<(), String> {
    let Line { at_us, connection, request, response, closed } = line;
    for (direction, text) in [(Direction::Request, request), (Direction::Response, response)] {
        let Some(text) = text else { continue };
        let bytes = STANDARD.decode(text).map_err(|error| format!("not base64: {error}"))?;
        sink.take(&Chunk { at_us, connection: connection.clone(), direction, bytes: bytes.into() });
    }
    if closed {
        sink.close(&connection);
    }
    Ok(())
}

/// Writes a recording.
pub struct Writer<W> {
    to: W,
}

impl<W: Write> Writer<W> {
    /// Begins a recording.
    pub fn new(mut to: W, header: &Header) -> io::Result<Self> {
        serde_json::to_writer(&mut to, header)?;
        to.write_all(b"\n")?;
        Ok(Self { to })
    }

    /// Writes what was seen on a connection.
    pub fn chunk(&mut self, chunk: &Chunk) -> io::Result<()> {
        let text = Some(STANDARD.encode(&chunk.bytes));
        let (request, response) = match chunk.direction {
            Direction::Request => (text, None),
            Direction::Response => (None, text),
        };
        let connection = chunk.connection.clone();
        self.line(&Line { at_us: chunk.at_us, connection, request, response, closed: false })
    }

    /// Writes that a connection was closed.
    pub fn closed(&mut self, at_us: i64, connection: &str) -> io::Result<()> {
        let connection = connection.to_owned();
        self.line(&Line { at_us, connection, request: None, response: None, closed: true })
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, line)?;
        self.to.write_all(b"\n")
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.to
    }

    /// Sees to it that what was written is there.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
