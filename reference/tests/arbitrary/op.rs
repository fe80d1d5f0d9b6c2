//! Anything that can happen, plausible or absurd.

use bytes::Bytes;
use muster_reference::coordinator::{
    DeleteGroups, ErrorCode, Generation, GroupId, Heartbeat, InstanceId, JoinGroup, LeaveGroup,
    LeavingMember, MemberId, OffsetCommit, OffsetDelete, OffsetFetch, PartitionCommit, ProducerId, Protocol,
    Request, SyncGroup, TimerKey, TopicName, TxnOffsetCommit,
};
use proptest::prelude::*;

/// Something happens.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Ask(Request),
    /// One of the timers that are set.
    Fire(usize),
    /// A timer that may not be set.
    FireAnyway(TimerKey),
    /// Every record is replicated.
    Commit,
    /// What need not be kept is looked for.
    CheckRetention,
    /// The marker of a producer's transaction.
    EndTransaction(ProducerId, bool),
    /// Every record that is not replicated is lost.
    Lose(ErrorCode),
}

/// The settings of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) old_release: bool,
    pub(crate) delay_ms: i32,
    pub(crate) max_size: i32,
    pub(crate) lossless: bool,
}

pub(crate) fn setup() -> impl Strategy<Value = Setup> {
    (any::<bool>(), prop_oneof![Just(0), Just(3_000)], prop_oneof![1..4, Just(i32::MAX)]).prop_map(
        |(old_release, delay_ms, max_size)| Setup { old_release, delay_ms, max_size, lossless: false },
    )
}

pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => request().prop_map(Op::Ask),
        3 => any::<usize>().prop_map(Op::Fire),
        1 => timer().prop_map(Op::FireAnyway),
        3 => Just(Op::Commit),
        1 => Just(Op::CheckRetention),
        1 => (producer(), any::<bool>()).prop_map(|(producer, commits)| Op::EndTransaction(producer, commits)),
        1 => prop_oneof![Just(ErrorCode::NotEnoughReplicas), Just(ErrorCode::None)].prop_map(Op::Lose),
    ];
    prop::collection::vec(op, 0..60)
}

/// Marks what a leader gives with the request that gives it, so that it can be told apart.
pub(crate) fn stamped(mut request: Request, id: u64) -> Request {
    if let Request::SyncGroup(sync) = &mut request {
        for (member, given) in &mut sync.assignments {
            *given = Bytes::from(format!("{member}@{id}"));
        }
    }
    request
}

fn group() -> impl Strategy<Value = GroupId> {
    prop_oneof![12 => Just("g"), 1 => Just("h"), 1 => Just("")].prop_map(Into::into)
}

fn member() -> impl Strategy<Value = MemberId> {
    prop_oneof![2 => Just(String::new()), 8 => (0..5).prop_map(|n| format!("m{n}")), 1 => Just("ghost".to_owned())]
        .prop_map(Into::into)
}

fn instance() -> impl Strategy<Value = Option<InstanceId>> {
    prop_oneof![6 => Just(None), 1 => Just(Some("i".into())), 1 => Just(Some("j".into()))]
}

fn generation() -> impl Strategy<Value = Generation> {
    prop_oneof![12 => -1..6, 1 => Just(i32::MIN), 1 => Just(i32::MAX)].prop_map(Generation)
}

