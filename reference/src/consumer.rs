//! A consumer of the classic protocol, as a pure state machine: what Kafka's Java client does with each answer, each
//! timer and each call of the application.
//!
//! [`Consumer::handle`] reads the state and decides on an input; [`Consumer::apply`] alone writes. No clock, no
//! randomness, no I/O: time and answers are inputs, requests and callbacks are effects. A call of `poll` never waits:
//! it does what can be done, as `poll(Duration.ZERO)` of the Java client, and what is still awaited is taken up by the
//! next call.
//!
//! One function stands for each rule, by the rule's name, in the file of the rule's chapter. Written from
//! `AbstractCoordinator` and `ConsumerCoordinator` of Apache Kafka 4.3.1.

mod assignment;
mod commit;
mod config;
mod fetch_offsets;
mod find_coordinator;
mod heartbeat;
mod input;
mod join;
mod leave;
mod mutation;
mod poll;
mod protocol;
mod revoke;
mod state;
mod static_membership;
mod sync;
mod transition;
mod turn;

use std::collections::BTreeMap;

pub use config::{CommitPolicy, ConsumerConfig};
pub use input::{ConsumerInput, ConsumerTimer};
pub use mutation::ConsumerMutation;
pub use state::{Failure, Phase, Progress};
pub use transition::{ConsumerEffect, ConsumerTransition};

use crate::assignor::TopicPartition;
use crate::coordinator::{Generation, MemberId, Timestamp};
use state::State;
use turn::Turn;

/// A consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    config: ConsumerConfig,
    state: State,
}

impl Consumer {
    /// A consumer that has just started.
    pub fn new(config: ConsumerConfig, now: Timestamp) -> Self {
        let state = State::new(&config, now);
        Self { config, state }
    }

    /// Decides on an input. Nothing changes until the transition is applied.
    pub fn handle(&self, now: Timestamp, input: ConsumerInput) -> ConsumerTransition {
        let mut turn = Turn::new(&self.config, self.state.clone(), now);
        turn.take(input);
        turn.finish()
    }

    /// Applies what was decided: the only way in which the state changes.
    pub fn apply(&mut self, transition: &ConsumerTransition) {
        self.state.clone_from(&transition.state);
    }

    /// Decides on an input and applies what was decided.
    pub fn step(&mut self, now: Timestamp, input: ConsumerInput) -> ConsumerTransition {
        let transition = self.handle(now, input);
        self.apply(&transition);
        transition
    }

    /// The settings.
    pub fn config(&self) -> &ConsumerConfig {
        &self.config
    }

    /// What it believes to own, and how far it is.
    pub fn owned(&self) -> &BTreeMap<TopicPartition, Progress> {
        &self.state.owned
    }

    /// Where it is in the protocol.
    pub fn phase(&self) -> Phase {
        self.state.phase
    }

    /// Its member id; empty if it has none.
    pub fn member(&self) -> &MemberId {
        &self.state.identity.member
    }

    /// The generation of its last JoinGroup answer; [`Generation::NONE`] if it was reset.
    pub fn generation(&self) -> Generation {
        self.state.identity.generation
    }

    /// The generation of the assignment that it applied last.
    pub fn applied(&self) -> Generation {
        self.state.applied
    }

    /// Why it has ended, if it has.
    pub fn failure(&self) -> Option<Failure> {
        self.state.failure
    }
}
