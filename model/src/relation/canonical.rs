//! Places and inputs without the names that do not matter.
//!
//! Member ids are numbered by order, connections dropped, generations told apart only as "none completed yet" and
//! "the present one", ghosts and budgets cleared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Input, Place};
use crate::coordinator::{Coordinator, CoordinatorTimer, Ghost, Parked};
use crate::message::Request;
use crate::types::{ClientId, Connection, Generation, MemberId};

/// What is equal exactly when two places differ in names only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlaceKey(Coordinator, BTreeSet<CoordinatorTimer>, BTreeSet<MemberId>, bool);

/// The place without names.
pub(super) fn place(place: &Place) -> PlaceKey {
    let names = names(&place.coordinator);
    let mut coordinator = place.coordinator.clone();
    coordinator.ghost = Ghost::default();
    coordinator.expired = 0;
    coordinator.issued = 0;
    for group in coordinator.group.iter_mut().chain(&mut coordinator.log) {
        group.generation = Generation(group.generation.0.min(1));
        // Only whether there is one matters.
        group.replaced_unsynced = group.replaced_unsynced.first().map(|_| MemberId(0)).into_iter().collect();
        group.members =
            std::mem::take(&mut group.members).into_iter().map(|(m, member)| (names[&m], member)).collect();
        group.pending =
            std::mem::take(&mut group.pending).into_iter().map(|(m, pending)| (names[&m], pending)).collect();
        group.leaders = group.leaders.iter().filter_map(|m| names.get(m).copied()).collect();
        for member in group.members.values_mut() {
            member.client = ClientId(0);
            member.dead = false;
            member.parked = without_connection(member.parked);
        }
        for pending in group.pending.values_mut() {
            pending.client = ClientId(0);
            pending.dead = false;
        }
    }
    let timers: BTreeSet<_> = place.timers.iter().filter_map(|t| timer(&names, *t)).collect();
    let told = place.told.iter().filter_map(|m| names.get(m).copied()).collect();
    PlaceKey(coordinator, timers, told, place.urgent)
}

/// The input without names: equal at equal places exactly when it differs in names only.
pub(super) fn input(place: &Place, input: &Input) -> Input {
    let names = names(&place.coordinator);
    match input {
        Input::Timer(fired) => Input::Timer(timer(&names, *fired).unwrap_or(*fired)),
        Input::Request(request) => {
            let generation = place.coordinator.group.as_ref().map_or(Generation::ZERO, |g| g.generation);
            Input::Request(rename(&names, generation, request))
        }
        Input::Leadership(change) => Input::Leadership(*change),
    }
}

fn names(coordinator: &Coordinator) -> BTreeMap<MemberId, MemberId> {
    let groups = || coordinator.group.iter().chain(&coordinator.log);
    let ids: BTreeSet<MemberId> =
        groups().flat_map(|group| group.members.keys().chain(group.pending.keys())).copied().collect();
    ids.into_iter().zip((0..).map(MemberId)).collect()
}

fn without_connection(parked: Parked) -> Parked {
    let nowhere = Connection { client: ClientId(0), number: 0 };
    Parked { join: parked.join.map(|_| nowhere), sync: parked.sync.map(|_| nowhere) }
}

/// A timer of an id that is no longer known does nothing.
fn timer(names: &BTreeMap<MemberId, MemberId>, timer: CoordinatorTimer) -> Option<CoordinatorTimer> {
    match timer {
        CoordinatorTimer::Session(member) => names.get(&member).copied().map(CoordinatorTimer::Session),
        CoordinatorTimer::NewMemberJoin(member) => {
            names.get(&member).copied().map(CoordinatorTimer::NewMemberJoin)
        }
        CoordinatorTimer::InitialDelay
        | CoordinatorTimer::Rebalance
        | CoordinatorTimer::PendingSync
        | CoordinatorTimer::PreferLast => Some(timer),
    }
}

/// The request with members by order and generations relative to the present one.
fn rename(names: &BTreeMap<MemberId, MemberId>, present: Generation, request: &Request) -> Request {
    let member = |m: MemberId| names.get(&m).copied().unwrap_or(super::STRANGER);
    let relative = |g: Generation| {
        if g == Generation::NONE { g } else { Generation(g.0 - present.0) }
    };
    let mut request = request.clone();
    match &mut request {
        Request::JoinGroup(join) => join.member = join.member.map(member),
        Request::SyncGroup(sync) => {
            sync.member = member(sync.member);
            sync.generation = relative(sync.generation);
            sync.assignments =
                std::mem::take(&mut sync.assignments).into_iter().map(|(m, p)| (member(m), p)).collect();
        }
        Request::Heartbeat { member: m, instance: _, generation } => {
            *m = member(*m);
            *generation = relative(*generation);
        }
        Request::LeaveGroup(leave) => leave.leaver.member = leave.leaver.member.map(member),
        Request::OffsetCommit(commit) => {
            commit.member = commit.member.map(member);
            commit.generation = relative(commit.generation);
        }
        Request::FindCoordinator | Request::OffsetFetch { .. } | Request::WithEmptyGroupId(_) => {}
    }
    request
}
