//! Answers that say no more than an error, for faults.

use bytes::Bytes;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::OffsetFetchResponseGroup;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{
    BrokerId, FetchRequest, FetchResponse, FindCoordinatorRequest, FindCoordinatorResponse,
    HeartbeatResponse, InitProducerIdResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupResponse,
    ListOffsetsRequest, ListOffsetsResponse, OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest,
    OffsetFetchResponse, ProduceRequest, ProduceResponse, ProducerId, SyncGroupResponse,
};

use super::api::Api;
use super::frame::{Header, Refusal};
use crate::coordinator::ErrorCode;

/// Whether requests of this API can be answered with any error.
pub(super) fn can(api: Api) -> bool {
    [
        Api::Produce,
        Api::Fetch,
        Api::ListOffsets,
        Api::OffsetCommit,
        Api::OffsetFetch,
        Api::FindCoordinator,
        Api::JoinGroup,
        Api::Heartbeat,
        Api::LeaveGroup,
        Api::SyncGroup,
        Api::InitProducerId,
    ]
    .contains(&api)
}

/// Answers a request with an error, in every place where an answer of its version has one.
pub(super) fn answer(header: &Header, body: Bytes, error: ErrorCode) -> Result<Bytes, Refusal> {
    let (code, version) = (error.code(), header.version);
    match header.api {
        Api::Heartbeat => header.encode(&HeartbeatResponse::default().with_error_code(code)),
        Api::SyncGroup => header.encode(&SyncGroupResponse::default().with_error_code(code)),
        Api::LeaveGroup => header.encode(&LeaveGroupResponse::default().with_error_code(code)),
        Api::JoinGroup => {
            let request: JoinGroupRequest = header.decode(body)?;
            let answer = JoinGroupResponse::default().with_error_code(code).with_generation_id(-1);
            let name = (version < 7).then(Default::default);
            header.encode(&answer.with_protocol_name(name).with_member_id(request.member_id))
        }
        Api::InitProducerId => {
            let answer = InitProducerIdResponse::default().with_error_code(code);
            header.encode(&answer.with_producer_id(ProducerId(-1)).with_producer_epoch(-1))
        }
        Api::FindCoordinator => header.encode(&find_coordinator(&header.decode(body)?, version, code)),
        Api::OffsetCommit => header.encode(&offset_commit(header.decode(body)?, code)),
        Api::OffsetFetch => header.encode(&offset_fetch(header.decode(body)?, version, code)),
        Api::Produce => produce(header, header.decode(body)?, code),
        Api::Fetch => header.encode(&fetch(header.decode(body)?, code)),
        Api::ListOffsets => header.encode(&list_offsets(header.decode(body)?, code)),
        Api::Metadata
        | Api::DescribeGroups
        | Api::ListGroups
        | Api::ApiVersions
        | Api::CreateTopics
        | Api::DeleteTopics
        | Api::OffsetForLeaderEpoch
        | Api::DescribeConfigs
        | Api::AlterConfigs
        | Api::IncrementalAlterConfigs
        | Api::CreatePartitions
        | Api::ListPartitionReassignments
        | Api::DeleteGroups
        | Api::OffsetDelete
        | Api::DescribeCluster
        | Api::SaslHandshake
        | Api::SaslAuthenticate => {
            let reason = "it has no place for every error".to_owned();
            Err(Refusal::Answer { api: header.api, version, reason })
        }
    }
}

fn find_coordinator(request: &FindCoordinatorRequest, version: i16, code: i16) -> FindCoordinatorResponse {
    let answer = FindCoordinatorResponse::default();
    if version < 4 {
        return answer.with_error_code(code).with_node_id(BrokerId(-1)).with_port(-1);
    }
    let refused = request.coordinator_keys.iter().map(|key| {
        let refused = Coordinator::default().with_key(key.clone()).with_error_code(code);
        refused.with_node_id(BrokerId(-1)).with_port(-1)
    });
    answer.with_coordinators(refused.collect())
}

fn offset_commit(request: OffsetCommitRequest, code: i16) -> OffsetCommitResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let refused = OffsetCommitResponsePartition::default().with_error_code(code);
            refused.with_partition_index(partition.partition_index)
        });
        OffsetCommitResponseTopic::default().with_partitions(partitions.collect()).with_name(topic.name)
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

fn offset_fetch(request: OffsetFetchRequest, version: i16, code: i16) -> OffsetFetchResponse {
    let answer = OffsetFetchResponse::default();
    if version < 8 {
        return answer.with_error_code(if version >= 2 { code } else { 0 });
    }
    let refused = request
        .groups
        .into_iter()
        .map(|group| OffsetFetchResponseGroup::default().with_error_code(code).with_group_id(group.group_id));
    answer.with_groups(refused.collect())
}

/// Without acknowledgement only a closed connection tells of an error.
fn produce(header: &Header, request: ProduceRequest, code: i16) -> Result<Bytes, Refusal> {
    if request.acks == 0 {
        return Err(Refusal::UnacknowledgedProduce);
    }
    let topics = request.topic_data.into_iter().map(|topic| {
        let partitions = topic.partition_data.iter().map(|partition| {
            let refused = PartitionProduceResponse::default().with_index(partition.index);
            refused.with_error_code(code).with_base_offset(-1).with_log_append_time_ms(-1)
        });
        let answer = TopicProduceResponse::default().with_partition_responses(partitions.collect());
        answer.with_name(topic.name).with_topic_id(topic.topic_id)
    });
    header.encode(&ProduceResponse::default().with_responses(topics.collect()))
}

fn fetch(request: FetchRequest, code: i16) -> FetchResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let refused = PartitionData::default().with_partition_index(partition.partition);
            refused.with_error_code(code).with_high_watermark(-1).with_records(Some(Bytes::new()))
        });
        let answer = FetchableTopicResponse::default().with_partitions(partitions.collect());
        answer.with_topic(topic.topic).with_topic_id(topic.topic_id)
    });
    FetchResponse::default().with_responses(topics.collect())
}

fn list_offsets(request: ListOffsetsRequest, code: i16) -> ListOffsetsResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let refused = ListOffsetsPartitionResponse::default().with_error_code(code);
            refused.with_partition_index(partition.partition_index).with_offset(-1).with_timestamp(-1)
        });
        ListOffsetsTopicResponse::default().with_partitions(partitions.collect()).with_name(topic.name)
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}
