//! What tools ask.

use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, GroupId, ListGroupsRequest, OffsetDeleteRequest,
};
use muster_model::trace::Partitions;

use super::{name, text};
use crate::wire::topics::Topics;

pub(super) fn delete_groups(group: &str) -> DeleteGroupsRequest {
    DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))])
}

pub(super) fn describe_groups(group: &str) -> DescribeGroupsRequest {
    DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))])
}

pub(super) fn list_groups(states: &[String]) -> ListGroupsRequest {
    ListGroupsRequest::default().with_states_filter(states.iter().map(|state| text(state)).collect())
}

pub(super) fn offset_delete(group: GroupId, partitions: &Partitions, topics: &Topics) -> OffsetDeleteRequest {
    let partition = |index: &i32| OffsetDeleteRequestPartition::default().with_partition_index(*index);
    let topic = |(topic, of): (&String, &Vec<i32>)| {
        let partitions = of.iter().map(partition).collect();
        OffsetDeleteRequestTopic::default().with_name(name(topic, topics)).with_partitions(partitions)
    };
    let topics = partitions.iter().map(topic).collect();
    OffsetDeleteRequest::default().with_group_id(group).with_topics(topics)
}
