//! A coordinator in a world that sends it anything, and checks what comes back.

mod op;

use std::collections::{BTreeMap, BTreeSet};

use muster_reference::coordinator::{
    Change, Client, Config, Coordinator, Effect, Generation, GroupChange, GroupId, Input, OffsetFetch,
    Position, Record, Release, Request, RequestId, Response, TimerKey, Timestamp, Transition,
};
use muster_specs::Rule;

pub(crate) use op::{Op, Setup, ops, setup};

/// The coordinator, and all that the world outside it knows.
pub(crate) struct World {
    coordinator: Coordinator,
    lossless: bool,
    requests: u64,
    unanswered: BTreeSet<RequestId>,
    timers: BTreeSet<TimerKey>,
    committed: Vec<Record>,
    written: Vec<Record>,
    generations: BTreeMap<GroupId, Generation>,
}

impl World {
    pub(crate) fn new(setup: Setup) -> Self {
        let config = Config {
            release: if setup.old_release { Release::V3_9 } else { Release::V4_3 },
            group_initial_rebalance_delay_ms: setup.delay_ms,
            group_max_size: setup.max_size,
            ..Config::default()
        };
        let mut coordinator = Coordinator::new(config);
        let topics = Input::Topics(BTreeMap::from([("t".into(), 2)]));
        let _ = coordinator.step(Timestamp(0), topics);
        Self {
            coordinator,
            lossless: setup.lossless,
            requests: 0,
            unanswered: BTreeSet::new(),
            timers: BTreeSet::new(),
            committed: Vec::new(),
            written: Vec::new(),
            generations: BTreeMap::new(),
        }
    }

    /// The input that an operation stands for at this moment, if it stands for one.
    fn input(&self, op: &Op) -> Option<Input> {
        let next = Position(self.committed.len() as u64);
        match op {
            Op::Ask(request) => Some(Input::Request {
                id: RequestId(self.requests + 1),
                client: Client::default(),
                fresh_member_id: format!("m{}", self.requests % 5).as_str().into(),
                request: op::stamped(request.clone(), self.requests + 1),
            }),
            Op::Fire(at) => {
                let count = self.timers.len().max(1);
                self.timers.iter().nth(at % count).cloned().map(Input::Timer)
            }
            Op::FireAnyway(key) => Some(Input::Timer(key.clone())),
            Op::Commit if self.written.is_empty() => None,
            Op::Commit => {
                let last = next.0 + self.written.len() as u64 - 1;
                Some(Input::Committed { through: Position(last) })
            }
            Op::CheckRetention => Some(Input::RetentionCheck),
            Op::EndTransaction(producer, commits) => {
                Some(Input::EndTransaction { producer: *producer, commits: *commits })
            }
            Op::Lose(_) if self.lossless || self.written.is_empty() => None,
            Op::Lose(error) => Some(Input::AppendFailed { first: next, error: *error }),
        }
    }

    pub(crate) fn decide_twice(&self, op: &Op) {
        if let Some(input) = self.input(op) {
            let before = self.coordinator.clone();
            let once = self.coordinator.handle(Timestamp(0), input.clone());
            assert_eq!(once, self.coordinator.handle(Timestamp(0), input));
            assert_eq!(before, self.coordinator);
        }
    }

    pub(crate) fn take(&mut self, op: &Op) {
        let Some(input) = self.input(op) else { return };
        // The world never gives out an id that is in use: such a join is not sent, and the next is given another.
        if let Input::Request { id, fresh_member_id, request: Request::JoinGroup(join), .. } = &input
            && self.coordinator.is_known(&join.group, fresh_member_id)
        {
            self.requests = id.0;
            return;
        }
        match &input {
            Input::Request { id, .. } => {
                self.requests = id.0;
                self.unanswered.insert(*id);
            }
            Input::Timer(key) => {
                self.timers.remove(key);
            }
            Input::Committed { .. } => self.committed.append(&mut self.written),
            Input::AppendFailed { .. } => {
                self.written.clear();
                // A group that is lost starts again.
                self.generations.clear();
            }
            Input::Topics(_) | Input::RetentionCheck | Input::EndTransaction { .. } | Input::Resigned => {}
        }
        let transition = self.coordinator.step(Timestamp(0), input);
        self.observe(&transition);
        self.check_groups();
    }

    fn observe(&mut self, transition: &Transition) {
        for change in &transition.changes {
            if let Change::Append { position, record } = change {
                let expected = self.committed.len() + self.written.len();
                assert_eq!(position.0, expected as u64, "records stand one after the other");
                self.written.push(record.clone());
            }
        }
        for effect in &transition.effects {
            match effect {
                Effect::Answer { id, after, .. } => {
                    assert!(
                        self.unanswered.remove(id),
                        "{id:?} is answered, and was not asked or was answered"
                    );
                    let replicated = after.is_none_or(|position| position.0 < self.committed.len() as u64);
                    assert!(replicated, "{id:?} is answered before its record is replicated");
                }
                Effect::SetTimer { key, .. } => {
                    self.timers.insert(key.clone());
                }
                Effect::CancelTimer { key } => {
                    self.timers.remove(key);
                }
            }
        }
        self.check_unanswered(transition);
    }

