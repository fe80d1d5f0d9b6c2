//! Idempotent producers of a partition: each batch once, in the order of its numbers (`ProducerStateManager`,
//! `ProducerAppendInfo`).

use std::collections::{HashMap, VecDeque};

use super::batch::{Batch, Sequence};
use crate::coordinator::ErrorCode;

/// How many batches of a producer are remembered: as many as one may have in flight
/// (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const REMEMBERED: usize = 5;

/// What a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The next one.
    New,
    /// One that is there, from this offset on: the answer repeats it.
    Repeated(i64),
}

#[derive(Clone, Debug)]
struct Producer {
    epoch: i16,
    /// The last batches, with their first offsets.
    batches: VecDeque<(Sequence, i64)>,
}

/// The producers of a partition, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Producers(HashMap<i64, Producer>);

impl Producers {
    /// Judges a batch before it is appended. A producer that is not known may start with any number, since what it
    /// wrote before may have been deleted; a new epoch starts at 0.
    pub(super) fn judge(&self, sent: Sequence) -> Result<Verdict, ErrorCode> {
        let Some(known) = self.0.get(&sent.producer_id) else { return Ok(Verdict::New) };
        if sent.epoch < known.epoch {
            return Err(ErrorCode::InvalidProducerEpoch);
        }
        if sent.epoch > known.epoch {
            return if sent.first == 0 { Ok(Verdict::New) } else { Err(ErrorCode::OutOfOrderSequenceNumber) };
        }
        let repeats = |(batch, _): &&(Sequence, i64)| (batch.first, batch.last) == (sent.first, sent.last);
        if let Some((_, offset)) = known.batches.iter().find(repeats) {
            return Ok(Verdict::Repeated(*offset));
        }
        let last = known.batches.back().map_or(-1, |(batch, _)| batch.last);
        let next = if last == i32::MAX { 0 } else { last + 1 };
        if sent.first == next { Ok(Verdict::New) } else { Err(ErrorCode::OutOfOrderSequenceNumber) }
    }

    /// Remembers a batch that was appended.
    pub(super) fn appended(&mut self, batch: &Batch) {
        let Some(sequence) = batch.sequence else { return };
        let fresh = || Producer { epoch: sequence.epoch, batches: VecDeque::new() };
        let producer = self.0.entry(sequence.producer_id).or_insert_with(fresh);
        if producer.epoch != sequence.epoch {
            *producer = fresh();
        }
        if producer.batches.len() == REMEMBERED {
            producer.batches.pop_front();
        }
        producer.batches.push_back((sequence, batch.base_offset));
    }
}
