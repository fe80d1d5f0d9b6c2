//! Between the wire's text and the coordinator's names.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{self, BrokerId};
use kafka_protocol::protocol::StrBytes;

use crate::coordinator::{GroupId, InstanceId, MemberId, TopicName};

/// The one node of the cluster.
pub(super) const NODE: BrokerId = BrokerId(1);
/// The id of the cluster.
pub(super) const CLUSTER: &str = "muster";

pub(super) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(super) fn group(id: &messages::GroupId) -> GroupId {
    id.0.as_str().into()
}

pub(super) fn member(id: &StrBytes) -> MemberId {
    id.as_str().into()
}

pub(super) fn instance(id: Option<&StrBytes>) -> Option<InstanceId> {
    id.map(|id| id.as_str().into())
}

pub(super) fn topic(name: &messages::TopicName) -> TopicName {
    name.0.as_str().into()
}

pub(super) fn topic_name(name: &TopicName) -> messages::TopicName {
    messages::TopicName(text(name.as_str()))
}

/// Bytes that outlive their frame, without keeping the frame.
pub(super) fn kept(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// The same of many that are kept for as long as each other: together, since by itself each takes more than its bytes.
pub(super) fn all_kept(parts: &[&Bytes]) -> Vec<Bytes> {
    let mut together = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        together.extend_from_slice(part);
    }
    let mut together = together.freeze();
    parts.iter().map(|part| together.split_to(part.len())).collect()
}
