//! Places and inputs without the names that do not matter.
//!
//! Member ids are numbered by order, connections dropped, generations told apart only as "none completed yet" and
//! "the present one", ghosts and budgets cleared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Input, Place};
use crate::coordinator::{Coordinator, CoordinatorTimer, Ghost, Group, Parked, Record, Then};
use crate::message::{Request, Response};
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
    coordinator.log.terms = 0;
    let present = coordinator.group.as_ref().map_or(Generation::ZERO, |g| g.generation);
    let written = coordinator.log.unreplicated.iter_mut();
    for write in written {
        write.records.iter_mut().for_each(|record| rename_record(&names, record));
        write.then.iter_mut().for_each(|then| rename_then(&names, present, then));
    }
    for group in coordinator.group.iter_mut().chain(&mut coordinator.log.group) {
        rename_group(&names, group);
    }
    let timers: BTreeSet<_> = place.timers.iter().filter_map(|t| timer(&names, *t)).collect();
    let told = place.told.iter().filter_map(|m| names.get(m).copied()).collect();
    PlaceKey(coordinator, timers, told, place.urgent)
}

fn rename_group(names: &Names, group: &mut Group) {
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

fn rename_record(names: &Names, record: &mut Record) {
    match record {
        Record::Group(Some(group)) => rename_group(names, group),
        Record::Group(None) | Record::Offset(..) | Record::OpenOffset(..) | Record::EndTransaction(..) => {}
    }
}

fn rename_then(names: &Names, present: Generation, then: &mut Then) {
    let member = |m: &MemberId| names.get(m).copied().unwrap_or(super::STRANGER);
    match then {
        Then::HandOut(generation, assignments) => {
            // Only whether it is the present one matters.
            *generation = Generation(i8::from(*generation == present));
            *assignments = std::mem::take(assignments).into_iter().map(|(m, of)| (member(&m), of)).collect();
        }
        Then::Answer(connection, response) => {
            *connection = NOWHERE;
            if let Response::LeaveGroup { leaver: Some(leaver), .. } = response {
                leaver.member = leaver.member.map(|m| member(&m));
            }
        }
        Then::Replaced(replacement) => {
            replacement.old = member(&replacement.old);
            replacement.new = member(&replacement.new);
            replacement.leader = replacement.leader.map(|m| member(&m));
            replacement.connection = NOWHERE;
        }
        Then::Delete(group) => rename_group(names, group),
        Then::Create | Then::Commit { .. } | Then::Open(_) => {}
    }
}

/// What the names of a place are without names, for its many inputs.
pub(super) struct Naming {
    names: Names,
    present: Generation,
}

impl Naming {
    /// Of a place.
    pub(super) fn of(place: &Place) -> Self {
        let present = place.coordinator.group.as_ref().map_or(Generation::ZERO, |g| g.generation);
        Self { names: names(&place.coordinator), present }
    }

    /// The input without names: equal at equal places exactly when it differs in names only.
    pub(super) fn input(&self, input: &Input) -> Input {
        match input {
            Input::Timer(fired) => Input::Timer(timer(&self.names, *fired).unwrap_or(*fired)),
            Input::Request(request) => Input::Request(rename(&self.names, self.present, request)),
            Input::Control(control) => Input::Control(*control),
        }
    }
}

/// New names by old ones.
type Names = BTreeMap<MemberId, MemberId>;

fn names(coordinator: &Coordinator) -> Names {
    let log = &coordinator.log;
    let written =
        log.unreplicated.iter().flat_map(|write| &write.records).filter_map(|record| match record {
            Record::Group(Some(group)) => Some(&**group),
            Record::Group(None)
            | Record::Offset(..)
            | Record::OpenOffset(..)
            | Record::EndTransaction(..) => None,
        });
    let groups = coordinator.group.iter().chain(&log.group).chain(written);
    let of_groups = groups.flat_map(|group| group.members.keys().chain(group.pending.keys())).copied();
    let replaced = log.unreplicated.iter().flat_map(|write| &write.then).filter_map(|then| match then {
        Then::Replaced(replacement) => Some(replacement.old),
        Then::HandOut(..)
        | Then::Answer(..)
        | Then::Create
        | Then::Delete(_)
        | Then::Commit { .. }
        | Then::Open(_) => None,
    });
    let ids: BTreeSet<MemberId> = of_groups.chain(replaced).collect();
    ids.into_iter().zip((0..).map(MemberId)).collect()
}

const NOWHERE: Connection = Connection { client: ClientId(0), number: 0 };

fn without_connection(parked: Parked) -> Parked {
    Parked { join: parked.join.map(|_| NOWHERE), sync: parked.sync.map(|_| NOWHERE) }
}

/// A timer of an id that is no longer known does nothing.
fn timer(names: &Names, timer: CoordinatorTimer) -> Option<CoordinatorTimer> {
    match timer {
        CoordinatorTimer::Session(member) => names.get(&member).copied().map(CoordinatorTimer::Session),
        CoordinatorTimer::NewMemberJoin(member) => {
            names.get(&member).copied().map(CoordinatorTimer::NewMemberJoin)
        }
        CoordinatorTimer::InitialDelay
        | CoordinatorTimer::Rebalance
        | CoordinatorTimer::PendingSync
        | CoordinatorTimer::PreferLast
        | CoordinatorTimer::Environment(_) => Some(timer),
    }
}

/// The request with members by order and generations relative to the present one.
fn rename(names: &Names, present: Generation, request: &Request) -> Request {
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
        Request::TxnOffsetCommit(commit) => {
            commit.member = commit.member.map(member);
            commit.generation = relative(commit.generation);
        }
        Request::FindCoordinator
        | Request::OffsetFetch { .. }
        | Request::WithEmptyGroupId(_)
        | Request::Tool(_) => {}
    }
    request
}
