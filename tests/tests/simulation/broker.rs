//! The broker's side: the coordinator, its log and its timers.

use std::collections::BTreeSet;

use muster_reference::assignor::TopicPartition;
use muster_reference::coordinator::{
    Change, Client as Origin, Effect, GroupChange, GroupDescription, Input, OffsetCommit, Position, Record,
    Request, RequestId, Transition,
};

use super::client::Mail;
use super::settings::FAULTS_UNTIL_MS;
use super::world::{Event, World};

impl World {
    pub(super) fn group(&self) -> Option<GroupDescription> {
        self.coordinator.describe_group(&"g".into())
    }

    /// A request that the broker has taken from a connection.
    pub(super) fn request(&mut self, id: RequestId, client: usize, connection: usize, request: Request) {
        let commit = match &request {
            Request::OffsetCommit(commit) => {
                let abandoned = connection != self.clients[client].connection;
                Some((commit.clone(), self.group(), abandoned))
            }
            Request::SyncGroup(sync) => {
                let all = self.to_be_assigned();
                let (assignor, alike) =
                    (self.settings.assignor, !self.settings.mixed && !self.settings.changes);
                self.judge.assigned(sync, all.as_ref());
                self.judge.evenly(sync, assignor, alike);
                None
            }
            Request::FindCoordinator(_)
            | Request::JoinGroup(_)
            | Request::Heartbeat(_)
            | Request::LeaveGroup(_)
            | Request::TxnOffsetCommit(_)
            | Request::OffsetFetch(_)
            | Request::DeleteGroups(_)
            | Request::OffsetDelete(_) => None,
        };
        // Kafka's ids end in a random UUID.
        let fresh = format!("{:08x}-c{client}", self.random.draw() >> 32);
        let input = Input::Request {
            id,
            client: Origin::new(format!("c{client}"), ""),
            fresh_member_id: fresh.into(),
            request,
        };
        self.coordinate(input, commit.as_ref());
    }

    /// Every partition, where each round gives out all: the eager assignors. A SyncGroup of an earlier generation may
    /// have been made for fewer members, but never for fewer topics, unless subscriptions differ.
    fn to_be_assigned(&self) -> Option<BTreeSet<TopicPartition>> {
        let every_round = !self.settings.assignor.is_cooperative() && !self.settings.mixed;
        (every_round && !self.settings.changes).then(|| self.partitions().collect())
    }

    /// Every partition of every topic.
    pub(super) fn partitions(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        self.topics.iter().flat_map(|(topic, count)| {
            (0..*count).map(|partition| TopicPartition { topic: topic.clone(), partition })
        })
    }

    /// Gives the coordinator an input, and does what it decides. `commit`: the OffsetCommit that it decides on.
    pub(super) fn coordinate(
        &mut self,
        input: Input,
        commit: Option<&(OffsetCommit, Option<GroupDescription>, bool)>,
    ) {
        let now = self.now();
        let transition = self.coordinator.step(now, input);
        self.carry_out_of_coordinator(transition, commit);
    }

    pub(super) fn carry_out_of_coordinator(
        &mut self,
        transition: Transition,
        commit: Option<&(OffsetCommit, Option<GroupDescription>, bool)>,
    ) {
        let appended = self.observe(&transition, commit);
        for effect in transition.effects {
            match effect {
                Effect::Answer { id, response, after } => {
                    self.note_acknowledged(after);
                    self.answer(id, response);
                }
                Effect::SetTimer { key, after } => {
                    let after = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
                    let due = self.clock.plan(after, Event::Coordinator(key.clone()));
                    if let Some(before) = self.timers.insert(key, due) {
                        self.clock.cancel(before);
                    }
                }
                Effect::CancelTimer { key } => {
                    if let Some(due) = self.timers.remove(&key) {
                        self.clock.cancel(due);
                    }
                }
            }
        }
        if let Some(through) = appended.filter(|_| self.acknowledges_at_once()) {
            self.coordinate(Input::Committed { through }, None);
        }
    }

