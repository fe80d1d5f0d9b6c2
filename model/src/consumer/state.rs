//! What a consumer believes, and the ghost of what it has processed.

use std::collections::{BTreeMap, BTreeSet};

use super::ConsumerTimer;
use crate::message::Request;
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{Claim, Connection, Generation, MemberId, Offset, Partition};

/// Where a consumer is in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsumerPhase {
    /// It asks for a place in the group.
    Joining,
    /// It has joined and asks for its assignment.
    Syncing,
    /// `onPartitionsRevoked` runs, and waits for its commit.
    Revoking,
    /// A commit is awaited before what is owned is given up and a JoinGroup sent.
    Preparing,
    /// `commitSync` waits.
    Committing,
    /// A commit is awaited before it leaves.
    Closing,
    /// Its application has not called `poll` for too long: it has left, and the application does not know it.
    Overdue,
    /// It is assigned partitions and asks where to begin.
    FetchingOffsets,
    /// It is a member with its assignment.
    Stable,
    /// Its process has ended; it may start again.
    Crashed,
    /// It has closed, or met an error that no client retries.
    Closed,
}

/// The four offsets of an owned partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Progress {
    /// The position: the next record to fetch.
    pub fetched: Offset,
    /// The next record to process.
    pub processed: Offset,
    /// What the next commit sends.
    pub stored: Offset,
    /// What the coordinator last acknowledged or answered.
    pub committed: Offset,
}

impl Progress {
    /// Everything at one offset.
    pub fn at(offset: Offset) -> Self {
        Self { fetched: offset, processed: offset, stored: offset, committed: offset }
    }
}

/// The request that is outstanding on the connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are Kafka's APIs")]
pub enum Awaited {
    FindCoordinator,
    JoinGroup,
    SyncGroup,
    Heartbeat,
    LeaveGroup,
    OffsetCommit(BTreeMap<Partition, Offset>),
    TxnOffsetCommit(BTreeMap<Partition, Offset>),
    OffsetFetch,
}

/// A consumer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Consumer {
    /// Where it is.
    pub phase: ConsumerPhase,
    /// Its member id.
    pub member: Option<MemberId>,
    /// The generation of its last JoinGroup answer; [`Generation::NONE`] if it has none.
    pub generation: Generation,
    /// The generation of the last SyncGroup answer that it applied.
    pub applied: Generation,
    /// The number of its present connection.
    pub connection: u8,
    /// Whether it knows the coordinator.
    pub knows_coordinator: bool,
    /// The outstanding request.
    pub awaits: Option<Awaited>,
    /// A request that is on its way and has not reached the broker.
    pub outbox: Option<Request>,
    /// A request that was given up before it reached the broker, and may still do so.
    pub abandoned: Option<(Connection, Request)>,
    /// The partitions that it believes it owns; `None`: it does not know yet where to begin.
    pub owned: BTreeMap<Partition, Option<Progress>>,
    /// Stored offsets that outlive a revocation: empty but for the mutation `keep_stored_offsets`.
    pub kept: BTreeMap<Partition, Offset>,
    /// The assignment that it takes up once `onPartitionsRevoked` has returned.
    pub taking_up: Vec<Partition>,
    /// Its last assignment, as the sticky assignor keeps it over revocations and losses.
    pub remembered: Option<Claim>,
    /// Its producer's transaction is to be committed, and its marker not written: no other can begin.
    pub in_transaction: bool,
    /// Ghost: the records that it ever processed, a bit each. A crash does not clear it.
    pub processed: BTreeMap<Partition, u8>,
    /// Ghost: it processed a record that it had processed before; kept where handing over in order is looked at.
    pub repeated: bool,
    /// The partitions that, as far as it knows, were added to each topic. Kept over a crash: the next process asks again, and
    /// learns at least as much.
    pub added: u8,
    /// What it knew when it took the lead, while it watches its topics.
    pub led_with: Option<u8>,
    /// How often it crashed, gave up a connection, closed, overslept, changed its mind.
    pub faults: FaultCount,
}

/// What of the budgets one consumer has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FaultCount {
    /// Crashes.
    pub crash: u8,
    /// Connections given up.
    pub give_up: u8,
    /// Closes.
    pub leave: u8,
    /// Poll timeouts.
    pub poll_timeout: u8,
    /// Changes of its subscription.
    pub subscribe: u8,
}

impl Consumer {
    /// A process that has just started.
    pub fn started(scenario: &Scenario) -> Self {
        Self {
            phase: ConsumerPhase::Joining,
            member: None,
            generation: Generation::NONE,
            applied: Generation::NONE,
            connection: 0,
            knows_coordinator: !scenario.discovery,
            awaits: None,
            outbox: None,
            abandoned: None,
            owned: BTreeMap::new(),
            kept: BTreeMap::new(),
            taking_up: Vec::new(),
            remembered: None,
            in_transaction: false,
            processed: BTreeMap::new(),
            repeated: false,
            added: 0,
            led_with: None,
            faults: FaultCount::default(),
        }
    }

