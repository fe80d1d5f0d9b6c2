//! A decision in the making.

use muster_specs::Rule;

use super::config::ConsumerConfig;
use super::input::{ConsumerInput, ConsumerTimer};
use super::mutation::ConsumerMutation;
use super::state::{Failure, Identity, Join, Kind, Lookup, Phase, Sent, State};
use super::transition::{ConsumerEffect, ConsumerTransition};
use crate::coordinator::{ErrorCode, Request, RequestId, Response, Timestamp};

/// A decision in the making, on a copy of the state.
pub(super) struct Turn<'a> {
    pub(super) config: &'a ConsumerConfig,
    pub(super) state: State,
    pub(super) now: Timestamp,
    effects: Vec<ConsumerEffect>,
    rules: Vec<Rule>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(config: &'a ConsumerConfig, state: State, now: Timestamp) -> Self {
        Self { config, state, now, effects: Vec::new(), rules: Vec::new() }
    }

    pub(super) fn finish(self) -> ConsumerTransition {
        ConsumerTransition { state: self.state, effects: self.effects, rules: self.rules }
    }

    pub(super) fn take(&mut self, input: ConsumerInput) {
        if self.state.failure.is_some() {
            return;
        }
        match input {
            ConsumerInput::Poll => self.poll(),
            ConsumerInput::Answer { id, response } => self.read(id, response),
            ConsumerInput::Disconnected => self.lose_connection(),
            ConsumerInput::Fetched { partition, end } => self.note_fetched(&partition, end),
            ConsumerInput::Processed { partition, next } => self.note_processed(&partition, next),
            ConsumerInput::Commit => self.commit_when_asked(),
            ConsumerInput::Subscribe(topics) => self.state.subscription = topics,
            ConsumerInput::Topics(topics) => self.state.topics = topics,
            ConsumerInput::Timer(ConsumerTimer::Heartbeat) => self.heartbeat_due(),
            ConsumerInput::Timer(ConsumerTimer::Session) => self.rediscover_coordinator(),
            ConsumerInput::Timer(ConsumerTimer::MaxPoll) => self.leave_on_poll_timeout(),
            ConsumerInput::Close => self.leave_on_close(),
        }
    }

    /// An answer that is not awaited any more is not read.
    fn read(&mut self, id: RequestId, response: Response) {
        let Some(sent) = self.state.sent.remove(&id) else { return };
        match (sent.kind, response) {
            (Kind::FindCoordinator, Response::FindCoordinator(answer)) => self.on_coordinator(answer.error),
            // The heartbeat thread rests, so nobody reads it before the next `poll`.
            (Kind::JoinGroup, Response::JoinGroup(answer)) => {
                self.state.sent.insert(id, Sent { kind: Kind::JoinGroup, identity: sent.identity });
                self.state.join = Join::Answered(answer);
            }
            (Kind::SyncGroup, Response::SyncGroup(answer)) => self.on_sync(answer, &sent.identity),
            (Kind::Heartbeat, Response::Heartbeat(answer)) => self.on_heartbeat(answer.error, &sent.identity),
            (Kind::OffsetCommit(why, offsets), Response::OffsetCommit(answer)) => {
                self.on_commit(id, why, offsets, &answer, &sent.identity);
            }
            (Kind::OffsetFetch, Response::OffsetFetch(answer)) => self.on_offsets(answer),
            // LeaveGroup: there is nothing to be learnt. Another answer than that to the request: not read.
            _ => {}
        }
    }

    pub(super) fn follow(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn effect(&mut self, effect: ConsumerEffect) {
        self.effects.push(effect);
    }

    /// Whether this defect is switched on.
    #[cfg(feature = "mutations")]
    pub(super) fn mutated(&self, mutation: ConsumerMutation) -> bool {
        self.config.mutation == Some(mutation)
    }

    /// Whether this defect is switched on: not in this build.
    #[cfg(not(feature = "mutations"))]
    #[allow(clippy::unused_self, reason = "the same call with and without the feature")]
    pub(super) fn mutated(&self, _: ConsumerMutation) -> bool {
        false
    }

    pub(super) fn send(&mut self, kind: Kind, request: Request) -> RequestId {
        let id = RequestId(self.state.next_request);
        self.state.next_request = id.0.saturating_add(1);
        self.state.sent.insert(id, Sent { kind, identity: self.state.identity.clone() });
        self.effect(ConsumerEffect::Send { id, request });
        id
    }

    /// Whether such a request is on its way.
    pub(super) fn awaits(&self, wanted: impl Fn(&Kind) -> bool) -> bool {
        self.state.sent.values().any(|sent| wanted(&sent.kind))
    }

    pub(super) fn knows_coordinator(&self) -> bool {
        self.state.lookup == Lookup::Known
    }

    /// Neither the generation nor the member id has changed since the request was sent.
    pub(super) fn is_unchanged(&self, sent: &Identity) -> bool {
        self.state.identity == *sent
    }

    /// `resetStateAndRejoin`: the generation is gone, and with it what was owned; the next `poll` says so.
    pub(super) fn reset(&mut self, member_too: bool) {
        self.state.phase = Phase::Unjoined;
        let member = if member_too { Identity::none().member } else { self.state.identity.member.clone() };
        self.state.identity = Identity { member, ..Identity::none() };
        self.state.rejoin_needed = true;
        self.state.prepared = false;
    }

    pub(super) fn raise(&mut self, failure: Failure) {
        self.effect(ConsumerEffect::Raised(failure));
    }

    /// An error after which the consumer is of no use.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.state.failure = Some(failure);
        self.raise(failure);
    }

    /// What every handler does with an error of the coordinator's own; whether it was one.
    pub(super) fn on_coordinator_error(&mut self, error: ErrorCode) -> bool {
        let gone = matches!(error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable);
        if gone {
            self.rediscover_coordinator();
        }
        gone || error == ErrorCode::CoordinatorLoadInProgress
    }
}
