//! The properties of the model, judged from outside: by what goes over the connections, by what the log takes, and by
//! what each consumer says that it owns.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Buf, Bytes};
use kafka_protocol::messages::ConsumerProtocolAssignment;
use kafka_protocol::protocol::Decodable;
use muster_reference::assignor::{Assignor, TopicPartition};
use muster_reference::consumer::Consumer;
use muster_reference::coordinator::{
    ErrorCode, Generation, GroupDescription, InstanceId, MemberId, OffsetCommit, Response, SyncGroup,
    TopicName,
};

/// A property, by its name in the model.
pub(super) type Property = &'static str;

/// Those that are judged.
pub(super) const PROPERTIES: [Property; 16] = [
    "one_owner_per_generation",
    "live_owners_disjoint",
    "assignment_disjoint",
    "assignment_complete",
    "committed_offset_monotonic",
    "stale_commit_fenced",
    "no_record_skipped",
    "generation_monotonic",
    "one_leader",
    "one_member_per_instance",
    "even_assignment",
    "acknowledged_is_durable",
    "no_rebalance_loop",
    "group_stabilises",
    "every_partition_owned",
    "every_record_committed",
];

/// Rebalances that may follow the last fault: those that it causes, and those that cooperative members add.
const MOST_LATE_REBALANCES: usize = 16;

/// A property that does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) property: Property,
    pub(super) reason: String,
}

/// A member, as long as it keeps its place: its instance id, else its member id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Instance(InstanceId),
    Member(MemberId),
}

impl Slot {
    pub(super) fn of(member: &MemberId, instance: Option<&InstanceId>) -> Self {
        instance.map_or_else(|| Self::Member(member.clone()), |instance| Self::Instance(instance.clone()))
    }
}

/// What is known of the past.
#[derive(Debug, Default)]
pub(super) struct Judge {
    violation: Option<Violation>,
    /// The only property that is of interest, if there is one.
    only: Option<Property>,
    highest: Generation,
    /// Rebalances since the last fault.
    pub(super) late: usize,
    /// The last generation whose assignments were handed out.
    synced: Generation,
    leaders: BTreeMap<Generation, MemberId>,
    handed: BTreeMap<(Generation, TopicPartition), Slot>,
    pub(super) committed: BTreeMap<TopicPartition, i64>,
    processed: BTreeMap<TopicPartition, BTreeSet<i64>>,
}

impl Judge {
    pub(super) fn new(only: Option<Property>) -> Self {
        Self { only, ..Self::default() }
    }

    pub(super) fn verdict(&mut self) -> Option<Violation> {
        self.violation.take()
    }

    pub(super) fn violated(&mut self, property: Property, reason: String) {
        if self.only.is_none_or(|only| only == property) {
            self.violation.get_or_insert(Violation { property, reason });
        }
    }

    /// A join completed, or the group became Empty.
    pub(super) fn generation_started(&mut self, generation: Generation, faults_are_over: bool) {
        self.late += usize::from(faults_are_over);
        if self.late > MOST_LATE_REBALANCES {
            self.violated("no_rebalance_loop", format!("{} rebalances since the last fault", self.late));
        }
        if generation <= self.highest {
            self.violated("generation_monotonic", format!("{generation} after {}", self.highest));
        }
        self.highest = self.highest.max(generation);
    }

    /// Another coordinator has read the log: it knows this generation and these offsets.
    pub(super) fn term_begins(&mut self, generation: Generation, committed: BTreeMap<TopicPartition, i64>) {
        if generation < self.synced {
            let reason = format!("{} was handed out, and the log knows {generation}", self.synced);
            self.violated("acknowledged_is_durable", reason);
        }
        self.highest = generation;
        self.synced = generation;
        self.leaders.retain(|of, _| *of <= generation);
        self.handed.retain(|(of, _), _| *of <= generation);
        self.committed = committed;
    }

    pub(super) fn members(&mut self, group: Option<&GroupDescription>) {
        let mut bearers = BTreeSet::new();
        for member in group.iter().flat_map(|group| &group.members) {
            if let Some(instance) = &member.instance
                && !bearers.insert(instance)
            {
                return self.violated("one_member_per_instance", format!("two members bear {instance}"));
            }
        }
    }

    /// A leader's SyncGroup. `alike`: all subscribe to the same topics.
    pub(super) fn evenly(&mut self, sync: &SyncGroup, assignor: Assignor, alike: bool) {
        let shares: Vec<Vec<TopicPartition>> =
            sync.assignments.iter().map(|(_, share)| partitions(share)).collect();
        let by_topic = |topic: &TopicName| -> Vec<usize> {
            shares.iter().map(|share| share.iter().filter(|p| p.topic == *topic).count()).collect()
        };
        let topics: BTreeSet<&TopicName> = shares.iter().flatten().map(|p| &p.topic).collect();
        let loads: Vec<Vec<usize>> = match assignor {
            Assignor::Range => topics.into_iter().map(by_topic).collect(),
            Assignor::RoundRobin | Assignor::Sticky => vec![shares.iter().map(Vec::len).collect()],
            // What moves is on its way.
            Assignor::CooperativeSticky => Vec::new(),
        };
        let uneven = |of: &Vec<usize>| of.iter().max() > of.iter().min().map(|least| least + 1).as_ref();
        if let Some(loads) = loads.iter().find(|loads| alike && uneven(loads)) {
            self.violated("even_assignment", format!("{loads:?} partitions"));
        }
    }

