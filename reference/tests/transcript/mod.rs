//! Reads commands, runs them on a coordinator, and prints what came of them.

mod print;

use std::collections::BTreeMap;

use bytes::Bytes;
use muster_reference::coordinator::{
    Change, Client, Config, Coordinator, ErrorCode, FindCoordinator, Generation, GroupId, Heartbeat, Input,
    InstanceId, JoinGroup, LeaveGroup, LeavingMember, MemberId, OffsetCommit, OffsetFetch, PartitionCommit,
    Position, Protocol, Record, Release, Request, RequestId, Serving, SyncGroup, TimerKey, Timestamp,
    TopicName, Transition,
};

/// A coordinator under a script.
pub(crate) struct Script {
    coordinator: Coordinator,
    #[cfg(feature = "mutations")]
    pub(crate) mutation: Option<muster_reference::coordinator::Mutation>,
    requests: u64,
    members: u64,
    committed: Vec<Record>,
    uncommitted: Vec<Record>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            coordinator: Coordinator::new(Config::default()),
            #[cfg(feature = "mutations")]
            mutation: None,
            requests: 0,
            members: 0,
            committed: Vec::new(),
            uncommitted: Vec::new(),
        }
    }
}

/// The words of a command: plain ones in order, `key=value` ones by key.
struct Words<'a> {
    plain: Vec<&'a str>,
    named: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Self {
        let (named, plain): (Vec<&str>, Vec<&str>) =
            line.split_whitespace().partition(|word| word.contains('='));
        Self { plain, named: named.into_iter().filter_map(|word| word.split_once('=')).collect() }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.named.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn number<N: std::str::FromStr>(&self, key: &str, default: N) -> N
    where
        N::Err: std::fmt::Debug,
    {
        self.get(key).map_or(default, |value| value.parse().unwrap())
    }

    fn group(&self) -> GroupId {
        self.get("group").unwrap_or("g").into()
    }

    fn instance(&self) -> Option<InstanceId> {
        self.get("instance").map(InstanceId::from)
    }

    /// `-` is the empty id.
    fn member(&self, at: usize) -> MemberId {
        member(self.plain.get(at).copied().unwrap_or("-"))
    }

    fn generation(&self) -> Generation {
        Generation(self.number("generation", -1))
    }
}

fn member(word: &str) -> MemberId {
    if word == "-" { MemberId::default() } else { word.into() }
}

fn partition(word: &str) -> (TopicName, i32) {
    let (topic, partition) = word.split_once('/').unwrap();
    (topic.into(), partition.parse().unwrap())
}

impl Script {
    /// The same text, with what comes of each command.
    pub(crate) fn replay(&mut self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines().filter(|line| !line.starts_with("  ")) {
            out.push_str(line);
            out.push('\n');
            if let Some(command) = line.strip_prefix("> ") {
                for line in self.run(command) {
                    out.push_str("  ");
                    out.push_str(&line);
                    out.push('\n');
                }
            }
        }
        out
    }

    fn run(&mut self, command: &str) -> Vec<String> {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let words = Words::of(rest);
        match verb {
            "new" => self.restart(&words),
            "failover" => return self.fail_over(),
            "describe" => return self.describe(&words.group()),
            "topics" => {
                let count = |(topic, count): &(&str, &str)| ((*topic).into(), count.parse().unwrap());
                return self.step(Input::Topics(words.named.iter().map(count).collect()));
            }
            "timer" => return self.step(Input::Timer(timer(&words))),
            "committed" => return self.commit(words.plain.first().map(|word| word.parse().unwrap())),
            "lost" => return self.lose(&words),
            _ => return self.ask(request(verb, &words), words.get("client").unwrap_or("c")),
        }
        Vec::new()
    }

    fn restart(&mut self, words: &Words<'_>) {
        let mut config = Config::default();
        for (property, value) in &words.named {
            match *property {
                "release" => config.release = if *value == "3.9" { Release::V3_9 } else { Release::V4_3 },
                "serving" => {
                    config.serving = match *value {
                        "loading" => Serving::Loading,
                        "not-coordinator" => Serving::NotCoordinator,
                        "not-available" => Serving::NotAvailable,
                        _ => Serving::Active,
                    };
                }
                property => config.set(property, value).unwrap(),
            }
        }
        #[cfg(feature = "mutations")]
        let config = Config { mutation: self.mutation, ..config };
        *self = Self {
            coordinator: Coordinator::new(config),
            #[cfg(feature = "mutations")]
            mutation: self.mutation,
            ..Self::default()
        };
    }

    fn ask(&mut self, request: Request, client: &str) -> Vec<String> {
        self.requests += 1;
        let fresh = format!("m{}", self.members + 1);
        let input = Input::Request {
            id: RequestId(self.requests),
            client: Client { client_id: client.to_owned(), host: "/127.0.0.1".to_owned() },
            fresh_member_id: fresh.as_str().into(),
            request,
        };
        let mut lines = vec![format!("#{}", self.requests)];
        lines.extend(self.step(input));
        if lines.iter().any(|line| line.starts_with(&format!("set session {fresh} "))) {
            self.members += 1;
        }
        lines
    }

    fn step(&mut self, input: Input) -> Vec<String> {
        let transition = self.coordinator.step(Timestamp(0), input);
        self.note(&transition);
        print::transition(&transition)
    }

    fn note(&mut self, transition: &Transition) {
        for change in &transition.changes {
            if let Change::Append { record, .. } = change {
                self.uncommitted.push(record.clone());
            }
        }
    }

    fn commit(&mut self, count: Option<usize>) -> Vec<String> {
        let count = count.unwrap_or(self.uncommitted.len());
        self.committed.extend(self.uncommitted.drain(..count));
        let through = Position(self.committed.len() as u64 - 1);
        self.step(Input::Committed { through })
    }

