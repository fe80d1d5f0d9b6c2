//! From a request to the answer's bytes.

use bytes::Bytes;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse, ListPartitionReassignmentsRequest};

use super::api::Api;
use super::connection::Ends;
use super::frame::{Header, Refusal};
use super::server::Shared;
use super::{
    admin, alter_configs, alter_topics, auth, cluster, delete_groups, describe, fetch, group, list_offsets,
    metadata, offsets, produce,
};
use crate::coordinator::ErrorCode;

/// Handles a request. The answer is empty if the request wants none.
///
/// Thousands of members may be waiting, and thousands of commits under way: what other requests need while they wait
/// takes no room in theirs, and what it is given is held once, as it would not be in an `async fn`.
pub(super) fn handle<'s>(
    shared: &'s Shared,
    ends: &'s Ends,
    header: &'s Header,
    body: Bytes,
) -> impl Future<Output = Result<Bytes, Refusal>> + use<'s> {
    let version = header.version;
    async move {
        match header.api {
            Api::ApiVersions => api_versions(header, body),
            Api::Metadata => header
                .encode(&Box::pin(metadata::metadata(shared, ends, version, header.decode(body)?)).await),
            Api::FindCoordinator => {
                let request = header.decode(body)?;
                header.encode(&Box::pin(metadata::find_coordinator(shared, ends, header, &request)).await?)
            }
            Api::Produce => Box::pin(produce::produce(shared, header, body)).await,
            Api::Fetch => header.encode(&Box::pin(fetch::fetch(shared, version, header.decode(body)?)).await),
            Api::ListOffsets => {
                header.encode(&list_offsets::list_offsets(shared, version, &header.decode(body)?))
            }
            Api::CreateTopics => {
                header.encode(&Box::pin(admin::create_topics(shared, version, header.decode(body)?)).await)
            }
            Api::OffsetForLeaderEpoch => {
                header.encode(&list_offsets::offset_for_leader_epoch(shared, &header.decode(body)?))
            }
            Api::DeleteTopics => header
                .encode(&Box::pin(alter_topics::delete_topics(shared, version, header.decode(body)?)).await),
            Api::CreatePartitions => {
                header.encode(&Box::pin(alter_topics::create_partitions(shared, header.decode(body)?)).await)
            }
            Api::DescribeCluster => {
                header.encode(&cluster::describe_cluster(ends, version, &header.decode(body)?))
            }
            Api::DescribeConfigs => {
                header.encode(&cluster::describe_configs(shared, version, &header.decode(body)?))
            }
            Api::AlterConfigs => Box::pin(alter_configs(shared, header, body)).await,
            Api::IncrementalAlterConfigs => Box::pin(incremental_alter_configs(shared, header, body)).await,
            Api::DeleteGroups => {
                let request = header.decode(body)?;
                header.encode(&Box::pin(delete_groups::delete_groups(shared, ends, header, &request)).await?)
            }
            Api::OffsetDelete => {
                let request = header.decode(body)?;
                header.encode(&Box::pin(delete_groups::delete_offsets(shared, ends, header, request)).await?)
            }
            Api::ListPartitionReassignments => {
                let _: ListPartitionReassignmentsRequest = header.decode(body)?;
                header.encode(&cluster::list_partition_reassignments())
            }
            Api::InitProducerId => header.encode(&admin::init_producer_id(shared, &header.decode(body)?)),
            Api::ListGroups => {
                header.encode(&Box::pin(describe::list_groups(shared, version, &header.decode(body)?)).await?)
            }
            Api::DescribeGroups => header
                .encode(&Box::pin(describe::describe_groups(shared, version, header.decode(body)?)).await?),
            Api::SaslHandshake | Api::SaslAuthenticate => auth::out_of_place(header, body),
            Api::JoinGroup | Api::SyncGroup | Api::Heartbeat | Api::LeaveGroup | Api::OffsetCommit => {
                let request = group::request(header, body)?;
                group::answer(header, group::ask(shared, ends, header, request).await?)
            }
            Api::OffsetFetch => Box::pin(offsets::fetch_offsets(shared, ends, header, body)).await,
        }
    }
}

async fn alter_configs(shared: &Shared, header: &Header, body: Bytes) -> Result<Bytes, Refusal> {
    header.encode(&alter_configs::alter_configs(shared, header.decode(body)?).await)
}

async fn incremental_alter_configs(shared: &Shared, header: &Header, body: Bytes) -> Result<Bytes, Refusal> {
    header.encode(&alter_configs::incremental_alter_configs(shared, header.decode(body)?).await)
}

/// A version that is not known is answered in version 0, with the error and what is known.
fn api_versions(header: &Header, body: Bytes) -> Result<Bytes, Refusal> {
    let known = Api::ALL.iter().map(|api| {
        let (least, most) = api.versions();
        ApiVersion::default().with_api_key(api.key() as i16).with_min_version(least).with_max_version(most)
    });
    let answer = ApiVersionsResponse::default().with_api_keys(known.collect());
    if header.api.takes(header.version) {
        let _: ApiVersionsRequest = header.decode(body)?;
        return header.encode(&answer);
    }
    header.encode_as(&answer.with_error_code(ErrorCode::UnsupportedVersion.code()), 0)
}
