//! Between the wire's text and the coordinator's names.

use bytes::Bytes;
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
