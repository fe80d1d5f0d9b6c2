//! What the broker itself says of offsets, asked without any of the clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{
    GroupId, ListOffsetsRequest, MetadataRequest, OffsetFetchRequest, RequestHeader, ResponseHeader,
    TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};

pub(crate) struct Raw(TcpStream);

fn topic_name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

impl Raw {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(stream)
    }

    fn ask<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_client_id(Some(StrBytes::from_static_str("driver")));
        let mut bytes = BytesMut::new();
        header.encode(&mut bytes, R::header_version(version)).unwrap();
        request.encode(&mut bytes, version).unwrap();
        self.0.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
        self.0.write_all(&bytes).unwrap();
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        self.0.read_exact(&mut answer).unwrap();
        let mut answer = bytes::Bytes::from(answer);
        let key = kafka_protocol::messages::ApiKey::try_from(R::KEY).unwrap();
        ResponseHeader::decode(&mut answer, key.response_header_version(version)).unwrap();
        R::Response::decode(&mut answer, version).unwrap()
    }

    /// How many partitions the topic has; none if it is not there.
    pub(crate) fn partitions(&mut self, topic: &str) -> Option<usize> {
        let topics = self.ask(&MetadataRequest::default().with_topics(None), 7).topics;
        let found = topics.into_iter().find(|described| described.name == Some(topic_name(topic)));
        found.map(|found| found.partitions.len())
    }

    /// The end of each partition.
    pub(crate) fn ends(&mut self, topic: &str, partitions: i32) -> Vec<i64> {
        let wanted = (0..partitions)
            .map(|index| ListOffsetsPartition::default().with_partition_index(index).with_timestamp(-1));
        let of_topic =
            ListOffsetsTopic::default().with_name(topic_name(topic)).with_partitions(wanted.collect());
        let mut answer = self.ask(&ListOffsetsRequest::default().with_topics(vec![of_topic]), 5);
        answer.topics.remove(0).partitions.iter().map(|partition| partition.offset).collect()
    }

    /// The committed offset of each partition, -1 for none.
    pub(crate) fn committed(&mut self, group: &str, topic: &str, partitions: i32) -> Vec<i64> {
        let of_topic = OffsetFetchRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partition_indexes((0..partitions).collect());
        let request = OffsetFetchRequest::default()
            .with_group_id(GroupId(StrBytes::from_string(group.to_owned())))
            .with_topics(Some(vec![of_topic]));
        let mut answer = self.ask(&request, 5);
        answer.topics.remove(0).partitions.iter().map(|partition| partition.committed_offset).collect()
    }
}
