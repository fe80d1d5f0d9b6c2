//! JoinGroup (`GroupMetadataManager.classicGroupJoinToClassicGroup` and what it calls).

mod rebalance;

use muster_specs::Rule;

use super::{CoordinatorTimer, Group, Identity, Member, Parked, Pending, Phase, Turn};
use crate::message::{Error, JoinError, JoinGroup, Joined, JoinedGroup, Response};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{Connection, Generation, MemberId, ProtocolName, ProtocolType, Topics};

/// From this API version on, a dynamic member first gets an id (KIP-394).
const FIRST_VERSION_WITH_REQUIRED_ID: i16 = 4;

impl Turn<'_> {
    /// In this order: timeout, group, size, protocols, member id, state.
    pub(super) fn join_group(&mut self, connection: Connection, join: &JoinGroup) {
        if !join.session_timeout.is_accepted() {
            return self.reject_session_timeout_out_of_bounds(connection);
        }
        if self.state.group.is_none() && join.member.is_some() {
            return self.reject_join_of_absent_group(connection);
        }
        if self.state.group.is_none() {
            self.state.group = Some(Group::new());
            self.log_new_group();
        }
        if !self.accepts_joining(join.member) {
            return self.reject_join_over_max_size(connection, join.member);
        }
        if !self.supports_protocols(join) {
            return self.reject_join_with_inconsistent_protocol(connection);
        }
        let named = join.instance.and_then(|i| self.group().static_member(i));
        match join.member {
            None => self.join_of_new_member(connection, join, named),
            Some(member) => self.join_of_known_member(connection, member, join),
        }
    }

    pub(super) fn group(&mut self) -> &mut Group {
        self.state.group.get_or_insert_with(Group::new)
    }

    /// The member, which the caller has looked up before.
    pub(super) fn member(&mut self, member: MemberId) -> Option<&mut Member> {
        self.group().members.get_mut(&member)
    }

    fn join_of_new_member(&mut self, connection: Connection, join: &JoinGroup, named: Option<MemberId>) {
        let member = MemberId(self.state.issued);
        self.state.issued += 1;
        if let Some(old) = named.filter(|_| !self.mutated(Mutation::AdmitKnownInstance)) {
            self.replace_static_member(connection, old, member, join);
        } else if join.instance.is_some() {
            self.admit_static_member(connection, member, join);
        } else if join.version >= FIRST_VERSION_WITH_REQUIRED_ID
            && !self.mutated(Mutation::SkipMemberIdRequired)
        {
            self.require_member_id(connection, member);
        } else {
            self.admit_member_without_id(connection, member, join);
        }
    }

    fn join_of_known_member(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        let group = self.group();
        if group.pending.contains_key(&member) && join.instance.is_some() {
            return self.reject_pending_member_with_instance(connection);
        }
        if group.pending.contains_key(&member) {
            return self.admit_pending_member(connection, member, join);
        }
        if group.identify(Some(member), join.instance) == Identity::Replaced {
            let error = self.fence_replaced_static_member();
            return self.refuse(connection, error);
        }
        let named = |known: &&Member| join.instance.is_none() || known.instance == join.instance;
        let Some(known) = group.members.get(&member).filter(named) else {
            return self.reject_join_of_unknown_member(connection);
        };
        let unchanged = known.protocols == join.protocols;
        match group.phase {
            Phase::PreparingRebalance { .. } => self.park_rejoin_while_preparing(connection, member, join),
            Phase::CompletingRebalance if unchanged => {
                self.repeat_join_answer_while_completing(connection, member);
            }
            Phase::CompletingRebalance => self.rebalance_on_changed_metadata(connection, member, join),
            Phase::Stable if group.is_leader(member) => {
                self.rebalance_on_leader_rejoin(connection, member, join);
            }
            Phase::Stable if unchanged => self.repeat_join_answer_to_follower(connection, member),
            Phase::Stable => self.rebalance_on_changed_metadata(connection, member, join),
            Phase::Empty => self.reject_join_of_unknown_member(connection),
        }
    }

    /// `acceptJoiningMember`: Preparing counts the members that wait, Completing and Stable count all.
    fn accepts_joining(&mut self, member: Option<MemberId>) -> bool {
        let Some(max) = self.scenario.bounds.group_max_size.map(usize::from) else {
            return true;
        };
        let group = self.group();
        let known = member.and_then(|m| group.members.get(&m));
        match group.phase {
            Phase::Empty => true,
            Phase::PreparingRebalance { .. } => {
                let awaiting = group.members.values().filter(|m| m.awaits_join()).count();
                known.is_some_and(Member::awaits_join) || awaiting < max
            }
            Phase::CompletingRebalance | Phase::Stable => known.is_some() || group.members.len() < max,
        }
    }

    /// `ClassicGroup.supportsProtocols`.
    fn supports_protocols(&mut self, join: &JoinGroup) -> bool {
        let group = self.group();
        if group.phase == Phase::Empty {
            return join.protocol_type != ProtocolType::Empty && !join.protocols.is_empty();
        }
        let common = |name| group.members.values().all(|m| m.protocols.iter().any(|p| p.name == name));
        group.protocol_type == Some(join.protocol_type) && join.protocols.iter().any(|p| common(p.name))
    }

    pub(super) fn refuse(&mut self, connection: Connection, error: Error) {
        self.answer(connection, Response::JoinGroup(Err(JoinError::new(error))));
    }

    fn reject_session_timeout_out_of_bounds(&mut self, connection: Connection) {
        self.follow(Rule::RejectSessionTimeoutOutOfBounds);
        self.refuse(connection, Error::InvalidSessionTimeout);
    }

    fn reject_join_of_absent_group(&mut self, connection: Connection) {
        self.follow(Rule::RejectJoinOfAbsentGroup);
        self.refuse(connection, Error::UnknownMemberId);
    }

    /// The refused id is removed. The new coordinator does not look whether the join is complete without it; the
    /// Scala one does, as after every JoinGroup (`DelayedJoin.tryComplete`).
    fn reject_join_over_max_size(&mut self, connection: Connection, member: Option<MemberId>) {
        self.follow(Rule::RejectJoinOverMaxSize);
        self.refuse(connection, Error::GroupMaxSizeReached);
        if let Some(member) = member {
            self.remove(member);
        }
        if self.scenario.release == Release::V3_9 {
            self.complete_join_if_all_joined();
        }
    }

    fn reject_join_with_inconsistent_protocol(&mut self, connection: Connection) {
        self.follow(Rule::RejectJoinWithInconsistentProtocol);
        self.refuse(connection, Error::InconsistentGroupProtocol);
    }

    fn reject_join_of_unknown_member(&mut self, connection: Connection) {
        self.follow(Rule::RejectJoinOfUnknownMember);
        self.refuse(connection, Error::UnknownMemberId);
    }

    /// Ghost: an earlier pending id of the same client is an orphan, since its answer was given up.
    fn require_member_id(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::RequireMemberId);
        let client = connection.client;
        let group = self.group();
        group.pending.values_mut().filter(|p| p.client == client).for_each(|p| p.dead = true);
        group.pending.insert(member, Pending { client, dead: false });
        self.set(CoordinatorTimer::Session(member));
        let error = JoinError { member: Some(member), ..JoinError::new(Error::MemberIdRequired) };
        self.answer(connection, Response::JoinGroup(Err(error)));
    }

    fn admit_member_without_id(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        self.follow(Rule::AdmitMemberWithoutId);
        self.add_member(connection, member, join);
    }

    fn admit_pending_member(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        self.follow(Rule::AdmitPendingMember);
        self.add_member(connection, member, join);
    }

    /// `addMemberThenRebalanceOrCompleteJoin`.
    pub(super) fn add_member(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        let release = self.scenario.release;
        let group = self.group();
        if group.phase == (Phase::PreparingRebalance { initial: true }) {
            group.member_added |= release == Release::V4_3 || group.generation == Generation::ZERO;
        }
        if group.members.is_empty() {
            group.protocol_type = Some(join.protocol_type);
            group.leaders = [member].into();
        }
        group.pending.remove(&member);
        let added = Member {
            client: connection.client,
            instance: join.instance,
            protocols: join.protocols.clone(),
            assignment: None,
            parked: Parked { join: Some(connection), sync: None },
            is_new: true,
            pending_sync: false,
            dead: false,
        };
        group.members.insert(member, added);
        self.cancel(CoordinatorTimer::Session(member));
        self.set(CoordinatorTimer::NewMemberJoin(member));
        if self.admits_to_present_generation() {
            return self.admit_to_present_generation(member);
        }
        self.rebalance_or_complete_join();
    }

    fn park_rejoin_while_preparing(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        self.follow(Rule::ParkRejoinWhilePreparing);
        self.park_join(connection, member, join);
        self.complete_join_if_all_joined();
    }

    fn rebalance_on_changed_metadata(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        self.follow(Rule::RebalanceOnChangedMetadata);
        self.park_join(connection, member, join);
        self.start_rebalance();
    }

    fn rebalance_on_leader_rejoin(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        self.follow(Rule::RebalanceOnLeaderRejoin);
        self.park_join(connection, member, join);
        self.start_rebalance();
    }

    /// `ClassicGroup.updateMember`.
    pub(super) fn park_join(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        let Some(known) = self.member(member) else { return };
        known.protocols.clone_from(&join.protocols);
        if let Some(replaced) = known.parked.join.replace(connection) {
            self.leave_unanswered(replaced, connection);
            self.replace_parked_join();
        }
    }

    /// The request that was parked is never answered.
    fn replace_parked_join(&mut self) {
        self.follow(Rule::ReplaceParkedJoin);
    }

    fn repeat_join_answer_while_completing(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::RepeatJoinAnswerWhileCompleting);
        self.answer_joined(connection, member);
    }

    fn repeat_join_answer_to_follower(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::RepeatJoinAnswerToFollower);
        self.answer_joined(connection, member);
    }

    /// The JoinGroup answer of the present generation.
    pub(super) fn answer_joined(&mut self, connection: Connection, member: MemberId) {
        if let Some(joined) = self.joined(member) {
            self.answer(connection, Response::JoinGroup(Ok(joined)));
        }
    }

    /// What the JoinGroup answer of the present generation tells a member.
    pub(super) fn joined(&mut self, member: MemberId) -> Option<JoinedGroup> {
        let every = self.mutated(Mutation::NameEveryMemberLeader);
        let group = self.group();
        let leads = every || group.is_leader(member);
        let leader = if every { Some(member) } else { group.leaders.first().copied() }?;
        let protocol = group.protocol?;
        let members = if leads { listed(group, protocol) } else { Vec::new() };
        let generation = group.generation;
        self.state.ghost.named_leaders.insert(leader);
        Some(JoinedGroup { generation, protocol, leader, member, members, skip_assignment: false })
    }

    pub(super) fn rebalance_or_complete_join(&mut self) {
        match self.group().phase {
            Phase::PreparingRebalance { .. } => self.complete_join_if_all_joined(),
            Phase::Empty | Phase::CompletingRebalance | Phase::Stable => self.start_rebalance(),
        }
    }
}

fn listed(group: &Group, protocol: ProtocolName) -> Vec<Joined> {
    let offer = |m: &Member| m.protocols.iter().find(|p| p.name == protocol).copied();
    let topics = |m: &Member| offer(m).map_or(Topics::first(0), |p| p.topics);
    let claim = |m: &Member| offer(m).and_then(|p| p.claim);
    let listed = |(id, m): (&MemberId, &Member)| Joined {
        member: *id,
        instance: m.instance,
        topics: topics(m),
        claim: claim(m),
    };
    group.members.iter().map(listed).collect()
}
