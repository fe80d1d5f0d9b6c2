//! Consumers and partitions that may be exchanged.
//!
//! Consumers are alike by what they subscribe to and by their instance ids. Partitions of a topic are alike if no
//! assignment tells them apart: whoever is in the group, they go to the same member.

use std::collections::BTreeMap;

use muster_checker::{Exchange, Symmetry, permutations};

use crate::actor::{Node, NodeState, Timer};
use crate::consumer::assign;
use crate::message::{Assignments, Joined, Msg};
use crate::renumber::{Renumber, Renumbering};
use crate::scenario::Scenario;
use crate::types::{ClientId, Generation, MemberId, Partition, TopicId};

/// Where partitions go; those that are not named stay.
type Moves = BTreeMap<Partition, Partition>;

/// Consumers and partitions that are alike, in any order.
#[derive(Clone, Debug)]
pub struct Alike {
    /// Where each actor goes, and each partition.
    exchanges: Vec<(Vec<usize>, Moves)>,
}

impl Alike {
    /// Of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let actors = usize::from(scenario.bounds.consumers) + 1;
        let stay = (0..actors).collect();
        let consumers = [vec![stay], permutations(&like_the_first(scenario), actors)].concat();
        let partitions = [vec![Moves::new()], exchanges_of_partitions(scenario)].concat();
        let both = consumers.iter().flat_map(|to| partitions.iter().map(|moves| (to.clone(), moves.clone())));
        // The first leaves all as it is.
        Self { exchanges: both.skip(1).collect() }
    }

    fn exchanging(&self, exchange: Exchange) -> Exchanging<'_> {
        let (actors, partitions) = &self.exchanges[exchange];
        Exchanging { actors, partitions }
    }
}

fn like_the_first(scenario: &Scenario) -> Vec<usize> {
    let clients = (0..scenario.bounds.consumers).map(ClientId);
    let traits = |c: ClientId| (scenario.subscription_of(c), scenario.instance_of(c));
    clients.filter(|c| traits(*c) == traits(ClientId(0))).map(ClientId::actor).collect()
}

/// The most exchanges of partitions: each costs a look at every new state.
const MOST: usize = 6;

/// Every order of partitions that are alike, but the one that there is; of many as many as pay.
fn exchanges_of_partitions(scenario: &Scenario) -> Vec<Moves> {
    let assigned = assignments(scenario);
    // What is out of order is not what it is once it was put in order.
    if !assigned.iter().flat_map(BTreeMap::values).all(|list| list.is_sorted()) {
        return Vec::new();
    }
    let mut all = vec![Moves::new()];
    for class in classes(scenario, &assigned) {
        let places: Vec<usize> = (0..class.len().min(3)).collect();
        let named =
            |to: Vec<usize>| class.iter().copied().zip(to.iter().map(|place| class[*place])).collect();
        let moves: Vec<Moves> = permutations(&places, places.len()).into_iter().map(named).collect();
        let with = |before: &Moves| {
            let before = before.clone();
            moves.iter().map(move |moves| before.clone().into_iter().chain(moves.clone()).collect())
        };
        let more: Vec<Moves> = all.iter().flat_map(with).collect();
        if all.len() + more.len() <= MOST {
            all.extend(more);
        }
    }
    all.split_off(1)
}

/// Partitions of one topic that no assignment tells apart.
fn classes(scenario: &Scenario, assigned: &[Assignments]) -> Vec<Vec<Partition>> {
    let mut classes: Vec<Vec<Partition>> = Vec::new();
    for partition in (0..scenario.bounds.topics).flat_map(|topic| scenario.partitions_of(TopicId(topic))) {
        let together = |other: Partition| {
            let mut lists = assigned.iter().flat_map(BTreeMap::values);
            lists.all(|list| list.contains(&partition) == list.contains(&other))
        };
        match classes.iter_mut().find(|class| class[0].topic == partition.topic && together(class[0])) {
            Some(class) => class.push(partition),
            None => classes.push(vec![partition]),
        }
    }
    classes
}

/// Whatever a leader may have to assign: as many members as there may be, of any clients in any order. One that came back
/// stands there more than once.
fn assignments(scenario: &Scenario) -> Vec<Assignments> {
    let clients = || (0..scenario.bounds.consumers).map(ClientId);
    let mut groups: Vec<Vec<Joined>> = vec![Vec::new()];
    let mut assigned = Vec::new();
    for id in 0..scenario.bounds.members {
        let joined = |client| Joined {
            member: MemberId(id),
            instance: scenario.instance_of(client),
            topics: scenario.subscription_of(client),
            claim: None,
        };
        groups = groups.iter().flat_map(|of| clients().map(|c| [&of[..], &[joined(c)]].concat())).collect();
        groups.sort_unstable();
        groups.dedup();
        assigned.extend(groups.iter().flat_map(|of| clients().map(|leader| assign(scenario, leader, of))));
    }
    assigned
}

impl Symmetry<Node> for Alike {
    fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    fn actor(&self, exchange: Exchange, actor: usize) -> usize {
        // What is not among them, as a ledger, stays.
        self.exchanges[exchange].0.get(actor).copied().unwrap_or(actor)
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

struct Exchanging<'a> {
    actors: &'a [usize],
    partitions: &'a Moves,
}

impl Renumbering for Exchanging<'_> {
    fn member(&mut self, member: MemberId) -> MemberId {
        member
    }

    fn generation(&mut self, generation: Generation) -> Generation {
        generation
    }

    fn client(&mut self, client: ClientId) -> ClientId {
        ClientId::of_actor(self.actors[client.actor()])
    }

    fn partition(&mut self, partition: Partition) -> Partition {
        self.partitions.get(&partition).copied().unwrap_or(partition)
    }
}