    fn observe(
        &mut self,
        transition: &Transition,
        commit: Option<&(OffsetCommit, Option<GroupDescription>, bool)>,
    ) -> Option<Position> {
        let mut appended = None;
        for change in &transition.changes {
            match change {
                Change::Append { position, record } => {
                    appended = Some(*position);
                    self.appended(*position, record);
                    if let (
                        Record::OffsetCommit { topic, partition, value, .. },
                        Some((commit, group, abandoned)),
                    ) = (record, commit)
                    {
                        let partition = TopicPartition { topic: topic.clone(), partition: *partition };
                        self.judge.accepted(commit, group.as_ref(), *abandoned, &partition, value.offset);
                    }
                }
                Change::Group { change, .. } => self.observe_group(change),
                Change::Await { .. }
                | Change::Committed { .. }
                | Change::Lost { .. }
                | Change::Restored(_)
                | Change::Topics(_)
                | Change::Unwritten(_)
                | Change::OffsetsForgotten(_) => {}
            }
        }
        appended
    }

    fn observe_group(&mut self, change: &GroupChange) {
        match change {
            GroupChange::GenerationStarted { generation, .. } | GroupChange::Emptied { generation, .. } => {
                self.tell(|| format!("coordinator: generation {generation}, {change:?}"));
                let at_rest = self.clock.now_ms > FAULTS_UNTIL_MS;
                self.judge.generation_started(*generation, at_rest);
            }
            // An assignment changes also when a rebalance takes it away.
            GroupChange::Stabilised => {
                if let Some(group) = self.group() {
                    self.judge.handed_out(group.generation);
                }
            }
            GroupChange::Created
            | GroupChange::Reinstated(_)
            | GroupChange::Removed
            | GroupChange::PendingAdded(_)
            | GroupChange::MemberAdded { .. }
            | GroupChange::MemberRejoined { .. }
            | GroupChange::MemberReplaced { .. }
            | GroupChange::JoinAnswered(_)
            | GroupChange::OffersRestored { .. }
            | GroupChange::MemberRemoved(_)
            | GroupChange::NewMemberNoted(_)
            | GroupChange::RebalanceStarted { .. }
            | GroupChange::DelayExtended(_)
            | GroupChange::SyncParked { .. }
            | GroupChange::SyncReceived(_)
            | GroupChange::Assigned(_) => {}
        }
    }

    fn answer(&mut self, id: RequestId, response: muster_reference::coordinator::Response) {
        let Some(asked) = self.asked.remove(&id) else { return };
        self.tell(|| format!("c{}#{} is answered {response:?}", asked.client, asked.connection));
        self.judge.answered(&asked.slot, asked.generation, &response);
        self.note_joined(asked.client, &response);
        let after = self.delay(1, 15);
        let (client, connection) = (asked.client, asked.connection);
        self.clock
            .plan(after, Event::Answer { client, connection, id: asked.id, response: Box::new(response) });
        if let Some(pipe) = self.clients[client].pipes.get_mut(&connection) {
            pipe.busy = false;
        }
        self.plan_arrival(client, connection);
    }

    /// The next request of a connection will arrive, if there is one. What was given up may take long.
    pub(super) fn plan_arrival(&mut self, client: usize, connection: usize) {
        let late = connection != self.clients[client].connection;
        let after = if late { self.delay(1, 12_000) } else { self.delay(1, 15) };
        let Some(pipe) = self.clients[client].pipes.get_mut(&connection) else { return };
        if !pipe.arriving && !pipe.busy && !pipe.waiting.is_empty() {
            pipe.arriving = true;
            self.clock.plan(after, Event::Arrive { client, connection });
        }
    }

    pub(super) fn post(&mut self, client: usize, mail: Mail) {
        let connection = self.clients[client].connection;
        self.clients[client].pipe().waiting.push_back(mail);
        self.plan_arrival(client, connection);
    }
}
