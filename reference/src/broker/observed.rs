//! What passes between a client and a coordinator, as somebody between them sees it.
//!
//! Frames are looked over before they are decoded, as a broker's are: neither side is trusted with lengths.

mod fetches;
mod shapes;

use bytes::Bytes;
pub use fetches::{Fetched, fetched};
use kafka_protocol::messages::{ApiKey, DeleteGroupsRequest, OffsetDeleteRequest};
use kafka_protocol::protocol::Decodable;

use super::api::Api;
use super::frame::Header;
use super::shape::Walker;
use super::wire;
use super::{delete_groups, group, offsets};
use crate::coordinator::{DeleteGroups, Request, TopicName};

/// A request, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The number of the API.
    pub api_key: i16,
    /// The version of the API.
    pub version: i16,
    /// What its answer begins with.
    pub correlation_id: i32,
    /// `client.id`, of a request that is read.
    pub client_id: String,
    /// What it asks of group coordinators, group by group; nothing if it is of another kind, or of a version that is
    /// not known here.
    pub asked: Vec<Request>,
}

/// Why a frame cannot be read: one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// Reads a request: a frame without its length.
pub fn request(frame: &Bytes) -> Result<Observed, Unreadable> {
    let mut walker = Walker::new(frame, 0, false);
    let mut short = || walker.take().map(i16::from_be_bytes).map_err(|error| Unreadable(error.to_string()));
    let (api_key, version) = (short()?, short()?);
    let correlation_id =
        walker.take().map(i32::from_be_bytes).map_err(|error| Unreadable(error.to_string()))?;
    let other = Observed { api_key, version, correlation_id, client_id: String::new(), asked: Vec::new() };
    if !Api::of(api_key).is_some_and(|api| of_groups(api) && api.takes(version)) {
        return Ok(other);
    }
    let read = || {
        let (header, body) = Header::parse(frame)?;
        Ok((asked(&header, body)?, header.client_id))
    };
    let (asked, client_id) =
        read().map_err(|refusal: super::frame::Refusal| Unreadable(refusal.to_string()))?;
    Ok(Observed { client_id, asked, ..other })
}

/// Whether what the API does is a group coordinator's.
fn of_groups(api: Api) -> bool {
    [
        Api::JoinGroup,
        Api::SyncGroup,
        Api::Heartbeat,
        Api::LeaveGroup,
        Api::OffsetCommit,
        Api::OffsetFetch,
        Api::DeleteGroups,
        Api::OffsetDelete,
    ]
    .contains(&api)
}

fn asked(header: &Header, body: Bytes) -> Result<Vec<Request>, super::frame::Refusal> {
    if header.api == Api::OffsetFetch {
        return Ok(offsets::asked(header.decode(body)?, header.version).map(Request::OffsetFetch).collect());
    }
    if header.api == Api::DeleteGroups {
        let request: DeleteGroupsRequest = header.decode(body)?;
        let named = request.groups_names.iter().map(wire::group);
        return Ok(named.map(|group| Request::DeleteGroups(DeleteGroups { groups: vec![group] })).collect());
    }
    if header.api == Api::OffsetDelete {
        let request: OffsetDeleteRequest = header.decode(body)?;
        return Ok(vec![Request::OffsetDelete(delete_groups::asked(&request))]);
    }
    Ok(vec![group::request(header, body)?])
}

/// Splits the body of an answer off its header, looked over as far as it is one of a group coordinator's.
pub fn answer(api: ApiKey, version: i16, frame: &Bytes) -> Result<Bytes, Unreadable> {
    let unreadable = |error: super::shape::Malformed| Unreadable(error.to_string());
    let known = Api::of(api as i16).ok_or_else(|| Unreadable(format!("{api:?} is no API of a group")))?;
    let flexible = version >= known.flexible_since();
    let mut walker = Walker::new(frame, version, flexible);
    walker.skip(4).map_err(unreadable)?;
    if flexible {
        walker.tagged_fields().map_err(unreadable)?;
    }
    let body = frame.slice(frame.len() - walker.left()..);
    let shape = shapes::answer(known).ok_or_else(|| Unreadable(format!("{api:?} is no API of a group")))?;
    walker.request(shape).map_err(unreadable)?;
    Ok(body)
}

/// Decodes the body of an answer that was looked over.
pub fn decode<T: Decodable>(version: i16, mut body: Bytes) -> Result<T, Unreadable> {
    T::decode(&mut body, version).map_err(|error| Unreadable(error.to_string()))
}

/// The topics of a subscription of the consumer protocol; none if the bytes are no subscription.
pub fn subscribed_topics(bytes: &[u8]) -> Option<std::collections::BTreeSet<TopicName>> {
    super::consumer_bytes::subscription(bytes)
}

/// The partitions of an assignment of the consumer protocol, by topic; none if the bytes are no assignment.
pub fn assigned_partitions(
    bytes: &[u8],
) -> Option<std::collections::BTreeMap<TopicName, std::collections::BTreeSet<i32>>> {
    super::consumer_bytes::assignment(bytes)
}