    /// Whatever is neither answered nor parked was replaced by a retry, was the parked SyncGroup of who left, or waited in
    /// a group that was made without a record and is lost with the next.
    fn check_unanswered(&mut self, transition: &Transition) {
        let parked = self.coordinator.unanswered();
        let abandoned: Vec<_> = self.unanswered.difference(&parked).copied().collect();
        let excuses = transition.rules.iter().filter(|rule| {
            matches!(
                rule,
                Rule::ReplaceParkedJoin
                    | Rule::ReplaceParkedSync
                    | Rule::RemoveLeavingMember
                    | Rule::RemoveStaticMemberByInstance
                    | Rule::UndoReplacement
            )
        });
        let lost = transition.changes.iter().any(|change| matches!(change, Change::Lost { .. }));
        let forgets =
            |change: &Change| lost && matches!(change, Change::Group { change: GroupChange::Removed, .. });
        let forgotten = transition.changes.iter().any(forgets);
        assert!(forgotten || abandoned.len() <= excuses.count(), "{abandoned:?} hang: {transition:?}");
        for id in abandoned {
            self.unanswered.remove(&id);
        }
        assert_eq!(parked, self.unanswered, "what is parked was asked");
    }

    fn check_groups(&mut self) {
        // A group that is deleted starts again.
        self.generations.retain(|group, _| self.coordinator.describe_group(group).is_some());
        for listed in self.coordinator.list_groups() {
            let group = self.coordinator.describe_group(&listed.group).unwrap();
            let before = self.generations.insert(listed.group.clone(), group.generation);
            assert!(before <= Some(group.generation), "{}: the generation went back", listed.group);
            let is_member = |id| group.members.iter().any(|member| member.member == id);
            assert_eq!(group.leader.is_some(), !group.members.is_empty(), "a group leads itself");
            assert!(group.leader.clone().is_none_or(is_member), "the leader is no member");
            assert_eq!(
                group.state == "Empty",
                group.members.is_empty() && group.state != "PreparingRebalance"
            );
            let instances: Vec<_> = group.members.iter().filter_map(|m| m.instance.as_ref()).collect();
            let distinct: BTreeSet<_> = instances.iter().collect();
            assert_eq!(distinct.len(), instances.len(), "two members of one instance");
            if group.state == "Stable" {
                let given = group.members.iter().filter(|member| !member.assignment.is_empty());
                let given: Vec<_> =
                    given.map(|m| (m, String::from_utf8(m.assignment.to_vec()).unwrap())).collect();
                let rounds: BTreeSet<_> = given
                    .iter()
                    .filter_map(|(_, text)| text.split_once('@'))
                    .map(|(_, round)| round)
                    .collect();
                assert!(rounds.len() <= 1, "one leader's SyncGroup");
                // What the leader gave to an instance stays with it under another id.
                for (member, text) in given.iter().filter(|(member, _)| member.instance.is_none()) {
                    let meant_for = text.split_once('@').unwrap().0;
                    assert_eq!(meant_for, member.member.as_str(), "meant for another");
                }
            }
        }
    }

    /// Lets every record be replicated and every timer fire until nothing is left to happen.
    pub(crate) fn drain(&mut self) {
        for _ in 0..50 {
            self.take(&Op::Commit);
            for key in self.timers.clone() {
                self.take(&Op::FireAnyway(key));
            }
        }
        self.take(&Op::Commit);
        assert_eq!(self.unanswered, BTreeSet::new(), "parked for ever");
        assert!(self.coordinator.list_groups().iter().all(|group| group.state == "Empty"), "nobody is left");
    }

    pub(crate) fn check_restored(&self) {
        let config = self.coordinator.config().clone();
        let (restored, _) = Coordinator::restore(config, self.committed.clone(), Timestamp(0));
        for listed in self.coordinator.list_groups() {
            let group = listed.group;
            assert_eq!(offsets(&self.coordinator, &group), offsets(&restored, &group));
            let (old, new) =
                (self.coordinator.describe_group(&group).unwrap(), restored.describe_group(&group));
            match old.state {
                "Stable" => assert_eq!(new.as_ref(), Some(&old)),
                "Empty" => {
                    let generation = new.as_ref().map_or(Generation(0), |group| group.generation);
                    assert_eq!(generation, old.generation);
                    assert!(new.is_none_or(|group| group.members.is_empty()));
                }
                _ => {}
            }
        }
    }
}

fn offsets(coordinator: &Coordinator, group: &GroupId) -> Response {
    let request = OffsetFetch { version: 9, group: group.clone(), topics: None, require_stable: false };
    let input = Input::Request {
        id: RequestId(0),
        client: Client::default(),
        fresh_member_id: "unused".into(),
        request: Request::OffsetFetch(request),
    };
    match coordinator.handle(Timestamp(0), input).effects.as_slice() {
        [Effect::Answer { response, .. }] => response.clone(),
        other => panic!("one answer, not {other:?}"),
    }
}
