//! What the checker may take for the same: states in other numbers, and with consumers in other places.

mod independence;

use muster_checker::{Exchange, Kind, NormalForm, Numbers, Symmetry, permutations};

use crate::actor::{Node, NodeState, Timer};
use crate::message::Msg;
use crate::renumber::{Renumber, Renumbering};
use crate::scenario::{CommitMode, Faults, Membership, Scenario};
use crate::types::{ClientId, Generation, MemberId};

pub use independence::Harmless;

/// Whether [`Consumers`] and [`Harmless`] hold of the scenario: its consumers are dynamic members that commit as they go,
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

/// Consumers with the same subscription and instance id, in any order.
#[derive(Clone, Debug)]
pub struct Consumers {
    /// Where each actor goes.
    exchanges: Vec<Vec<usize>>,
}

impl Consumers {
    /// Of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let clients: Vec<ClientId> = (0..scenario.bounds.consumers).map(ClientId).collect();
        let traits = |c: ClientId| (scenario.subscription_of(c), scenario.instance_of(c));
        let like_first = clients.iter().filter(|c| traits(**c) == traits(ClientId(0)));
        let alike: Vec<usize> = like_first.map(|client| client.actor()).collect();
        Self { exchanges: permutations(&alike, clients.len() + 1) }
    }

    fn exchanging(&self, exchange: Exchange) -> Exchanging<'_> {
        Exchanging(&self.exchanges[exchange])
    }
}

impl Symmetry<Node> for Consumers {
    fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    fn actor(&self, exchange: Exchange, actor: usize) -> usize {
        self.exchanges[exchange][actor]
    }

    fn state(&self, exchange: Exchange, _: usize, state: &mut NodeState) {
        state.renumber(&mut self.exchanging(exchange));
    }

    fn timer(&self, exchange: Exchange, _: usize, timer: &mut Timer) {
        timer.renumber(&mut self.exchanging(exchange));
    }

    fn message(&self, exchange: Exchange, message: &mut Msg) {
        message.renumber(&mut self.exchanging(exchange));
    }
}

struct Exchanging<'a>(&'a [usize]);

impl Renumbering for Exchanging<'_> {
    fn member(&mut self, member: MemberId) -> MemberId {
        member
    }

    fn generation(&mut self, generation: Generation) -> Generation {
        generation
    }

    fn client(&mut self, client: ClientId) -> ClientId {
        ClientId::of_actor(self.0[client.actor()])
    }
}
