//! What tools and administrators ask of a group from outside (`GroupCoordinatorShard.deleteGroups`,
//! `OffsetMetadataManager.deleteOffsets`, `GroupMetadataManager.describeGroups`, `listGroups`).

mod refused;

use std::collections::{BTreeMap, BTreeSet};

use muster_specs::Rule;

pub(super) use refused::{failed_tool, refused_tool};

use super::{Group, Phase, Record, Then, Turn};
use crate::message::{
    DescribedGroup, DescribedMember, Error, ListedGroup, Response, ToolRequest, ToolResponse,
};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{Connection, Offset, Partition, ProtocolType, Topics};

/// From this API version on, an absent group is an error of `DescribeGroups` (KIP-1043).
const FIRST_VERSION_WITH_ABSENCE: i16 = 6;
/// From this API version on, `ListGroups` tells states (KIP-518).
const FIRST_VERSION_WITH_STATES: i16 = 4;

impl Turn<'_> {
    pub(super) fn ask_of_tool(&mut self, connection: Connection, request: &ToolRequest) {
        let (answer, writes) = match request {
            ToolRequest::DeleteGroups => (ToolResponse::DeleteGroups(self.delete_group()), true),
            ToolRequest::OffsetDelete { partitions } => {
                (ToolResponse::OffsetDelete(self.delete_offsets_of(partitions)), true)
            }
            ToolRequest::DescribeGroups { version } => {
                (ToolResponse::DescribeGroups(Ok(self.describe(*version))), false)
            }
            ToolRequest::ListGroups { version, state } => {
                (ToolResponse::ListGroups(Ok(self.list_groups(*version, *state))), false)
            }
        };
        let answer = Response::Tool(Box::new(answer));
        if writes {
            self.answer_write(connection, answer);
        } else {
            self.answer(connection, answer);
        }
    }

    fn delete_group(&mut self) -> Error {
        match self.state.group.as_ref().map(|group| group.phase) {
            None => self.reject_deletion_of_absent_group(),
            Some(Phase::Empty) => self.delete_empty_group(),
            Some(Phase::PreparingRebalance { .. } | Phase::CompletingRebalance | Phase::Stable) => {
                if self.mutated(Mutation::DeleteGroupWithMembers) {
                    self.end_timers_of_group();
                    return self.delete_empty_group();
                }
                self.reject_deletion_of_group_with_members()
            }
        }
    }

    fn reject_deletion_of_absent_group(&mut self) -> Error {
        self.follow(Rule::RejectDeletionOfAbsentGroup);
        Error::GroupIdNotFound
    }

    fn reject_deletion_of_group_with_members(&mut self) -> Error {
        self.follow(Rule::RejectDeletionOfGroupWithMembers);
        Error::NonEmptyGroup
    }

    /// With its offsets, and with the count of its generations. The timers of pending ids run on, and do nothing.
    fn delete_empty_group(&mut self) -> Error {
        self.follow(Rule::DeleteEmptyGroup);
        let open = self.state.open.0.iter().map(|open| open.partition);
        let all: Vec<Partition> = self.state.offsets.keys().copied().chain(open).collect();
        self.forget_offsets_of(&all);
        self.drop_group();
        Error::None
    }

    /// Those that are not there are passed over.
    pub(super) fn forget_offsets_of(&mut self, partitions: &[Partition]) {
        let held = self.drop_offset_of_open_transaction(partitions);
        let mut before: BTreeMap<Partition, Option<Offset>> = BTreeMap::new();
        let aged = self.state.aged;
        for partition in partitions {
            if let Some(offset) = self.state.offsets.remove(partition) {
                before.insert(*partition, Some(offset));
                self.state.aged.remove(*partition);
            }
        }
        let written: BTreeSet<Partition> = before.keys().copied().chain(held).collect();
        if written.is_empty() {
            return;
        }
        let write = self.write.get_or_insert_default();
        write.records.extend(written.into_iter().map(|partition| Record::Offset(partition, None)));
        write.then.push(Then::Commit { before, aged, now: BTreeMap::new(), abandoned: false });
    }

    /// Ghost: nobody reads on from these offsets, but who needs them.
    pub(super) fn no_longer_owed(&mut self, group: &Group, partitions: &[Partition]) {
        for partition in partitions.iter().filter(|partition| !group.may_need(**partition)) {
            self.state.ghost.acknowledged.remove(partition);
        }
    }

    /// If that cannot be written, it is back. The log of 3.9 has nothing of a group that never completed a join.
    pub(super) fn drop_group(&mut self) {
        let Some(group) = self.state.group.take() else { return };
        if group.members.is_empty() {
            self.state.ghost.begin_anew();
        }
        let write = self.write.get_or_insert_default();
        if self.scenario.has_failover() {
            write.records.push(Record::Group(None));
        }
        match self.scenario.release {
            Release::V3_9 => {}
            Release::V4_3 => write.then.push(Then::Delete(Box::new(group))),
        }
    }

    fn delete_offsets_of(&mut self, partitions: &[Partition]) -> Result<BTreeMap<Partition, Error>, Error> {
        self.look_for_unknown(partitions);
        let Some(group) = self.state.group.take() else {
            return Err(self.reject_offset_deletion_of_absent_group());
        };
        let admitted = group.phase == Phase::Empty || group.protocol_type == Some(ProtocolType::Consumer);
        let answer = if admitted {
            Ok(partitions.iter().map(|p| (*p, self.deletion_of(&group, *p))).collect())
        } else {
            Err(self.reject_offset_deletion_of_other_group())
        };
        self.state.group = Some(group);
        if answer.is_ok() {
            self.drop_group_after_deletion(partitions);
        }
        answer
    }

    /// Before the coordinator is asked.
    pub(super) fn look_at_partitions(&mut self, request: &ToolRequest) {
        match request {
            ToolRequest::OffsetDelete { partitions } => self.look_for_unknown(partitions),
            ToolRequest::DeleteGroups
            | ToolRequest::DescribeGroups { .. }
            | ToolRequest::ListGroups { .. } => {}
        }
    }

    fn look_for_unknown(&mut self, partitions: &[Partition]) {
        if partitions.iter().any(|partition| !self.scenario.has(*partition)) {
            self.report_unknown_partition_on_deletion();
        }
    }

    fn deletion_of(&mut self, group: &Group, partition: Partition) -> Error {
        if !self.scenario.has(partition) {
            Error::UnknownTopicOrPartition
        } else if group.is_subscribed_to(partition) && !self.mutated(Mutation::DeleteOffsetOfSubscribedTopic)
        {
            self.keep_offset_of_subscribed_topic()
        } else {
            self.no_longer_owed(group, &[partition]);
            self.delete_offset(partition)
        }
    }

    /// With the error of the request as a whole nothing is said of partitions.
    fn report_unknown_partition_on_deletion(&mut self) {
        self.follow(Rule::ReportUnknownPartitionOnDeletion);
    }

    fn reject_offset_deletion_of_absent_group(&mut self) -> Error {
        self.follow(Rule::RejectOffsetDeletionOfAbsentGroup);
        Error::GroupIdNotFound
    }

    fn reject_offset_deletion_of_other_group(&mut self) -> Error {
        self.follow(Rule::RejectOffsetDeletionOfOtherGroup);
        Error::NonEmptyGroup
    }

    fn keep_offset_of_subscribed_topic(&mut self) -> Error {
        self.follow(Rule::KeepOffsetOfSubscribedTopic);
        Error::GroupSubscribedToTopic
    }

    /// Whether there is one or not.
    fn delete_offset(&mut self, partition: Partition) -> Error {
        self.follow(Rule::DeleteOffset);
        self.forget_offsets_of(&[partition]);
        Error::None
    }

    /// 3.9 cleans up at once an Empty group that is left without offsets; 4.3 at the next retention check.
    fn drop_group_after_deletion(&mut self, partitions: &[Partition]) {
        let empty = self.state.group.as_ref().is_some_and(|group| group.phase == Phase::Empty);
        let allowed = partitions.iter().any(|partition| self.scenario.has(*partition));
        match self.scenario.release {
            Release::V3_9
                if empty && allowed && self.state.offsets.is_empty() && self.state.open.0.is_empty() =>
            {
                self.forget_group_without_offsets();
            }
            Release::V3_9 | Release::V4_3 => {}
        }
    }

    fn describe(&mut self, version: i16) -> DescribedGroup {
        let Some(group) = self.state.group.take() else { return self.describe_absent_group(version) };
        let described = self.describe_group(&group);
        self.state.group = Some(group);
        described
    }

    fn describe_group(&mut self, group: &Group) -> DescribedGroup {
        self.follow(Rule::DescribeGroup);
        let protocol = group.protocol.filter(|_| group.phase == Phase::Stable);
        let tells_assignments = match self.scenario.release {
            Release::V3_9 => group.phase == Phase::Stable,
            Release::V4_3 => true,
        };
        let members = group.members.iter().map(|(id, member)| DescribedMember {
            member: *id,
            instance: member.instance,
            offer: member.protocols.iter().find(|p| Some(p.name) == protocol).copied(),
            assignment: member.assignment.clone().filter(|_| tells_assignments),
        });
        DescribedGroup {
            error: Error::None,
            state: group.phase.name(),
            protocol_type: group.protocol_type,
            protocol,
            members: members.collect(),
        }
    }

    fn describe_absent_group(&mut self, version: i16) -> DescribedGroup {
        self.follow(Rule::DescribeAbsentGroup);
        let error = if version >= FIRST_VERSION_WITH_ABSENCE { Error::GroupIdNotFound } else { Error::None };
        DescribedGroup { error, state: "Dead", protocol_type: None, protocol: None, members: Vec::new() }
    }

    fn list_groups(&mut self, version: i16, state: Option<&'static str>) -> Option<ListedGroup> {
        self.follow(Rule::ListGroups);
        let group = self.state.group.as_ref()?;
        let name = group.phase.name();
        let told = (version >= FIRST_VERSION_WITH_STATES).then_some(name);
        let listed = ListedGroup { protocol_type: group.protocol_type, state: told };
        state.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)).then_some(listed)
    }

    /// What the members of a join that completes subscribe to, where somebody asks for it.
    pub(super) fn subscriptions(&mut self) -> Option<Topics> {
        if !self.scenario.has_tools() {
            return None;
        }
        let group = self.group();
        if group.protocol_type != Some(ProtocolType::Consumer) {
            return None;
        }
        let offers = group.members.values().flat_map(|member| &member.protocols);
        let chosen = offers.filter(|offer| Some(offer.name) == group.protocol);
        Some(chosen.fold(Topics::first(0), |all, offer| all.union(offer.topics)))
    }
}

impl Group {
    /// Whether the group reads the partition's topic; where that is not known, a consumer group reads every one
    /// (`ClassicGroup.isSubscribedToTopic`).
    pub(super) fn is_subscribed_to(&self, partition: Partition) -> bool {
        let of_consumers = self.protocol_type == Some(ProtocolType::Consumer);
        self.subscribed.map_or(of_consumers, |topics| topics.contains(partition.topic))
    }

    /// Ghost: whether a member of the completed join offered to read the partition, whatever was worked out of that. Who
    /// joins for the first time has nothing yet.
    fn may_need(&self, partition: Partition) -> bool {
        let offers = || self.members.values().flat_map(|member| &member.protocols);
        let reads = || {
            offers().any(|offer| Some(offer.name) == self.protocol && offer.topics.contains(partition.topic))
        };
        matches!(self.phase, Phase::CompletingRebalance | Phase::Stable) && reads()
    }
}
