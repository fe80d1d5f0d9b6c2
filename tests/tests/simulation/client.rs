//! A client: a consumer, its application, and its connections to the broker.

use std::collections::{BTreeMap, VecDeque};

use muster_reference::assignor::TopicPartition;
use muster_reference::consumer::{Consumer, ConsumerTimer};
use muster_reference::coordinator::{Request, RequestId};

use super::clock::Due;

/// A request on its way, with the consumer's name for it.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) id: RequestId,
    pub(super) request: Request,
}

/// A connection: the broker serves one request of it at a time, in order.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub(super) waiting: VecDeque<Mail>,
    /// The broker has one of them, and has not answered.
    pub(super) busy: bool,
    /// The next one is about to arrive.
    pub(super) arriving: bool,
}

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    /// None: its process has ended.
    pub(super) consumer: Option<Consumer>,
    pub(super) timers: BTreeMap<ConsumerTimer, Due>,
    /// By number; the last is the present one, all others the client has given up.
    pub(super) pipes: BTreeMap<usize, Pipe>,
    pub(super) connection: usize,
    /// Handed out, not processed.
    pub(super) records: VecDeque<(TopicPartition, i64)>,
    /// Nothing of it runs until then.
    pub(super) frozen_until_ms: i64,
    /// How often its process started.
    pub(super) process: u64,
    /// How often its process started or stopped polling: what was planned for an earlier one does not happen.
    pub(super) life: u64,
}

impl Client {
    pub(super) fn new() -> Self {
        Self {
            consumer: None,
            timers: BTreeMap::new(),
            pipes: BTreeMap::from([(0, Pipe::default())]),
            connection: 0,
            records: VecDeque::new(),
            frozen_until_ms: 0,
            process: 0,
            life: 0,
        }
    }

    pub(super) fn pipe(&mut self) -> &mut Pipe {
        self.pipes.entry(self.connection).or_default()
    }
}
