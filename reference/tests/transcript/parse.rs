//! Commands as requests.

use std::collections::BTreeMap;

use bytes::Bytes;
use muster_reference::coordinator::{
    DeleteGroups, FindCoordinator, Generation, GroupId, Heartbeat, InstanceId, JoinGroup, LeaveGroup,
    LeavingMember, MemberId, OffsetCommit, OffsetDelete, OffsetFetch, PartitionCommit, ProducerId, Protocol,
    Request, SyncGroup, TopicName, TxnOffsetCommit,
};

/// The words of a command: plain ones in order, `key=value` ones by key.
pub(super) struct Words<'a> {
    pub(super) plain: Vec<&'a str>,
    pub(super) named: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let (named, plain): (Vec<&str>, Vec<&str>) =
            line.split_whitespace().partition(|word| word.contains('='));
        Self { plain, named: named.into_iter().filter_map(|word| word.split_once('=')).collect() }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.named.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    pub(super) fn number<N: std::str::FromStr>(&self, key: &str, default: N) -> N
    where
        N::Err: std::fmt::Debug,
    {
        self.get(key).map_or(default, |value| value.parse().unwrap())
    }

    pub(super) fn group(&self) -> GroupId {
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

pub(super) fn request(verb: &str, words: &Words<'_>) -> Request {
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
        "txn" => {
            Request::TxnOffsetCommit(TxnOffsetCommit { producer: producer(words), commit: commit(words) })
        }
        "delete-groups" => Request::DeleteGroups(DeleteGroups {
            groups: words.plain.iter().map(|word| (*word).into()).collect(),
        }),
        "delete-offsets" => Request::OffsetDelete(OffsetDelete { group, topics: partitions(words) }),
        "fetch" => Request::OffsetFetch(fetch(words)),
        other => panic!("no command '{other}'"),
    }
}

/// A subscription as a consumer writes it, to one topic, without user data.
fn subscription(topic: &str) -> Bytes {
    let length = u16::try_from(topic.len()).unwrap().to_be_bytes();
    [&[0, 0, 0, 0, 0, 1], length.as_slice(), topic.as_bytes(), &[0xff; 4]].concat().into()
}

/// `join MEMBER [version=] [session=] [rebalance=] [type=] [offers=range:a,roundrobin:@t]`: `@t` subscribes to `t`.
fn join(words: &Words<'_>) -> JoinGroup {
    let offer = |offer: &str| {
        let (name, metadata) = offer.split_once(':').unwrap_or((offer, ""));
        Protocol {
            name: name.into(),
            metadata: metadata
                .strip_prefix('@')
                .map_or_else(|| Bytes::copy_from_slice(metadata.as_bytes()), subscription),
        }
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

/// `producer=` stands for one.
pub(super) fn producer(words: &Words<'_>) -> ProducerId {
    ProducerId(words.number("producer", 1))
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

fn partitions(words: &Words<'_>) -> Vec<(TopicName, Vec<i32>)> {
    let mut topics: BTreeMap<TopicName, Vec<i32>> = BTreeMap::new();
    for word in words.plain.iter().filter(|word| word.contains('/')) {
        let (topic, partition) = partition(word);
        topics.entry(topic).or_default().push(partition);
    }
    topics.into_iter().collect()
}

/// `fetch [stable] [version=] t/0 ...`; without a partition, all.
fn fetch(words: &Words<'_>) -> OffsetFetch {
    let topics = partitions(words);
    OffsetFetch {
        version: words.number("version", 9),
        group: words.group(),
        topics: (!topics.is_empty()).then_some(topics),
        require_stable: words.plain.contains(&"stable"),
    }
}