    pub(super) fn handed_out(&mut self, generation: Generation) {
        self.synced = generation;
    }

    /// An answer leaves the coordinator. `generation`: that of the request, if it was a SyncGroup.
    pub(super) fn answered(&mut self, slot: &Slot, generation: Generation, response: &Response) {
        match response {
            Response::JoinGroup(answer) if answer.error == ErrorCode::None => {
                let leader = self.leaders.entry(answer.generation).or_insert_with(|| answer.leader.clone());
                if *leader != answer.leader && matches!(slot, Slot::Member(_)) {
                    let reason =
                        format!("{leader} and {} lead generation {}", answer.leader, answer.generation);
                    self.violated("one_leader", reason);
                }
            }
            Response::SyncGroup(answer) if answer.error == ErrorCode::None => {
                for partition in partitions(&answer.assignment) {
                    let owner =
                        self.handed.entry((generation, partition.clone())).or_insert_with(|| slot.clone());
                    if owner != slot {
                        let reason =
                            format!("{owner:?} and {slot:?} own {partition} in generation {generation}");
                        self.violated("one_owner_per_generation", reason);
                    }
                }
            }
            Response::FindCoordinator(_)
            | Response::JoinGroup(_)
            | Response::SyncGroup(_)
            | Response::Heartbeat(_)
            | Response::LeaveGroup(_)
            | Response::OffsetCommit(_)
            | Response::TxnOffsetCommit(_)
            | Response::OffsetFetch(_)
            | Response::DeleteGroups(_)
            | Response::OffsetDelete(_) => {}
        }
    }

    /// A leader's SyncGroup. `all`: what the group subscribes to, if every member has a share in this round.
    pub(super) fn assigned(&mut self, sync: &SyncGroup, all: Option<&BTreeSet<TopicPartition>>) {
        let mut given = BTreeSet::new();
        for (member, share) in &sync.assignments {
            for partition in partitions(share) {
                if !given.insert(partition.clone()) {
                    self.violated("assignment_disjoint", format!("{partition} goes to {member} and another"));
                }
            }
        }
        if let Some(missing) = all.and_then(|all| all.difference(&given).next())
            && !sync.assignments.is_empty()
        {
            self.violated("assignment_complete", format!("{missing} goes to nobody"));
        }
    }

    pub(super) fn processed(&mut self, partition: &TopicPartition, offset: i64) {
        self.processed.entry(partition.clone()).or_default().insert(offset);
    }

    /// The coordinator accepts an offset. `group`: as it was before; `abandoned`: the client has given up.
    pub(super) fn accepted(
        &mut self,
        commit: &OffsetCommit,
        group: Option<&GroupDescription>,
        abandoned: bool,
        partition: &TopicPartition,
        offset: i64,
    ) {
        if let Some(group) = group.filter(|group| !group.members.is_empty()) {
            let known = group.members.iter().any(|member| member.member == commit.member);
            if !known || group.generation != commit.generation {
                let reason = format!("{} committed {partition} in {}", commit.member, commit.generation);
                self.violated("stale_commit_fenced", reason);
            }
        }
        let before = self.committed.insert(partition.clone(), offset).unwrap_or(0);
        if offset < before && !abandoned {
            let reason = format!("{} set {partition} from {before} to {offset}", commit.member);
            self.violated("committed_offset_monotonic", reason);
        }
        let seen = self.processed.get(partition);
        if let Some(skipped) = (0..offset).find(|o| !seen.is_some_and(|seen| seen.contains(o))) {
            let reason = format!("{partition} is committed at {offset}, record {skipped} was not processed");
            self.violated("no_record_skipped", reason);
        }
    }

    /// Two that own a partition, of which none is fenced.
    pub(super) fn owners<'c>(
        &mut self,
        group: Option<&GroupDescription>,
        consumers: impl Iterator<Item = &'c Consumer>,
    ) {
        let Some(group) = group else { return };
        let known = |c: &Consumer| group.members.iter().any(|member| member.member == *c.member());
        let mut owner: BTreeMap<&TopicPartition, &MemberId> = BTreeMap::new();
        for consumer in consumers.filter(|c| c.applied() >= self.synced && known(c)) {
            for partition in consumer.owned().keys() {
                if let Some(other) = owner.insert(partition, consumer.member()) {
                    let reason = format!("{other} and {} both own {partition}", consumer.member());
                    return self.violated("live_owners_disjoint", reason);
                }
            }
        }
    }

    pub(super) fn all_processed(&self, partition: &TopicPartition, records: i64) -> bool {
        let seen = self.processed.get(partition);
        (0..records).all(|offset| seen.is_some_and(|seen| seen.contains(&offset)))
    }
}

/// The partitions of an assignment; none if there are no bytes.
pub(super) fn partitions(bytes: &Bytes) -> Vec<TopicPartition> {
    let mut bytes = bytes.clone();
    let Ok(version) = bytes.try_get_i16() else { return Vec::new() };
    let Ok(assignment) = ConsumerProtocolAssignment::decode(&mut bytes, version) else { return Vec::new() };
    let topics = assignment.assigned_partitions.into_iter();
    let named = topics.flat_map(|t| {
        let topic = t.topic.as_str().to_owned();
        t.partitions
            .into_iter()
            .map(move |partition| TopicPartition { topic: topic.as_str().into(), partition })
    });
    named.collect()
}