    fn lose(&mut self, words: &Words<'_>) -> Vec<String> {
        let error = ErrorCode::ALL.iter().find(|error| Some(error.name()) == words.plain.first().copied());
        self.uncommitted.clear();
        let first = Position(self.committed.len() as u64);
        self.step(Input::AppendFailed { first, error: *error.unwrap() })
    }

    fn fail_over(&mut self) -> Vec<String> {
        self.uncommitted.clear();
        let config = self.coordinator.config().clone();
        let (coordinator, transition) = Coordinator::restore(config, &self.committed, Timestamp(0));
        self.coordinator = coordinator;
        print::transition(&transition)
    }

    fn describe(&self, group: &GroupId) -> Vec<String> {
        let Some(group) = self.coordinator.describe_group(group) else { return vec!["absent".to_owned()] };
        let members = group.members.iter().map(|m| format!("{}={}", m.member, print::text(&m.assignment)));
        let members: Vec<_> = members.collect();
        vec![format!(
            "{} type={} protocol={} [{}]",
            group.state,
            group.protocol_type,
            group.protocol,
            members.join(" ")
        )]
    }
}

fn timer(words: &Words<'_>) -> TimerKey {
    let group = words.group();
    match words.plain.as_slice() {
        ["session", member] => TimerKey::Session { group, member: (*member).into() },
        ["join"] => TimerKey::Join { group },
        ["sync"] => TimerKey::PendingSync { group },
        other => panic!("no timer {other:?}"),
    }
}

fn request(verb: &str, words: &Words<'_>) -> Request {
    let (group, generation, instance) = (words.group(), words.generation(), words.instance());
    match verb {
        "find" => Request::FindCoordinator(FindCoordinator { group }),
        "join" => Request::JoinGroup(join(words)),
        "sync" => Request::SyncGroup(sync(words)),
        "heartbeat" => Request::Heartbeat(Heartbeat { group, generation, member: words.member(0), instance }),
        "leave" => Request::LeaveGroup(LeaveGroup {
            version: words.number("version", 5),
            group,
            members: words
                .plain
                .iter()
                .map(|word| LeavingMember { member: member(word), instance: instance.clone() })
                .collect(),
        }),
        "commit" => Request::OffsetCommit(commit(words)),
        "fetch" => Request::OffsetFetch(fetch(words)),
        other => panic!("no command '{other}'"),
    }
}

/// `join MEMBER [version=] [session=] [rebalance=] [type=] [offers=range:a,roundrobin:b]`
fn join(words: &Words<'_>) -> JoinGroup {
    let offer = |offer: &str| {
        let (name, metadata) = offer.split_once(':').unwrap_or((offer, ""));
        Protocol { name: name.into(), metadata: Bytes::copy_from_slice(metadata.as_bytes()) }
    };
    let offers = words.get("offers").unwrap_or("range");
    JoinGroup {
        version: words.number("version", 9),
        group: words.group(),
        member: words.member(0),
        instance: words.instance(),
        session_timeout_ms: words.number("session", 10_000),
        rebalance_timeout_ms: words.number("rebalance", 60_000),
        protocol_type: words.get("type").unwrap_or("consumer").into(),
        protocols: offers.split(',').filter(|text| !text.is_empty()).map(offer).collect(),
    }
}

/// `sync MEMBER generation= [version=] [type=] [name=] [gives=m1:a,m2:b]`
fn sync(words: &Words<'_>) -> SyncGroup {
    let gives = words.get("gives").unwrap_or("");
    let give = |give: &str| {
        let (member, assignment) = give.split_once(':').unwrap();
        (member.into(), Bytes::copy_from_slice(assignment.as_bytes()))
    };
    let named = |key, default| Some(words.get(key).unwrap_or(default)).filter(|name| *name != "null");
    SyncGroup {
        version: words.number("version", 5),
        group: words.group(),
        generation: words.generation(),
        member: words.member(0),
        instance: words.instance(),
        protocol_type: named("type", "consumer").map(Into::into),
        protocol_name: named("name", "range").map(Into::into),
        assignments: gives.split(',').filter(|text| !text.is_empty()).map(give).collect(),
    }
}

/// `commit MEMBER generation= [version=] t/0:5[:metadata] ...`
fn commit(words: &Words<'_>) -> OffsetCommit {
    let mut topics: BTreeMap<TopicName, Vec<PartitionCommit>> = BTreeMap::new();
    for word in words.plain.iter().skip(1) {
        let mut parts = word.split(':');
        let (topic, partition) = partition(parts.next().unwrap());
        let offset = parts.next().unwrap().parse().unwrap();
        let metadata = parts.next().map(str::to_owned);
        topics.entry(topic).or_default().push(PartitionCommit {
            partition,
            offset,
            leader_epoch: -1,
            metadata,
        });
    }
    OffsetCommit {
        version: words.number("version", 9),
        group: words.group(),
        generation: words.generation(),
        member: words.member(0),
        instance: words.instance(),
        topics: topics.into_iter().collect(),
    }
}

/// `fetch [stable] [version=] t/0 ...`; without a partition, all.
fn fetch(words: &Words<'_>) -> OffsetFetch {
    let mut topics: BTreeMap<TopicName, Vec<i32>> = BTreeMap::new();
    for word in words.plain.iter().filter(|word| word.contains('/')) {
        let (topic, partition) = partition(word);
        topics.entry(topic).or_default().push(partition);
    }
    OffsetFetch {
        version: words.number("version", 9),
        group: words.group(),
        topics: (!topics.is_empty()).then(|| topics.into_iter().collect()),
        require_stable: words.plain.contains(&"stable"),
    }
}
