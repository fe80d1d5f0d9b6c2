//! Actors and whole states. Each part is taken apart by name, so that a new one cannot be forgotten.

use std::sync::Arc;

use stateright::actor::{Network, Timers};

use super::{Renumber, Renumbering, partition, renumbered};
use crate::actor::{GroupState, NodeState, Timer};
use crate::consumer::{Awaited, Consumer};
use crate::coordinator::{
    Aged, Coordinator, Ghost, Group, Log, Member, Open, OpenOffset, Parked, Pending, Record, Replacement,
    Then, Write,
};
use crate::ledger::Ledger;
use crate::types::{Generation, MemberId};

impl Renumber for Consumer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self {
            phase: _,
            member,
            generation,
            applied,
            connection: _,
            knows_coordinator: _,
            awaits,
            outbox,
            abandoned,
            owned,
            kept,
            taking_up,
            remembered,
            in_transaction: _,
            processed,
            repeated: _,
            added: _,
            led_with: _,
            faults: _,
        } = self;
        member.renumber(ids);
        generation.renumber(ids);
        applied.renumber(ids);
        remembered.renumber(ids);
        outbox.renumber(ids);
        if let Some(Awaited::OffsetCommit(offsets) | Awaited::TxnOffsetCommit(offsets)) = awaits {
            partition::keys(offsets, ids);
        }
        partition::keys(owned, ids);
        partition::keys(kept, ids);
        partition::list(taking_up, ids);
        partition::keys(processed, ids);
        if let Some((connection, request)) = abandoned {
            connection.renumber(ids);
            request.renumber(ids);
        }
    }
}

impl Renumber for Coordinator {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self {
            group,
            log,
            resigned: _,
            offsets,
            aged,
            open,
            ending,
            issued,
            expired: _,
            prefer_last: _,
            ghost,
        } = self;
        partition::keys(offsets, ids);
        aged.renumber(ids);
        open.renumber(ids);
        ending.renumber(ids);
        match group {
            Some(group) => group.renumber(ids),
            // A new group starts here.
            None => _ = ids.source_generation(Generation::ZERO),
        }
        log.renumber(ids);
        *issued = renumbered(MemberId(*issued), ids).0;
        ghost.renumber(ids);
    }
}

impl Renumber for Log {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { group, offsets, aged, open, unreplicated, held: _, failure: _, terms: _ } = self;
        partition::keys(offsets, ids);
        aged.renumber(ids);
        open.renumber(ids);
        group.renumber(ids);
        unreplicated.renumber(ids);
    }
}

impl Renumber for Aged {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        *self = self.map(|partition| ids.partition(partition));
    }
}

impl Renumber for Open {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        for OpenOffset { producer, partition, offset: _, outdone: _, aged: _ } in &mut self.0 {
            producer.renumber(ids);
            partition::one(partition, ids);
        }
    }
}

impl Renumber for Write {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { records, then } = self;
        records.renumber(ids);
        then.renumber(ids);
    }
}

impl Renumber for Record {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Group(Some(group)) => group.renumber(ids),
            Self::OpenOffset(producer, of, _) => {
                producer.renumber(ids);
                partition::one(of, ids);
            }
            Self::EndTransaction(producer, _) => producer.renumber(ids),
            Self::Offset(of, ..) => partition::one(of, ids),
            Self::Group(None) => {}
        }
    }
}

impl Renumber for Then {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::HandOut(generation, assignments) => {
                generation.renumber(ids);
                partition::by_member(assignments, ids);
            }
            Self::Answer(connection, response) => {
                connection.renumber(ids);
                response.renumber(ids);
            }
            Self::Replaced(replacement) => replacement.renumber(ids),
            Self::Delete(group) => group.renumber(ids),
            Self::Open(open) => open.renumber(ids),
            Self::Commit { before, aged, now, abandoned: _ } => {
                partition::keys(before, ids);
                aged.renumber(ids);
                partition::keys(now, ids);
            }
            Self::Create => {}
        }
    }
}

impl Renumber for Replacement {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { old, new, connection, version: _, leader, offered } = self;
        old.renumber(ids);
        new.renumber(ids);
        connection.renumber(ids);
        leader.renumber(ids);
        offered.renumber(ids);
    }
}

impl Renumber for Group {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self {
            phase: _,
            generation,
            member_added: _,
            protocol_type: _,
            protocol: _,
            leaders,
            members,
            pending,
            replaced_unsynced,
            subscribed: _,
            aged: _,
            unwritten: _,
        } = self;
        *generation = ids.source_generation(*generation);
        leaders.renumber(ids);
        members.renumber(ids);
        pending.renumber(ids);
        replaced_unsynced.renumber(ids);
    }
}

impl Renumber for Member {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { client, instance: _, protocols, assignment, parked, is_new: _, pending_sync: _, dead: _ } =
            self;
        client.renumber(ids);
        protocols.renumber(ids);
        partition::some(assignment.as_mut(), ids);
        parked.renumber(ids);
    }
}

impl Renumber for Parked {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { join, sync } = self;
        join.renumber(ids);
        sync.renumber(ids);
    }
}

impl Renumber for Pending {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { client, dead: _ } = self;
        client.renumber(ids);
    }
}

impl Renumber for Ghost {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self {
            synced,
            synced_before,
            highest,
            generation_reissued: _,
            named_leaders,
            handed,
            acknowledged,
            stale_commit_accepted: _,
            replaced,
            departed,
        } = self;
        synced.renumber(ids);
        synced_before.renumber(ids);
        highest.renumber(ids);
        named_leaders.renumber(ids);
        partition::by_member(handed, ids);
        partition::keys(acknowledged, ids);
        for member in replaced.values_mut() {
            member.renumber(ids);
        }
        departed.renumber(ids);
    }
}

impl Renumber for NodeState {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Coordinator(coordinator) => coordinator.renumber(ids),
            Self::Consumer(consumer) => consumer.renumber(ids),
            Self::Store(store) => store.renumber(ids),
            Self::Ledger(Ledger { processed }) => partition::keys(processed, ids),
            Self::Cluster(_) => {}
        }
    }
}

impl Renumber for GroupState {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        for node in &mut self.actor_states {
            *node = Arc::new(renumbered(node.as_ref().clone(), ids));
        }
        for timers in &mut self.timers_set {
            let mut after = Timers::new();
            for timer in timers.iter() {
                after.set(renumbered::<Timer>(*timer, ids));
            }
            *timers = after;
        }
        match &mut self.network {
            Network::Ordered(flows) => {
                for msg in flows.values_mut().flatten() {
                    msg.renumber(ids);
                }
            }
            // The model's connections are ordered.
            Network::UnorderedDuplicating(..) | Network::UnorderedNonDuplicating(_) => {}
        }
    }
}