fn timer() -> impl Strategy<Value = TimerKey> {
    prop_oneof![
        (group(), member()).prop_map(|(group, member)| TimerKey::Session { group, member }),
        group().prop_map(|group| TimerKey::Join { group }),
        group().prop_map(|group| TimerKey::PendingSync { group }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        5 => join(),
        4 => sync(),
        1 => (group(), generation(), member(), instance()).prop_map(|(group, generation, member, instance)| {
            Request::Heartbeat(Heartbeat { group, generation, member, instance })
        }),
        1 => leave(),
        1 => commit(),
        1 => fetch(),
        1 => (prop::collection::vec(group(), 0..3)).prop_map(|groups| {
            Request::DeleteGroups(DeleteGroups { groups })
        }),
        1 => (group(), prop::collection::vec((topic(), prop::collection::vec(-1..3, 0..3)), 0..3))
            .prop_map(|(group, topics)| Request::OffsetDelete(OffsetDelete { group, topics })),
    ]
}

fn join() -> impl Strategy<Value = Request> {
    let protocols = prop_oneof![
        6 => Just(vec![("range", "a")]),
        2 => Just(vec![("range", "b"), ("roundrobin", "b")]),
        1 => Just(vec![("roundrobin", "b"), ("range", "b"), ("range", "c")]),
        1 => Just(vec![]),
    ];
    let timeouts = (
        prop_oneof![8 => Just(10_000), 1 => any::<i32>()],
        prop_oneof![8 => Just(60_000), 1 => any::<i32>()],
    );
    let kind = prop_oneof![12 => Just("consumer"), 1 => Just("connect"), 1 => Just("")];
    (prop_oneof![Just(3i16), Just(9)], group(), member(), instance(), timeouts, kind, protocols).prop_map(
        |(version, group, member, instance, (session_timeout_ms, rebalance_timeout_ms), kind, protocols)| {
            let offer = |(name, metadata): (&str, &'static str)| Protocol {
                name: name.into(),
                metadata: Bytes::from_static(metadata.as_bytes()),
            };
            Request::JoinGroup(JoinGroup {
                version,
                group,
                member,
                instance,
                session_timeout_ms,
                rebalance_timeout_ms,
                protocol_type: kind.into(),
                protocols: protocols.into_iter().map(offer).collect(),
            })
        },
    )
}

fn sync() -> impl Strategy<Value = Request> {
    let named = prop_oneof![12 => Just(Some("range")), 1 => Just(Some("roundrobin")), 1 => Just(None)];
    let given = prop::collection::vec(member(), 0..4);
    (group(), generation(), member(), instance(), named, given, prop_oneof![Just(4i16), Just(5)]).prop_map(
        |(group, generation, member, instance, name, given, version)| {
            Request::SyncGroup(SyncGroup {
                version,
                group,
                generation,
                member,
                instance,
                protocol_type: name.map(|_| "consumer".into()),
                protocol_name: name.map(Into::into),
                assignments: given.into_iter().map(|member| (member, Bytes::new())).collect(),
            })
        },
    )
}

fn leave() -> impl Strategy<Value = Request> {
    let leaving = (member(), instance()).prop_map(|(member, instance)| LeavingMember { member, instance });
    (prop_oneof![Just(2i16), Just(5)], group(), prop::collection::vec(leaving, 0..3))
        .prop_map(|(version, group, members)| Request::LeaveGroup(LeaveGroup { version, group, members }))
}

fn topic() -> impl Strategy<Value = TopicName> {
    prop_oneof![8 => Just("t"), 1 => Just("unknown")].prop_map(Into::into)
}

fn producer() -> impl Strategy<Value = ProducerId> {
    (1..3i64).prop_map(ProducerId)
}

fn commit() -> impl Strategy<Value = Request> {
    let of_partition =
        (-1..3, prop_oneof![0..9i64, any::<i64>()], prop_oneof![4 => Just(4usize), 1 => Just(5_000)])
            .prop_map(|(partition, offset, length)| PartitionCommit {
                partition,
                offset,
                leader_epoch: -1,
                metadata: (partition != 0).then(|| "x".repeat(length)),
            });
    let topics = prop::collection::vec((topic(), prop::collection::vec(of_partition, 0..3)), 0..3);
    let fields = (prop_oneof![Just(8i16), Just(9)], group(), generation(), member(), instance(), topics);
    (fields, prop::option::of(producer())).prop_map(|(fields, producer)| {
        let (version, group, generation, member, instance, topics) = fields;
        let commit = OffsetCommit { version, group, generation, member, instance, topics };
        match producer {
            Some(producer) => Request::TxnOffsetCommit(TxnOffsetCommit { producer, commit }),
            None => Request::OffsetCommit(commit),
        }
    })
}

fn fetch() -> impl Strategy<Value = Request> {
    let topics = prop::option::of(prop::collection::vec((topic(), prop::collection::vec(-1..3, 0..3)), 0..3));
    (prop_oneof![Just(1i16), Just(9)], group(), topics, any::<bool>()).prop_map(
        |(version, group, topics, require_stable)| {
            Request::OffsetFetch(OffsetFetch { version, group, topics, require_stable })
        },
    )
}
