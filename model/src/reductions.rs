//! What the checker may take for the same: states in other numbers, and with consumers and partitions in other
//! places.

mod alike;
mod independence;
mod ledger;

use muster_checker::{Kind, NormalForm, Numbers};

use crate::actor::{Node, NodeState, Timer};
use crate::message::Msg;
use crate::renumber::{Renumber, Renumbering};
use crate::scenario::{CommitMode, Faults, Membership, Scenario};
use crate::types::{Generation, MemberId};

pub use alike::Alike;
pub use independence::Harmless;
pub use ledger::OneLedger;

/// Whether [`Alike`], [`Harmless`] and [`OneLedger`] hold of the scenario: its consumers are dynamic members that commit as they go,
/// nobody looks at what one of them alone does, and the log is read as it is written.
pub fn are_plain(scenario: &Scenario) -> bool {
    let Faults { poll_timeout, subscribe, failover, partitions, tools, .. } = scenario.faults;
    scenario.membership == Membership::Dynamic
        && scenario.commit == CommitMode::Async
        && !scenario.commit_on_revocation
        && !scenario.hand_off
        && !scenario.one_topic_each
        && scenario.store.is_none()
        && scenario.claim.is_none()
        && !scenario.failover
        && !scenario.assignor.is_sticky()
        && [poll_timeout, subscribe, failover, partitions, tools].iter().all(|times| *times == 0)
}

const GENERATION: Kind = 0;
const MEMBER: Kind = 1;

/// Member ids and generations in their lowest numbers. [`Generation::ZERO`] is that of a group that has completed no
/// join, and remains so.
#[derive(Clone, Copy, Debug)]
pub struct LowestNumbers;

impl NormalForm<Node> for LowestNumbers {
    fn state(&self, _: usize, state: &mut NodeState, numbers: &mut dyn Numbers) {
        state.renumber(&mut Counters(numbers));
    }

    fn timer(&self, _: usize, timer: &mut Timer, numbers: &mut dyn Numbers) {
        timer.renumber(&mut Counters(numbers));
    }

    fn message(&self, message: &mut Msg, numbers: &mut dyn Numbers) {
        message.renumber(&mut Counters(numbers));
    }

    fn lowest(&self, kind: Kind) -> i64 {
        if kind == GENERATION { i64::from(Generation::ZERO.0) + 1 } else { 0 }
    }
}

struct Counters<'a>(&'a mut dyn Numbers);

impl Renumbering for Counters<'_> {
    fn member(&mut self, member: MemberId) -> MemberId {
        let number = self.0.number(MEMBER, member.0.into());
        u8::try_from(number).map_or(member, MemberId)
    }

    fn generation(&mut self, generation: Generation) -> Generation {
        let number = self.0.number(GENERATION, generation.0.into());
        number.try_into().map_or(generation, Generation)
    }

    fn source_generation(&mut self, generation: Generation) -> Generation {
        let number = self.0.source(GENERATION, generation.0.into());
        number.try_into().map_or(generation, Generation)
    }
}
