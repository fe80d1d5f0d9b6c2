//! A client that knows when the broker is gone. Index `i` stands for partition `i`, or for group `gi`.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    FetchRequest, GroupId, ListOffsetsRequest, OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest,
    ProduceRequest, ProduceResponse, RequestHeader, ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Record, RecordBatchDecoder,
    RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

const PRODUCE: i16 = 7;
const COMMIT: i16 = 7;

pub(crate) struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

fn topic() -> TopicName {
    TopicName(StrBytes::from_static_str("t"))
}

fn group(index: u8) -> GroupId {
    GroupId(StrBytes::from_string(format!("g{index}")))
}

fn batch(number: i64) -> Bytes {
    let record = Record {
        transactional: false,
        control: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        timestamp_type: TimestampType::Creation,
        delete_horizon: false,
        offset: 0,
        sequence: -1,
        timestamp: 7,
        key: None,
        value: Some(number.to_string().into()),
        headers: IndexMap::new(),
    };
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &[record], &options).unwrap();
    bytes.freeze()
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Option<Self> {
        let writer = TcpStream::connect(address).ok()?;
        writer.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        Some(Self { reader: BufReader::new(writer.try_clone().ok()?), writer })
    }

    /// None: the broker is gone.
    fn send<R: Request>(&mut self, request: &R, version: i16) -> Option<()> {
        let header = RequestHeader::default().with_request_api_key(R::KEY).with_request_api_version(version);
        let mut bytes = BytesMut::from(&[0; 4][..]);
        header.encode(&mut bytes, R::header_version(version)).unwrap();
        request.encode(&mut bytes, version).unwrap();
        let length = i32::try_from(bytes.len() - 4).unwrap();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        self.writer.write_all(&bytes).ok()
    }

    /// None: the broker is gone. It must not be too slow.
    fn receive<A: Decodable>(&mut self, header_version: i16, version: i16) -> Option<A> {
        let mut length = [0; 4];
        match self.reader.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) => {
                assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer in 20 seconds");
                return None;
            }
        }
        let mut bytes = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.reader.read_exact(&mut bytes).ok()?;
        let mut bytes = Bytes::from(bytes);
        ResponseHeader::decode(&mut bytes, header_version).unwrap();
        Some(A::decode(&mut bytes, version).unwrap())
    }

    pub(crate) fn send_produce(&mut self, index: u8, number: i64) -> Option<()> {
        let data =
            PartitionProduceData::default().with_index(i32::from(index)).with_records(Some(batch(number)));
        let data = TopicProduceData::default().with_name(topic()).with_partition_data(vec![data]);
        let request =
            ProduceRequest::default().with_acks(-1).with_timeout_ms(1000).with_topic_data(vec![data]);
        self.send(&request, PRODUCE)
    }

    /// The offset of the record.
    pub(crate) fn produced(&mut self) -> Option<i64> {
        let answer: ProduceResponse = self.receive(0, PRODUCE)?;
        let answer = &answer.responses[0].partition_responses[0];
        assert_eq!(answer.error_code, 0);
        Some(answer.base_offset)
    }

    pub(crate) fn send_commit(&mut self, index: u8, number: i64) -> Option<()> {
        let offset = OffsetCommitRequestPartition::default()
            .with_partition_index(i32::from(index))
            .with_committed_offset(number)
            .with_committed_metadata(Some(StrBytes::default()));
        let offsets = OffsetCommitRequestTopic::default().with_name(topic()).with_partitions(vec![offset]);
        let request = OffsetCommitRequest::default().with_group_id(group(index)).with_topics(vec![offsets]);
        self.send(&request, COMMIT)
    }

    pub(crate) fn committed(&mut self) -> Option<()> {
        let answer: OffsetCommitResponse = self.receive(0, COMMIT)?;
        assert_eq!(answer.topics[0].partitions[0].error_code, 0);
        Some(())
    }

    pub(crate) fn offset(&mut self, index: u8) -> Option<i64> {
        let wanted = OffsetFetchRequestTopic::default()
            .with_name(topic())
            .with_partition_indexes(vec![i32::from(index)]);
        let request =
            OffsetFetchRequest::default().with_group_id(group(index)).with_topics(Some(vec![wanted]));
        self.send(&request, 5)?;
        let answer: kafka_protocol::messages::OffsetFetchResponse = self.receive(0, 5)?;
        Some(answer.topics[0].partitions[0].committed_offset)
    }

    pub(crate) fn end(&mut self, index: u8) -> Option<i64> {
        let wanted =
            ListOffsetsPartition::default().with_partition_index(i32::from(index)).with_timestamp(-1);
        let wanted = ListOffsetsTopic::default().with_name(topic()).with_partitions(vec![wanted]);
        self.send(&ListOffsetsRequest::default().with_topics(vec![wanted]), 4)?;
        let answer: kafka_protocol::messages::ListOffsetsResponse = self.receive(0, 4)?;
        Some(answer.topics[0].partitions[0].offset)
    }

    /// All values of a partition, by offset.
    pub(crate) fn records(&mut self, index: u8) -> Option<Vec<String>> {
        let (end, mut values) = (self.end(index)?, Vec::new());
        while i64::try_from(values.len()).unwrap() < end {
            let wanted = FetchPartition::default()
                .with_partition(i32::from(index))
                .with_fetch_offset(i64::try_from(values.len()).unwrap())
                .with_partition_max_bytes(1 << 20);
            let wanted = FetchTopic::default().with_topic(topic()).with_partitions(vec![wanted]);
            let request = FetchRequest::default().with_max_bytes(1 << 20).with_topics(vec![wanted]);
            self.send(&request, 11)?;
            let answer: kafka_protocol::messages::FetchResponse = self.receive(0, 11)?;
            let mut records = answer.responses[0].partitions[0].records.clone()?;
            while !records.is_empty() {
                for record in RecordBatchDecoder::decode(&mut records).unwrap().records {
                    assert_eq!(record.offset, i64::try_from(values.len()).unwrap());
                    values.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
                }
            }
        }
        Some(values)
    }
}
