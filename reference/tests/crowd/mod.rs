//! Many members of one group, each on a connection of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiVersionsRequest, ConsumerProtocolAssignment, ConsumerProtocolSubscription, GroupId, HeartbeatRequest,
    JoinGroupRequest, SyncGroupRequest, TopicName,
};
use kafka_protocol::protocol::{Encodable, StrBytes};
use tokio::sync::Barrier;

use crate::client::Client;

/// `MEMBER_ID_REQUIRED`.
const MEMBER_ID_REQUIRED: i16 = 79;
pub(crate) const TOPIC: &str = "t";

/// A member, and what its last rebalance told it.
pub(crate) struct Member {
    client: Client,
    group: StrBytes,
    id: StrBytes,
    pub(crate) generation: i32,
    /// What it was assigned, as bytes of the consumer protocol.
    pub(crate) assignment: Bytes,
}

/// How long a rebalance took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    /// From the first JoinGroup to the last answer to a SyncGroup.
    #[allow(dead_code, reason = "the benchmark tells it")]
    pub(crate) in_all: Duration,
    /// From the last JoinGroup on.
    pub(crate) after_the_last_join: Duration,
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// A message of the consumer protocol: its version, then itself.
fn message(body: &impl Encodable) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(0);
    body.encode(&mut bytes, 0).unwrap();
    bytes.freeze()
}

/// One partition for each member.
pub(crate) fn assigned(partition: i32) -> Bytes {
    let topic = TopicPartition::default().with_topic(TopicName(text(TOPIC))).with_partitions(vec![partition]);
    message(&ConsumerProtocolAssignment::default().with_assigned_partitions(vec![topic]))
}

/// What it says of itself is another thing each time: so the first who joins starts a rebalance, whoever that is.
fn join(member: &Member) -> JoinGroupRequest {
    let changed = Bytes::copy_from_slice(&member.generation.to_be_bytes());
    let subscription =
        ConsumerProtocolSubscription::default().with_topics(vec![text(TOPIC)]).with_user_data(Some(changed));
    let range =
        JoinGroupRequestProtocol::default().with_name(text("range")).with_metadata(message(&subscription));
    JoinGroupRequest::default()
        .with_group_id(GroupId(member.group.clone()))
        .with_session_timeout_ms(45_000)
        .with_rebalance_timeout_ms(60_000)
        .with_member_id(member.id.clone())
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![range])
}

impl Member {
    async fn connect(address: SocketAddr, group: StrBytes) -> Self {
        let mut client = Client::connect(address).await;
        let answer = client.ask(&ApiVersionsRequest::default(), 3).await;
        assert_eq!(answer.error_code, 0);
        Self { client, group, id: StrBytes::default(), generation: 0, assignment: Bytes::new() }
    }

    /// Asks for an id, if it has none.
    async fn introduces_itself(&mut self) {
        if self.id.is_empty() {
            let refused = self.client.ask(&join(self), 9).await;
            assert_eq!(refused.error_code, MEMBER_ID_REQUIRED);
            self.id = refused.member_id;
        }
    }

    /// Joins and syncs; when it sent its JoinGroup.
    async fn rejoins(&mut self) -> Instant {
        let request = self.client.send(&join(self), 9).await;
        let joined_at = Instant::now();
        let joined = self.client.receive::<JoinGroupRequest>(9, request).await;
        assert_eq!(joined.error_code, 0, "JoinGroup");
        self.generation = joined.generation_id;
        let give = |(member, partition)| {
            SyncGroupRequestAssignment::default().with_member_id(member).with_assignment(assigned(partition))
        };
        let members = joined.members.into_iter().map(|member| member.member_id);
        let sync = SyncGroupRequest::default()
            .with_group_id(GroupId(self.group.clone()))
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone())
            .with_protocol_type(joined.protocol_type)
            .with_protocol_name(joined.protocol_name)
            .with_assignments(members.zip(0..).map(give).collect());
        let synced = self.client.ask(&sync, 5).await;
        assert_eq!(synced.error_code, 0, "SyncGroup");
        self.assignment = synced.assignment;
        joined_at
    }
}

/// Each says that it lives, as all do every `heartbeat.interval.ms`.
#[allow(dead_code, reason = "the benchmark has them live")]
pub(crate) async fn heartbeat(members: &mut [Member]) {
    for member in members {
        let request = HeartbeatRequest::default()
            .with_group_id(GroupId(member.group.clone()))
            .with_generation_id(member.generation)
            .with_member_id(member.id.clone());
        assert_eq!(member.client.ask(&request, 4).await.error_code, 0, "Heartbeat");
    }
}

/// Connects, without joining.
pub(crate) async fn connect(address: SocketAddr, group: &str, count: usize) -> Vec<Member> {
    let mut members = Vec::new();
    for _ in 0..count {
        members.push(Member::connect(address, text(group)).await);
    }
    members
}

/// Has all join at once, and sync.
pub(crate) async fn rebalance(members: Vec<Member>) -> (Vec<Member>, Took) {
    let ready = Arc::new(Barrier::new(members.len() + 1));
    let mut tasks = Vec::new();
    for mut member in members {
        let ready = Arc::clone(&ready);
        tasks.push(tokio::spawn(async move {
            member.introduces_itself().await;
            ready.wait().await;
            let joined_at = member.rejoins().await;
            (member, joined_at)
        }));
    }
    ready.wait().await;
    let (started, mut joined_last, mut members) = (Instant::now(), None, Vec::new());
    for task in tasks {
        let (member, joined_at) = task.await.unwrap();
        joined_last = joined_last.max(Some(joined_at));
        members.push(member);
    }
    let after_the_last_join = joined_last.map(|at| at.elapsed()).unwrap_or_default();
    (members, Took { in_all: started.elapsed(), after_the_last_join })
}
