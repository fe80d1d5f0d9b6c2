//! Bytes of connections, cut into frames, requests matched with their answers.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Buf, Bytes, BytesMut};
use muster_reference::broker::observed;
use muster_reference::coordinator::Request;

use super::answer::Answer;
use super::history::{Exchange, History};

/// Kafka's default of `socket.request.max.bytes`: what claims to be longer is no frame.
const LONGEST: i32 = 100 * 1024 * 1024;
/// Requests of other APIs that may wait for their answers on a connection: some are never answered (Produce without
/// acknowledgement), and are not kept for ever.
const MOST_WAITING: usize = 10_000;
/// The APIs of a group, by key.
const OF_GROUPS: [i16; 8] = [8, 9, 11, 12, 13, 14, 42, 47];

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the broker.
    Request,
    /// From the broker to the client.
    Response,
}

/// Bytes that were seen on a connection.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Microseconds since the recording began.
    pub at_us: i64,
    /// A name of the connection; the client's address.
    pub connection: String,
    /// Which way they go.
    pub direction: Direction,
    /// The bytes: frames with their lengths, cut anywhere.
    pub bytes: Bytes,
}

/// A request that waits for its answer.
struct Waiting {
    correlation_id: i32,
    api_key: i16,
    version: i16,
    /// Its exchanges, one for each group that it asks of.
    places: Vec<usize>,
}

#[derive(Default)]
struct Connection {
    number: usize,
    requests: BytesMut,
    responses: BytesMut,
    waiting: VecDeque<Waiting>,
    broken: bool,
}

impl Connection {
    /// Nothing more of it can be read.
    fn give_up(&mut self) {
        self.broken = true;
        (self.requests, self.responses) = (BytesMut::new(), BytesMut::new());
    }

    /// What came one way and is no whole frame yet.
    fn buffer(&mut self, direction: Direction) -> &mut BytesMut {
        match direction {
            Direction::Request => &mut self.requests,
            Direction::Response => &mut self.responses,
        }
    }
}

/// Whoever takes what was seen of connections.
pub trait Sink {
    /// Takes the next bytes of a connection.
    fn take(&mut self, chunk: &Chunk);
    /// A connection was closed: another of its name is another.
    fn close(&mut self, connection: &str);
    /// Bytes of a connection are missing.
    fn lost(&mut self, connection: &str, why: &str);
}

/// Puts chunks together to a history.
#[derive(Default)]
pub struct Assembler {
    connections: BTreeMap<String, Connection>,
    history: History,
}

impl Assembler {
    /// What was seen so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    /// What was seen.
    pub fn finish(self) -> History {
        self.history
    }
}

impl Sink for Assembler {
    fn take(&mut self, chunk: &Chunk) {
        let history = &mut self.history;
        let connection = self.connections.entry(chunk.connection.clone()).or_insert_with(|| {
            history.connections += 1;
            Connection { number: history.connections, ..Connection::default() }
        });
        if connection.broken {
            return;
        }
        connection.buffer(chunk.direction).extend_from_slice(&chunk.bytes);
        loop {
            let taken = match frame(connection.buffer(chunk.direction)) {
                Ok(None) => return,
                Ok(Some(frame)) => match chunk.direction {
                    Direction::Request => asked(&mut self.history, connection, chunk, &frame),
                    Direction::Response => answered(&mut self.history, connection, chunk.at_us, &frame),
                },
                Err(why) => Err(why),
            };
            if let Err(why) = taken {
                connection.give_up();
                self.history.cannot_read(&chunk.connection, why);
                return;
            }
        }
    }

    fn close(&mut self, connection: &str) {
        let Some(closed) = self.connections.remove(connection) else { return };
        for place in closed.waiting.iter().flat_map(|waiting| &waiting.places) {
            self.history.lose(*place);
        }
    }

    fn lost(&mut self, connection: &str, why: &str) {
        let of = self.connections.entry(connection.to_owned()).or_default();
        if !of.broken {
            of.give_up();
            self.history.cannot_read(connection, why.to_owned());
        }
    }
}

/// The next frame, without its length, if all of it is there.
fn frame(buffer: &mut BytesMut) -> Result<Option<Bytes>, String> {
    let Some(length) = buffer.first_chunk().copied().map(i32::from_be_bytes) else { return Ok(None) };
    if buffer[0] == 0x16 && buffer[1] == 3 {
        return Err("it is encrypted (TLS)".to_owned());
    }
    let Some(bytes) = usize::try_from(length).ok().filter(|_| length <= LONGEST) else {
        return Err(format!("a frame of {length} bytes: this is no Kafka, or the beginning is missing"));
    };
    if buffer.len() - 4 < bytes {
        return Ok(None);
    }
    buffer.advance(4);
    Ok(Some(buffer.split_to(bytes).freeze()))
}

fn asked(history: &mut History, of: &mut Connection, chunk: &Chunk, frame: &Bytes) -> Result<(), String> {
    let seen = observed::request(frame).map_err(|error| format!("a request that cannot be read: {error}"))?;
    if seen.asked.is_empty() {
        if OF_GROUPS.contains(&seen.api_key) {
            *history.unknown_versions.entry((seen.api_key, seen.version)).or_default() += 1;
        } else {
            history.others += 1;
        }
    }
    let version = seen.version;
    let named =
        |request: &Request| !matches!(request, Request::DeleteGroups(delete) if delete.groups.is_empty());
    let exchange = |request| Exchange {
        connection: of.number,
        peer: chunk.connection.clone(),
        client_id: seen.client_id.clone(),
        asked_at_us: chunk.at_us,
        version,
        request,
        answer: None,
        is_lost: false,
    };
    let places = seen.asked.into_iter().filter(named).map(|request| history.ask(exchange(request))).collect();
    of.waiting.push_back(Waiting {
        correlation_id: seen.correlation_id,
        api_key: seen.api_key,
        version,
        places,
    });
    while of.waiting.len() > MOST_WAITING && of.waiting.front().is_some_and(|first| first.places.is_empty()) {
        of.waiting.pop_front();
    }
    Ok(())
}

/// Answers come in the order of the requests; a Produce without acknowledgement gets none.
fn answered(history: &mut History, of: &mut Connection, at_us: i64, frame: &Bytes) -> Result<(), String> {
    let Some(correlation_id) = frame.first_chunk().copied().map(i32::from_be_bytes) else {
        return Err("an answer without a correlation id".to_owned());
    };
    let Some(place) = of.waiting.iter().position(|waiting| waiting.correlation_id == correlation_id) else {
        // Its request was sent before the recording began.
        return Ok(());
    };
    let Some(Waiting { api_key, version, places, .. }) = of.waiting.drain(..=place).next_back() else {
        return Ok(());
    };
    if places.is_empty() {
        return Ok(());
    }
    let answers = Answer::read(api_key, version, frame)
        .map_err(|error| format!("an answer that cannot be read: {error}"))?;
    if answers.len() != places.len() {
        return Err(format!("{} groups were asked of and {} answered", places.len(), answers.len()));
    }
    for (place, answer) in places.into_iter().zip(answers) {
        history.answer(place, at_us, answer);
    }
    Ok(())
}
