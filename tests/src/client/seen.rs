//! What passed between a client and the broker, and what was done to the client, in order.

use std::fmt;

use muster_reference::broker::observed::{Fetched, fetched};
use muster_reference::coordinator::{ErrorCode, GroupId};

use crate::observe::history::{Happening, History};
use crate::observe::proxy::Passed;
use crate::observe::stream::{Assembler, Chunk, Direction, Sink as _};

const FIND_COORDINATOR: [u8; 2] = 10_i16.to_be_bytes();

/// What is done to a client, from which it has to recover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// A request was answered with an error and not carried out: Kafka's name of the API, and the error.
    Error(&'static str, ErrorCode),
    /// Requests were answered with an error that no retry mends: the client need not come back.
    Fatal(&'static str, ErrorCode),
    /// A request was carried out, and its connection closed in place of the answer.
    LostAnswer(&'static str),
    /// Another coordinator took over.
    Restart,
    /// Its session was ended.
    Expiry,
    /// It was halted for longer than its session.
    Pause,
    /// Its application was told to be slow, once.
    Slow,
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(api, error) | Self::Fatal(api, error) => {
                write!(f, "{api} was answered with {}", error.name())
            }
            Self::LostAnswer(api) => write!(f, "the answer to {api} was lost"),
            Self::Restart => f.write_str("another coordinator took over"),
            Self::Expiry => f.write_str("its session was ended"),
            Self::Slow => f.write_str("its application was told to be slow"),
            Self::Pause => f.write_str("it was halted for longer than its session"),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A request to the group's coordinator, by its place in [`History::exchanges`].
    Asked(usize),
    /// Its answer.
    Answered(usize),
    /// The client asks who the coordinator is.
    Looks,
    /// The client fetches.
    Fetches(Vec<Fetched>),
    /// The client was started.
    Started,
    /// It is asked to leave.
    Leaving,
    /// It has ended by itself.
    Ended(String),
    /// Something was done to it.
    Disturbed(Disturbance),
    /// Nothing more is seen.
    Over,
}

/// Something that happened, and when.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// Microseconds since the proxy began.
    pub(super) at_us: i64,
    pub(super) what: What,
}

/// All that was seen of a client.
pub(super) struct Seen {
    group: GroupId,
    assembler: Assembler,
    /// Happenings of the group that stand in `moments` already.
    taken: usize,
    moments: Vec<Moment>,
}

impl Seen {
    pub(super) fn new(group: GroupId) -> Self {
        Self { group, assembler: Assembler::default(), taken: 0, moments: Vec::new() }
    }

    pub(super) fn history(&self) -> &History {
        self.assembler.history()
    }

    /// When the client asked for the coordinator last.
    pub(super) fn looked_at(&self) -> i64 {
        let looks = self.moments.iter().filter(|moment| matches!(moment.what, What::Looks));
        looks.map(|moment| moment.at_us).max().unwrap_or(0)
    }

    /// What happened, in the order of time.
    pub(super) fn moments(&self) -> Vec<Moment> {
        let mut moments = self.moments.clone();
        moments.sort_by_key(|moment| moment.at_us);
        moments
    }

    pub(super) fn note(&mut self, at_us: i64, what: What) {
        self.moments.push(Moment { at_us, what });
    }

    /// Takes what passed the proxy.
    pub(super) fn take(&mut self, passed: &Passed) {
        match passed {
            Passed::Chunk(chunk) => self.chunk(chunk),
            Passed::Closed { connection, .. } => self.assembler.close(connection),
            // A connection that cannot be made is one that the client misses too.
            Passed::Trouble(_) => {}
        }
    }

    fn chunk(&mut self, chunk: &Chunk) {
        if chunk.direction == Direction::Request {
            let frame = chunk.bytes.slice(4.min(chunk.bytes.len())..);
            if frame.get(..2) == Some(&FIND_COORDINATOR) {
                self.note(chunk.at_us, What::Looks);
            } else if let Some(partitions) = fetched(&frame) {
                self.note(chunk.at_us, What::Fetches(partitions));
            }
        }
        self.assembler.take(chunk);
        let of_group = self.assembler.history().groups.get(&self.group);
        for happening in of_group.map_or(&[][..], |all| all.between(self.taken, all.len())) {
            let what = match *happening {
                Happening::Asked(place) => What::Asked(place),
                Happening::Answered(place) => What::Answered(place),
            };
            self.moments.push(Moment { at_us: chunk.at_us, what });
            self.taken += 1;
        }
    }
}
