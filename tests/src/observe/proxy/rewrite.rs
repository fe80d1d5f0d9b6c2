//! Answers that tell where brokers are, and which versions they speak.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, DescribeClusterResponse, FindCoordinatorResponse, MetadataResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::Link;

/// The newest version of each API through the proxy: what can be judged, what can be rewritten, and what tells no
/// addresses in passing (KIP-951 lets Produce 10 and Fetch 16 name new leaders).
const NEWEST: [(ApiKey, i16); 14] = [
    (ApiKey::Produce, 9),
    (ApiKey::Fetch, 15),
    (ApiKey::Metadata, 12),
    (ApiKey::FindCoordinator, 6),
    (ApiKey::DescribeCluster, 1),
    (ApiKey::JoinGroup, 9),
    (ApiKey::SyncGroup, 5),
    (ApiKey::Heartbeat, 4),
    (ApiKey::LeaveGroup, 5),
    (ApiKey::OffsetCommit, 9),
    (ApiKey::OffsetFetch, 9),
    (ApiKey::DeleteGroups, 2),
    (ApiKey::OffsetDelete, 0),
    (ApiKey::ApiVersions, 4),
];
/// `UNSUPPORTED_VERSION`: such an answer to ApiVersions is one of version 0.
const UNSUPPORTED_VERSION: [u8; 2] = 35_i16.to_be_bytes();

/// The answer as the client is to see it.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is the protocol's; four of its APIs tell addresses"
)]
pub(super) async fn rewrite(link: &Link, api: i16, version: i16, frame: &Bytes) -> Result<Bytes, String> {
    let Ok(key) = ApiKey::try_from(api) else { return Ok(frame.clone()) };
    match key {
        ApiKey::ApiVersions => {
            let version = if frame.get(8..10) == Some(&UNSUPPORTED_VERSION[..]) { 0 } else { version };
            let mut answer: ApiVersionsResponse = decode(key, version, frame)?;
            for told in &mut answer.api_keys {
                let newest = NEWEST.iter().find(|(key, _)| *key as i16 == told.api_key);
                told.max_version =
                    newest.map_or(told.max_version, |(_, newest)| told.max_version.min(*newest));
            }
            encode(key, version, frame, &answer)
        }
        ApiKey::Metadata => {
            let mut answer: MetadataResponse = decode(key, version, frame)?;
            for broker in &mut answer.brokers {
                (broker.host, broker.port) = through(link, &broker.host, broker.port).await?;
            }
            encode(key, version, frame, &answer)
        }
        ApiKey::FindCoordinator => {
            let mut answer: FindCoordinatorResponse = decode(key, version, frame)?;
            if version < 4 && answer.error_code == 0 {
                (answer.host, answer.port) = through(link, &answer.host, answer.port).await?;
            }
            for found in answer.coordinators.iter_mut().filter(|found| found.error_code == 0) {
                (found.host, found.port) = through(link, &found.host, found.port).await?;
            }
            encode(key, version, frame, &answer)
        }
        ApiKey::DescribeCluster => {
            let mut answer: DescribeClusterResponse = decode(key, version, frame)?;
            for broker in &mut answer.brokers {
                (broker.host, broker.port) = through(link, &broker.host, broker.port).await?;
            }
            encode(key, version, frame, &answer)
        }
        _tells_no_addresses => Ok(frame.clone()),
    }
}

async fn through(link: &Link, host: &StrBytes, port: i32) -> Result<(StrBytes, i32), String> {
    let address = link.nodes.listening_for(link, host, port).await.map_err(|error| error.to_string())?;
    Ok((StrBytes::from_string(address.ip().to_string()), i32::from(address.port())))
}

/// Length and correlation id, and from a version on tagged fields.
fn header_length(key: ApiKey, version: i16) -> usize {
    if key.response_header_version(version) >= 1 { 9 } else { 8 }
}

fn decode<T: Decodable>(key: ApiKey, version: i16, frame: &Bytes) -> Result<T, String> {
    let from = header_length(key, version);
    if frame.len() < from {
        return Err("it ends in its header".to_owned());
    }
    T::decode(&mut frame.slice(from..), version).map_err(|error| error.to_string())
}

fn encode<T: Encodable>(key: ApiKey, version: i16, frame: &Bytes, answer: &T) -> Result<Bytes, String> {
    let mut rewritten = BytesMut::with_capacity(frame.len() + 64);
    rewritten.put_slice(&frame[..header_length(key, version)]);
    answer.encode(&mut rewritten, version).map_err(|error| error.to_string())?;
    let length = u32::try_from(rewritten.len() - 4).map_err(|error| error.to_string())?;
    rewritten[..4].copy_from_slice(&length.to_be_bytes());
    Ok(rewritten.freeze())
}
