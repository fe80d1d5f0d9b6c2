//! The consumer: what a faithful client does with each answer and by itself.
//!
//! One request is outstanding on a connection at a time. The chapters hold one function a rule. The application
//! is a synchronous poll loop that processes what it fetched and stores each offset after its record.

mod assignment;
mod commit;
mod defects;
mod faults;
mod fetch_offsets;
mod find_coordinator;
mod heartbeat;
mod join;
mod leave;
mod records;
mod state;
mod static_membership;
mod sync;

use muster_specs::Rule;

pub use assignment::assign;
pub use state::{Awaited, Consumer, ConsumerPhase, FaultCount, Progress};

use crate::message::{Error, Msg, Request, Response};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{ClientId, Connection, InstanceId, Partition, Topics};

/// What a consumer does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsumerTimer {
    /// Sends a Heartbeat.
    Heartbeat,
    /// Fetches every record that it has not.
    Fetch(Partition),
    /// Processes the next record, then stores its offset.
    Process(Partition),
    /// Commits what is stored.
    Commit,
    /// Closes.
    Leave,
    /// Changes its subscription.
    Subscribe,
    /// Finds, as the leader, that its topics have grown.
    NewPartitions,
    /// Has not called `poll` for `max.poll.interval.ms`.
    PollTimeout,
    /// Calls `poll` after that.
    Poll,
    /// Its request reaches the broker.
    Deliver,
    /// It closes its connection with a request outstanding.
    GiveUp,
    /// A request of a connection that was given up reaches the broker.
    DeliverAbandoned,
    /// Its process ends.
    Crash,
    /// Its process starts again.
    Restart,
}

/// What a step does beside changing the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerEffects {
    /// Rules followed, in order.
    pub rules: Vec<Rule>,
    /// Messages to the coordinator, in order.
    pub sent: Vec<Msg>,
}

/// One step of a consumer.
#[derive(Debug)]
pub struct ConsumerTurn<'a> {
    scenario: &'a Scenario,
    client: ClientId,
    state: &'a mut Consumer,
    effects: ConsumerEffects,
}

impl<'a> ConsumerTurn<'a> {
    /// The process starts.
    pub fn start(scenario: &'a Scenario, client: ClientId, state: &'a mut Consumer) -> ConsumerEffects {
        let mut turn = ConsumerTurn { scenario, client, state, effects: ConsumerEffects::default() };
        turn.resume();
        turn.effects
    }

    /// An answer arrives; one from a connection that was given up is not read.
    pub fn response(
        scenario: &'a Scenario,
        client: ClientId,
        state: &'a mut Consumer,
        connection: Connection,
        response: Response,
    ) -> ConsumerEffects {
        let mut turn = ConsumerTurn { scenario, client, state, effects: ConsumerEffects::default() };
        if turn.state.is_live() && connection.number == turn.state.connection {
            turn.read(response);
        } else {
            turn.leave_unread(&response);
        }
        turn.effects
    }

    /// Its outstanding request is never answered, so that it gives up its connection in the end: at nobody's cost.
    pub fn unanswered(scenario: &'a Scenario, client: ClientId, state: &'a mut Consumer) -> ConsumerEffects {
        let mut turn = ConsumerTurn { scenario, client, state, effects: ConsumerEffects::default() };
        turn.time_out();
        turn.effects
    }

    /// The consumer acts by itself.
    pub fn timer(
        scenario: &'a Scenario,
        client: ClientId,
        state: &'a mut Consumer,
        timer: ConsumerTimer,
    ) -> ConsumerEffects {
        let mut turn = ConsumerTurn { scenario, client, state, effects: ConsumerEffects::default() };
        match timer {
            ConsumerTimer::Heartbeat => turn.heartbeat_while_stable(),
            ConsumerTimer::Fetch(partition) => turn.fetch(partition),
            ConsumerTimer::Process(partition) => turn.process(partition),
            ConsumerTimer::Commit => turn.commit_only_while_stable(),
            ConsumerTimer::Leave => turn.close(),
            ConsumerTimer::Subscribe => turn.subscribe(),
            ConsumerTimer::NewPartitions => turn.rejoin_on_new_partitions(),
            ConsumerTimer::PollTimeout => turn.leave_on_poll_timeout(),
            ConsumerTimer::Poll => turn.poll_after_timeout(),
            ConsumerTimer::Deliver => turn.deliver(),
            ConsumerTimer::GiveUp => turn.give_up(),
            ConsumerTimer::DeliverAbandoned => turn.deliver_abandoned(),
            ConsumerTimer::Crash => turn.crash(),
            ConsumerTimer::Restart => turn.restart(),
        }
        turn.effects
    }

