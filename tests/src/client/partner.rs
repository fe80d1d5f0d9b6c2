//! The harness's own connection to the broker: it produces what the client reads, and is another member of the group.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiKey, GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    ProduceRequest, RequestHeader, ResponseHeader, SyncGroupRequest, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};
use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The harness's `client.id`.
pub(super) const CLIENT_ID: &str = "muster-partner";
/// An answer takes no longer: a join waits for the client, within the rebalance timeout.
const PATIENCE: Duration = Duration::from_secs(25);
/// Milliseconds for which the others are waited for, and of silence after which it is gone.
const TIMEOUT_MS: i32 = 20_000;
const REBALANCE_IN_PROGRESS: i16 = 27;
const FENCED_INSTANCE_ID: i16 = 82;
/// The last version of JoinGroup that makes a dynamic member at once, and the first with instance ids.
const JOIN: i16 = 3;
const JOIN_STATIC: i16 = 5;
const SYNC: i16 = 1;
const SYNC_STATIC: i16 = 3;

/// A connection, and the member that it is.
pub(super) struct Partner {
    stream: TcpStream,
    group: String,
    topic: String,
    protocols: Vec<(String, Bytes)>,
    instance: Option<String>,
    member: String,
    generation: i32,
    /// The partitions that the others get while it leads; it gives itself the rest.
    pub(super) gives: Vec<i32>,
    /// What it gave last: to itself, and to the others.
    given: (Vec<i32>, Vec<i32>),
    /// Whether it kept partitions back for a round, since they move under a cooperative assignor.
    pub(super) is_withholding: bool,
    partitions: i32,
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// An assignment of the consumer protocol, version 0.
fn assignment(topic: &str, partitions: &[i32]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(0);
    bytes.put_i32(1);
    bytes.put_i16(i16::try_from(topic.len()).unwrap_or(0));
    bytes.put_slice(topic.as_bytes());
    bytes.put_i32(i32::try_from(partitions.len()).unwrap_or(0));
    for partition in partitions {
        bytes.put_i32(*partition);
    }
    bytes.put_i32(-1);
    bytes.freeze()
}

fn batch() -> Result<Bytes, String> {
    let record = Record {
        transactional: false,
        control: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        delete_horizon: false,
        offset: 0,
        sequence: -1,
        timestamp: 0,
        key: None,
        value: Some(Bytes::from_static(b"muster")),
        headers: kafka_protocol::indexmap::IndexMap::new(),
    };
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &[record], &options).map_err(|error| error.to_string())?;
    Ok(bytes.freeze())
}

