//! Random groups: members come and go, change what they subscribe to, miss rounds and claim what they lost.

use std::collections::BTreeMap;

use muster_conformance::random::Random;
use muster_reference::assignor::{
    AssignError, Assignor, Shares, Subscriber, TopicPartition, assign, highest_generation,
};
use muster_reference::coordinator::{Generation, TopicName};

/// What a leader is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) topics: BTreeMap<TopicName, i32>,
    pub(super) subscribers: Vec<Subscriber>,
    /// What its assignor remembers.
    pub(super) seen: Generation,
    /// Whether the leader is a new one, which remembers nothing.
    pub(super) fresh: bool,
}

/// Several rounds of one group, each with its answer. A member claims what it was given last.
pub(super) fn rounds(
    assignor: Assignor,
    random: &mut Random,
    rounds: usize,
) -> Vec<(Case, Result<Shares, AssignError>)> {
    let mut group = Group::new(random);
    let mut seen = Generation::NONE;
    let mut cases = Vec::new();
    for round in 0..rounds {
        if round > 0 {
            group.disturb(random);
        }
        let fresh = round == 0 || random.chance(1, 4);
        if fresh {
            seen = Generation::NONE;
        }
        let case = Case { topics: group.topics.clone(), subscribers: group.members.clone(), seen, fresh };
        let shares = assign(assignor, &case.topics, &case.subscribers, seen);
        seen = highest_generation(&case.subscribers, seen);
        if let Ok(shares) = &shares {
            group.take(random, shares);
        }
        cases.push((case, shares));
    }
    cases
}

struct Group {
    topics: BTreeMap<TopicName, i32>,
    members: Vec<Subscriber>,
    /// All subscribe alike.
    alike: bool,
    /// One in so many members misses a round; 0: none does.
    misses: usize,
    generation: i32,
    joined: u64,
}

impl Group {
    fn new(random: &mut Random) -> Self {
        let most = if random.chance(1, 10) { 30 } else { 6 };
        let topics =
            (0..=random.below(4)).map(|i| (format!("t{i}").into(), partitions(random, most))).collect();
        let (alike, misses) = (random.chance(1, 2), if random.chance(1, 2) { 4 } else { 0 });
        let mut group = Self { topics, members: Vec::new(), alike, misses, generation: 0, joined: 0 };
        let most_members = if random.chance(1, 10) { 20 } else { 5 };
        let members = 1 + random.below(most_members);
        for _ in 0..members {
            group.join(random);
        }
        group
    }

    fn join(&mut self, random: &mut Random) {
        self.joined += 1;
        // As Kafka's ids are: the client's, and something random.
        let member = format!("c-{:x}-{}", random.draw() >> 40, self.joined).as_str().into();
        let instance =
            random.chance(1, 5).then(|| format!("i{}-{}", random.below(1000), self.joined).as_str().into());
        let topics = self.subscription(random);
        let new = Subscriber { member, instance, topics, ..Subscriber::default() };
        let at = random.below(self.members.len() + 1);
        self.members.insert(at, new);
    }

    fn subscription(&self, random: &mut Random) -> Vec<TopicName> {
        let absent: TopicName = "absent".into();
        let all = self.topics.keys().cloned();
        if self.alike { all.collect() } else { all.chain([absent]).filter(|_| random.chance(2, 3)).collect() }
    }

    fn disturb(&mut self, random: &mut Random) {
        for _ in 0..=random.below(3) {
            match random.below(8) {
                0 | 1 => self.join(random),
                2 | 3 if self.members.len() > 1 => {
                    self.members.remove(random.below(self.members.len()));
                }
                4 if !self.alike => {
                    let topics = self.subscription(random);
                    let place = random.below(self.members.len());
                    self.members[place].topics = topics;
                }
                5 => self.change_topic(random),
                6 if self.misses > 0 => self.claim(random),
                _ => {}
            }
        }
    }

    /// A topic grows, shrinks (it was made anew) or appears.
    fn change_topic(&mut self, random: &mut Random) {
        let name = format!("t{}", random.below(4)).into();
        let count = partitions(random, 8);
        let shrinks = self.topics.get(&name).is_some_and(|before| *before > count);
        if !shrinks || random.chance(1, 8) {
            self.topics.insert(name, count);
        }
    }

    /// A member claims what may be another's.
    fn claim(&mut self, random: &mut Random) {
        let place = random.below(self.members.len());
        let topics: Vec<TopicName> = self.topics.keys().cloned().collect();
        let Some(topic) = random.pick(&topics).cloned() else { return };
        let count = usize::try_from(self.topics[&topic]).unwrap_or(1);
        let partition = TopicPartition { topic, partition: i32::try_from(random.below(count)).unwrap_or(0) };
        let member = &mut self.members[place];
        if !member.owned.contains(&partition) {
            member.owned.push(partition);
            member.owned_in.get_or_insert(Generation(0));
        }
    }

    /// The members take what they were given, unless they miss the round.
    fn take(&mut self, random: &mut Random, shares: &Shares) {
        self.generation += 1;
        let generation = Some(Generation(self.generation));
        for member in &mut self.members {
            if self.misses > 0 && random.chance(1, self.misses) {
                // It may have forgotten its generation, or its assignor may know another one.
                if random.chance(1, 4) {
                    member.generation = None;
                }
                continue;
            }
            member.owned = shares.get(&member.member).cloned().unwrap_or_default();
            (member.owned_in, member.generation) = (generation, generation);
        }
    }
}

fn partitions(random: &mut Random, most: usize) -> i32 {
    i32::try_from(1 + random.below(most)).unwrap_or(1)
}

impl Case {
    /// As the Java program reads it.
    pub(super) fn line(&self, assignor: Assignor) -> String {
        let leader = if self.fresh { "fresh" } else { "same" };
        let topics: Vec<String> =
            self.topics.iter().map(|(topic, count)| format!("{topic}:{count}")).collect();
        let mut words = vec![assignor.name().to_owned(), leader.to_owned(), list(&topics)];
        words.extend(self.subscribers.iter().map(member));
        words.join(" ")
    }
}

fn member(subscriber: &Subscriber) -> String {
    let generation = |g: Option<Generation>| g.map_or("-".to_owned(), |g| g.to_string());
    let topics: Vec<String> = subscriber.topics.iter().map(ToString::to_string).collect();
    let owned: Vec<String> = subscriber.owned.iter().map(ToString::to_string).collect();
    [
        subscriber.member.to_string(),
        subscriber.instance.as_ref().map_or("-".to_owned(), ToString::to_string),
        list(&topics),
        generation(subscriber.generation),
        generation(subscriber.owned_in),
        list(&owned),
    ]
    .join(";")
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "-".to_owned() } else { items.join(",") }
}