    /// What it has of the last assignment that it applied, or had before it gave it up to join.
    pub fn held(&self) -> Vec<Partition> {
        match self.remembered {
            Some(claim) => claim.partitions().collect(),
            None => self.owned.keys().copied().collect(),
        }
    }

    /// A refresh of its metadata is answered.
    pub(crate) fn learn_partitions(&mut self, added: u8) {
        self.added = self.added.max(added);
    }

    /// Whether its process runs and takes part.
    pub fn is_live(&self) -> bool {
        !matches!(self.phase, ConsumerPhase::Crashed | ConsumerPhase::Closed)
    }

    /// What it may do by itself: a function of its state.
    pub fn timers(&self, scenario: &Scenario) -> BTreeSet<ConsumerTimer> {
        let mut timers = BTreeSet::new();
        if self.abandoned.is_some() {
            timers.insert(ConsumerTimer::DeliverAbandoned);
        }
        if self.phase == ConsumerPhase::Crashed {
            timers.insert(ConsumerTimer::Restart);
        }
        if !self.is_live() {
            return timers;
        }
        if self.outbox.is_some() {
            timers.insert(ConsumerTimer::Deliver);
        }
        if self.faults.crash < scenario.faults.crash {
            timers.insert(ConsumerTimer::Crash);
        }
        if self.awaits.is_some() && self.faults.give_up < scenario.faults.give_up {
            timers.insert(ConsumerTimer::GiveUp);
        }
        match self.phase {
            ConsumerPhase::Stable => {
                self.record_timers(scenario, &mut timers);
                self.stable_timers(scenario, &mut timers);
            }
            // What a cooperative consumer keeps it goes on with.
            ConsumerPhase::Joining | ConsumerPhase::Syncing | ConsumerPhase::FetchingOffsets => {
                self.record_timers(scenario, &mut timers);
            }
            // An eager one hands out nothing more of what it is about to give up.
            ConsumerPhase::Preparing
                if scenario.assignor.is_cooperative()
                    || scenario.mutation == Some(Mutation::PollWhileRevoking) =>
            {
                self.record_timers(scenario, &mut timers);
            }
            ConsumerPhase::Overdue => {
                timers.insert(ConsumerTimer::Poll);
                self.processing_timers(&mut timers);
            }
            ConsumerPhase::Preparing
            | ConsumerPhase::Revoking
            | ConsumerPhase::Committing
            | ConsumerPhase::Closing
            | ConsumerPhase::Crashed
            | ConsumerPhase::Closed => {}
        }
        timers
    }

    fn record_timers(&self, scenario: &Scenario, timers: &mut BTreeSet<ConsumerTimer>) {
        for (partition, progress) in self.progress() {
            if progress.fetched.0 < scenario.bounds.records {
                timers.insert(ConsumerTimer::Fetch(partition));
            }
        }
        self.processing_timers(timers);
    }

    fn processing_timers(&self, timers: &mut BTreeSet<ConsumerTimer>) {
        for (partition, progress) in self.progress() {
            if progress.processed < progress.fetched {
                timers.insert(ConsumerTimer::Process(partition));
            }
        }
    }

    /// The owned partitions of which it knows where it is.
    pub(super) fn progress(&self) -> impl Iterator<Item = (Partition, Progress)> {
        self.owned.iter().filter_map(|(partition, progress)| Some((*partition, (*progress)?)))
    }

    fn stable_timers(&self, scenario: &Scenario, timers: &mut BTreeSet<ConsumerTimer>) {
        if self.awaits.is_some() {
            return;
        }
        let idle = scenario.mutation == Some(Mutation::HeartbeatOnlyWithPartitions);
        if !(idle && self.owned.is_empty()) {
            timers.insert(ConsumerTimer::Heartbeat);
        }
        let unsaved = self.owned.values().flatten().any(|p| p.stored != p.committed);
        if self.may_commit(scenario) && (unsaved || self.commits_kept(scenario)) {
            timers.insert(ConsumerTimer::Commit);
        }
        if self.led_with.is_some_and(|added| added != self.added)
            && scenario.mutation != Some(Mutation::IgnoreNewPartitions)
        {
            timers.insert(ConsumerTimer::NewPartitions);
        }
        let budgets = [
            (self.faults.leave, scenario.faults.leave, ConsumerTimer::Leave),
            (self.faults.poll_timeout, scenario.faults.poll_timeout, ConsumerTimer::PollTimeout),
            (self.faults.subscribe, scenario.faults.subscribe, ConsumerTimer::Subscribe),
        ];
        for (spent, budget, timer) in budgets {
            if spent < budget {
                timers.insert(timer);
            }
        }
    }
}