impl Partner {
    pub(super) async fn connect(
        address: SocketAddr,
        group: &str,
        topic: &str,
        partitions: i32,
    ) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        Ok(Self {
            stream,
            group: group.to_owned(),
            topic: topic.to_owned(),
            protocols: Vec::new(),
            instance: None,
            member: String::new(),
            generation: -1,
            gives: Vec::new(),
            given: (Vec::new(), Vec::new()),
            is_withholding: false,
            partitions,
        })
    }

    async fn ask<R: Request>(&mut self, request: &R, version: i16) -> Result<R::Response, String> {
        let asked = tokio::time::timeout(PATIENCE, self.exchange(request, version)).await;
        asked.map_err(|_elapsed| "the broker does not answer the harness".to_owned())?
    }

    async fn exchange<R: Request>(&mut self, request: &R, version: i16) -> Result<R::Response, String> {
        let failed = |error: &dyn std::fmt::Display| error.to_string();
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_client_id(Some(StrBytes::from_static_str(CLIENT_ID)));
        let mut bytes = BytesMut::new();
        header.encode(&mut bytes, R::header_version(version)).map_err(|error| failed(&error))?;
        request.encode(&mut bytes, version).map_err(|error| failed(&error))?;
        let length = u32::try_from(bytes.len()).map_err(|error| failed(&error))?;
        self.stream.write_u32(length).await.map_err(|error| failed(&error))?;
        self.stream.write_all(&bytes).await.map_err(|error| failed(&error))?;
        let length = self.stream.read_u32().await.map_err(|error| failed(&error))?;
        let mut answer = vec![0; usize::try_from(length).map_err(|error| failed(&error))?];
        self.stream.read_exact(&mut answer).await.map_err(|error| failed(&error))?;
        let mut answer = Bytes::from(answer);
        let key = ApiKey::try_from(R::KEY).map_err(|()| "an API without a key".to_owned())?;
        ResponseHeader::decode(&mut answer, key.response_header_version(version))
            .map_err(|error| failed(&error))?;
        R::Response::decode(&mut answer, version).map_err(|error| failed(&error))
    }

    /// Produces a record to each partition.
    pub(super) async fn produce(&mut self) -> Result<(), String> {
        let records = batch()?;
        let partitions = (0..self.partitions).map(|index| {
            PartitionProduceData::default().with_index(index).with_records(Some(records.clone()))
        });
        let data = TopicProduceData::default()
            .with_name(TopicName(text(&self.topic)))
            .with_partition_data(partitions.collect());
        let request =
            ProduceRequest::default().with_acks(-1).with_timeout_ms(5_000).with_topic_data(vec![data]);
        self.ask(&request, 7).await.map(|_| ())
    }

    /// Offers these assignors, with these subscriptions, from its next join on; with an instance id it is static.
    pub(super) fn offer(&mut self, protocols: Vec<(String, Bytes)>, instance: Option<&str>) {
        self.protocols = protocols;
        self.instance = instance.map(str::to_owned);
    }

    /// Joins, or joins again, and takes its assignment; as the leader it assigns.
    pub(super) async fn join(&mut self) -> Result<(), String> {
        loop {
            let protocols = self.protocols.iter().map(|(name, metadata)| {
                JoinGroupRequestProtocol::default().with_name(text(name)).with_metadata(metadata.clone())
            });
            let request = JoinGroupRequest::default()
                .with_group_id(GroupId(text(&self.group)))
                .with_session_timeout_ms(TIMEOUT_MS)
                .with_rebalance_timeout_ms(TIMEOUT_MS)
                .with_member_id(text(&self.member))
                .with_group_instance_id(self.instance.as_deref().map(text))
                .with_protocol_type(StrBytes::from_static_str("consumer"))
                .with_protocols(protocols.collect());
            let version = if self.instance.is_some() { JOIN_STATIC } else { JOIN };
            let joined = self.ask(&request, version).await?;
            if joined.error_code == FENCED_INSTANCE_ID {
                // The client has taken its place back; its next heartbeat says so too.
                return Ok(());
            }
            if joined.error_code != 0 {
                return Err(format!("the harness's JoinGroup was answered with {}", joined.error_code));
            }
            self.member = joined.member_id.to_string();
            self.generation = joined.generation_id;
            if self.sync(&joined).await? {
                return Ok(());
            }
        }
    }

    /// Its own partitions and those of the others. Under a cooperative assignor what moves is nobody's for a round.
    fn shares(&mut self, joined: &JoinGroupResponse) -> (Vec<i32>, Vec<i32>) {
        let mut mine: Vec<i32> = (0..self.partitions).filter(|index| !self.gives.contains(index)).collect();
        let mut theirs = self.gives.clone();
        let is_alone = joined.members.len() < 2;
        let protocol = joined.protocol_name.as_ref().map_or("", |name| name.as_str());
        self.is_withholding = false;
        if protocol.contains("cooperative") && !is_alone {
            mine.retain(|index| !self.given.1.contains(index));
            theirs.retain(|index| !self.given.0.contains(index));
            let all = usize::try_from(self.partitions).unwrap_or(0);
            self.is_withholding = mine.len() + theirs.len() < all;
        }
        (mine, theirs)
    }

    /// False: the next rebalance has begun.
    async fn sync(&mut self, joined: &JoinGroupResponse) -> Result<bool, String> {
        let (mine, theirs) = self.shares(joined);
        let mut given = BTreeMap::new();
        // Others than one are not there: the partner and the client are the whole group.
        for member in &joined.members {
            let partitions = if member.member_id == joined.member_id { &mine } else { &theirs };
            given.insert(member.member_id.clone(), assignment(&self.topic, partitions));
        }
        let assignments = given.into_iter().map(|(member, bytes)| {
            SyncGroupRequestAssignment::default().with_member_id(member).with_assignment(bytes)
        });
        let request = SyncGroupRequest::default()
            .with_group_id(GroupId(text(&self.group)))
            .with_generation_id(self.generation)
            .with_member_id(text(&self.member))
            .with_group_instance_id(self.instance.as_deref().map(text))
            .with_assignments(assignments.collect());
        let version = if self.instance.is_some() { SYNC_STATIC } else { SYNC };
        match self.ask(&request, version).await?.error_code {
            0 | FENCED_INSTANCE_ID => {
                self.given = (mine, theirs);
                Ok(true)
            }
            REBALANCE_IN_PROGRESS => Ok(false),
            code => Err(format!("the harness's SyncGroup was answered with {code}")),
        }
    }

    /// Stays a member for a while, and takes part in every rebalance.
    pub(super) async fn live(&mut self, beats: u32) -> Result<(), String> {
        for _ in 0..beats {
            tokio::time::sleep(BEAT).await;
            let request = HeartbeatRequest::default()
                .with_group_id(GroupId(text(&self.group)))
                .with_generation_id(self.generation)
                .with_group_instance_id(self.instance.as_deref().map(text))
                .with_member_id(text(&self.member));
            let version = if self.instance.is_some() { 3 } else { 1 };
            match self.ask(&request, version).await?.error_code {
                0 => {}
                REBALANCE_IN_PROGRESS => self.join().await?,
                // Its place was taken by the client: there is nobody left to be.
                _another_member_has_it => return Ok(()),
            }
        }
        Ok(())
    }

    pub(super) async fn leave(&mut self) -> Result<(), String> {
        let request = LeaveGroupRequest::default()
            .with_group_id(GroupId(text(&self.group)))
            .with_member_id(text(&self.member));
        self.ask(&request, 1).await.map(|_| ())
    }
}

/// How often it tells that it is there.
pub(super) const BEAT: Duration = Duration::from_millis(250);