    /// The answer to a LeaveGroup is nothing that anybody waits for.
    fn read(&mut self, response: Response) {
        if matches!(response, Response::LeaveGroup { .. }) {
            return;
        }
        let awaited = self.state.awaits.take();
        match response {
            Response::FindCoordinator(error) => self.on_coordinator(error),
            Response::JoinGroup(answer) => self.on_join(answer),
            Response::SyncGroup(answer) => self.on_sync(answer),
            Response::Heartbeat(error) => self.on_group_error(error),
            Response::LeaveGroup { .. } => {}
            Response::OffsetCommit(errors) => self.on_commit(awaited, &errors),
            Response::TxnOffsetCommit(errors) => self.on_txn_commit(awaited, &errors),
            Response::OffsetFetch(answer) => self.on_offsets(answer),
            // No consumer asks what tools ask.
            Response::Tool(_) => {}
        }
    }

    /// What JoinGroup, SyncGroup, Heartbeat and OffsetCommit errors have in common.
    fn on_group_error(&mut self, error: Error) {
        match error {
            Error::None | Error::UnknownTopicOrPartition => {}
            Error::RebalanceInProgress => self.rejoin_on_rebalance_in_progress(),
            Error::UnknownMemberId | Error::MemberIdRequired => self.reset_on_unknown_member(),
            Error::IllegalGeneration => self.reset_generation_on_illegal_generation(),
            Error::NotCoordinator | Error::CoordinatorNotAvailable => self.rediscover_coordinator(),
            Error::CoordinatorLoadInProgress | Error::UnstableOffsetCommit => self.resume(),
            Error::FencedInstanceId => self.stop_when_fenced(),
            Error::UnknownServerError
            | Error::InconsistentGroupProtocol
            | Error::InvalidGroupId
            | Error::InvalidSessionTimeout
            | Error::NonEmptyGroup
            | Error::GroupIdNotFound
            | Error::GroupMaxSizeReached
            | Error::GroupSubscribedToTopic
            | Error::OffsetMetadataTooLarge => self.fail(),
        }
    }

    /// An error that the client raises to the application.
    fn fail(&mut self) {
        self.state.phase = ConsumerPhase::Closed;
        self.state.owned.clear();
    }

    /// The request that its phase calls for.
    fn resume(&mut self) {
        if !self.state.knows_coordinator {
            return self.find_coordinator_first();
        }
        match self.state.phase {
            ConsumerPhase::Joining | ConsumerPhase::Syncing => self.send_join(),
            // The commit of the callback is lost with its connection.
            ConsumerPhase::Revoking => self.finish_revocation(),
            ConsumerPhase::FetchingOffsets => self.send_offset_fetch(),
            ConsumerPhase::Preparing => self.rejoin(),
            ConsumerPhase::Committing => self.commit_and_wait(),
            ConsumerPhase::Closing => self.commit_and_leave(),
            ConsumerPhase::Overdue
            | ConsumerPhase::Stable
            | ConsumerPhase::Crashed
            | ConsumerPhase::Closed => {}
        }
    }

    fn follow(&mut self, rule: Rule) {
        self.effects.rules.push(rule);
    }

    fn mutated(&self, mutation: Mutation) -> bool {
        self.scenario.mutation == Some(mutation)
    }

    /// What it subscribes to.
    fn subscription(&self) -> Topics {
        self.scenario.subscription_after(self.client, self.state.faults.subscribe)
    }

    /// Its instance id, if it bears one.
    fn instance(&self) -> Option<InstanceId> {
        self.scenario.instance_of(self.client)
    }

    fn here(&self) -> Connection {
        Connection { client: self.client, number: self.state.connection }
    }

    /// Sends; while connections may still be given up, the request first is on its way, so that it can be given
    /// up before it arrives.
    fn send(&mut self, request: Request, awaited: Awaited) {
        self.state.awaits = Some(awaited);
        if self.state.faults.give_up < self.scenario.faults.give_up {
            self.state.outbox = Some(request);
        } else {
            self.effects.sent.push(Msg::Request(self.here(), request));
        }
    }
}
