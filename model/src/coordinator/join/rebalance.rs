//! From the start of a rebalance to the answers of its `JoinGroup`s (`prepareRebalance`,
//! `completeClassicGroupJoin`).

use std::collections::BTreeSet;

use muster_specs::Rule;

use super::super::{CoordinatorTimer, LeaderChoice, Member, Phase, Turn};
use crate::message::Error;
use crate::mutation::Mutation;
use crate::types::{Connection, MemberId, ProtocolName};

impl Turn<'_> {
    /// From Empty the join ends by the initial delay, otherwise when all have joined or the rebalance timeout is
    /// over.
    pub(in crate::coordinator) fn start_rebalance(&mut self) {
        self.follow(Rule::StartRebalance);
        // From Stable members keep what they were given, which only tools can see.
        let (completing, tools) = (self.group().phase == Phase::CompletingRebalance, self.scenario.tools);
        if completing {
            self.cancel_parked_syncs(Error::RebalanceInProgress);
        }
        for member in self.group().members.values_mut() {
            member.pending_sync = false;
            if completing || !tools {
                member.assignment = None;
            }
        }
        self.group().replaced_unsynced.clear();
        self.cancel(CoordinatorTimer::PendingSync);
        let initial = self.group().phase == Phase::Empty;
        self.group().aged = false;
        self.group().phase = Phase::PreparingRebalance { initial };
        if initial {
            self.delay_initial_rebalance();
        } else if self.all_members_joined() {
            self.complete_join();
        } else {
            self.set(CoordinatorTimer::Rebalance);
            self.wait_for_all_members();
        }
    }

    fn delay_initial_rebalance(&mut self) {
        self.follow(Rule::DelayInitialRebalance);
        self.set(CoordinatorTimer::InitialDelay);
    }

    /// Members that have not rejoined, and pending ids, keep the join open.
    pub(in crate::coordinator) fn wait_for_all_members(&mut self) {
        self.follow(Rule::WaitForAllMembers);
    }

    /// Whether nobody is waited for any longer in a rebalance that did not start from Empty.
    pub(in crate::coordinator) fn is_join_complete(&mut self) -> bool {
        self.group().phase == (Phase::PreparingRebalance { initial: false }) && self.all_members_joined()
    }

    fn all_members_joined(&mut self) -> bool {
        self.mutated(Mutation::CompleteJoinAtOnce) || self.group().has_all_members_joined()
    }

    /// `maybeCompleteJoinPhase`: an initial rebalance ends by its timer only.
    pub(in crate::coordinator) fn complete_join_if_all_joined(&mut self) {
        let phase = self.group().phase;
        match phase {
            Phase::PreparingRebalance { initial: false } if self.all_members_joined() => self.complete_join(),
            Phase::PreparingRebalance { initial: false } => self.wait_for_all_members(),
            Phase::PreparingRebalance { initial: true }
            | Phase::Empty
            | Phase::CompletingRebalance
            | Phase::Stable => {}
        }
    }

    pub(in crate::coordinator) fn complete_join(&mut self) {
        self.cancel(CoordinatorTimer::InitialDelay);
        self.cancel(CoordinatorTimer::Rebalance);
        self.remove_members_not_rejoined();
        self.keep_static_members_not_rejoined();
        let members = &self.group().members;
        if !members.is_empty() && !members.values().any(Member::awaits_join) {
            return self.postpone_join_without_rejoined_members();
        }
        self.next_incarnation();
        self.forget_offsets();
        if self.group().members.is_empty() {
            return self.empty_group_without_members();
        }
        self.follow(Rule::CompleteJoin);
        self.select_protocol();
        self.elect_leader();
        self.group().phase = Phase::CompletingRebalance;
        self.answer_parked_joins();
        self.set(CoordinatorTimer::PendingSync);
    }

    /// Each completed join has a generation of its own, an empty group too.
    fn next_incarnation(&mut self) {
        let keep = self.mutated(Mutation::KeepGenerationOnRebalance);
        let group = self.group();
        if !keep || group.generation.0 == 0 {
            group.generation = group.generation.next();
        }
        let generation = group.generation;
        let ghost = &mut self.state.ghost;
        ghost.generation_reissued |= ghost.highest.is_some_and(|highest| generation <= highest);
        ghost.highest = ghost.highest.max(Some(generation));
        ghost.named_leaders.clear();
        ghost.handed.clear();
    }

    fn remove_members_not_rejoined(&mut self) {
        let members = self.group().members.iter();
        let gone: Vec<MemberId> =
            members.filter(|(_, m)| !m.awaits_join() && m.instance.is_none()).map(|(id, _)| *id).collect();
        if !gone.is_empty() {
            self.follow(Rule::RemoveMembersNotRejoined);
        }
        for member in gone {
            self.remove(member);
        }
    }

    fn empty_group_without_members(&mut self) {
        self.follow(Rule::EmptyGroupWithoutMembers);
        let reset = self.mutated(Mutation::ResetGenerationWhenEmpty);
        let subscribed = self.subscriptions();
        let group = self.group();
        group.phase = Phase::Empty;
        group.protocol = None;
        group.subscribed = subscribed;
        group.aged = false;
        if reset {
            group.generation = crate::types::Generation::ZERO;
        }
        self.log_group(None);
    }

    /// Every member votes for the first of its protocols that all offer. Ties are outside the model's alphabets.
    fn select_protocol(&mut self) {
        self.follow(Rule::SelectProtocol);
        self.group().protocol = self.winning_protocol();
        self.group().subscribed = self.subscriptions();
    }

    /// `ClassicGroup.selectProtocol`.
    pub(in crate::coordinator) fn winning_protocol(&mut self) -> Option<ProtocolName> {
        let group = self.group();
        let common =
            |name: ProtocolName| group.members.values().all(|m| m.protocols.iter().any(|p| p.name == name));
        let votes =
            group.members.values().filter_map(|m| m.protocols.iter().map(|p| p.name).find(|n| common(*n)));
        let votes: Vec<ProtocolName> = votes.collect();
        votes.iter().copied().max_by_key(|name| votes.iter().filter(|v| *v == name).count())
    }

    /// The leader, where it is not certain: Kafka takes any of the candidates. One that has not rejoined, a static
    /// member, loses the lead to any that has.
    fn elect_leader(&mut self) {
        self.follow(Rule::ElectLeader);
        let last = std::mem::take(&mut self.state.prefer_last);
        let group = self.group();
        let rejoined = |m: &MemberId| group.members.get(m).is_some_and(Member::awaits_join);
        let stays = group.leaders.iter().all(rejoined);
        let candidates: BTreeSet<MemberId> =
            if stays { group.leaders.clone() } else { group.members.keys().copied().collect() };
        let among: Vec<MemberId> = candidates.into_iter().filter(rejoined).collect();
        let chosen = if last { among.last() } else { among.first() };
        let Some(chosen) = chosen.copied() else { return };
        group.leaders = [chosen].into();
        if among.len() > 1 {
            self.effects.choice = Some(LeaderChoice { chosen, among });
        }
    }

    /// All answers of a generation leave together.
    fn answer_parked_joins(&mut self) {
        let members: Vec<(MemberId, Option<Connection>)> =
            self.group().members.iter().map(|(id, member)| (*id, member.parked.join)).collect();
        for (member, parked) in members {
            if let Some(known) = self.member(member) {
                known.parked.join = None;
                known.is_new = false;
                known.pending_sync = true;
            }
            if let Some(connection) = parked {
                self.answer_joined(connection, member);
            }
            self.restart_session_timer(member);
        }
    }
}
