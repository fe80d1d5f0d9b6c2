//! What a client fetches.

use bytes::Bytes;
use kafka_protocol::messages::FetchRequest;

use super::super::api::Api;
use super::super::frame::Header;
use crate::coordinator::TopicName;

/// A partition that a Fetch asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its topic; none if the version names topics by their ids.
    pub topic: Option<TopicName>,
    /// Which of the topic.
    pub partition: i32,
    /// From this offset on.
    pub offset: i64,
}

/// The partitions that a request asks for; none if the frame (without its length) is no Fetch that can be read.
pub fn fetched(frame: &Bytes) -> Option<Vec<Fetched>> {
    let (header, body) = Header::parse(frame).ok()?;
    if header.api != Api::Fetch {
        return None;
    }
    let request: FetchRequest = header.decode(body).ok()?;
    let by_topic = request.topics.iter().flat_map(|of| {
        let topic = (!of.topic.is_empty()).then(|| TopicName::from(of.topic.as_str()));
        of.partitions.iter().map(move |asked| Fetched {
            topic: topic.clone(),
            partition: asked.partition,
            offset: asked.fetch_offset,
        })
    });
    Some(by_topic.collect())
}
