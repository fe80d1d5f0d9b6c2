//! `RoundRobinAssignor`: one partition after the other to one member after the other.

use std::collections::BTreeMap;

use super::{Shares, Subscriber, empty_handed, partitions, range};
use crate::coordinator::TopicName;

/// Members that do not subscribe to a topic are passed over; the next topic goes on with the member after the last.
pub(super) fn assign(topics: &BTreeMap<TopicName, i32>, subscribers: &[Subscriber]) -> Shares {
    let mut shares = empty_handed(subscribers);
    let mut circle: Vec<&Subscriber> = subscribers.iter().collect();
    circle.sort_by(|one, other| range::compare(one, other));
    let mut next = 0;
    for (topic, count) in topics {
        for partition in partitions(topic, *count) {
            let after = (0..circle.len()).map(|step| (next + step) % circle.len());
            let Some(place) = after.clone().find(|i| circle[*i].topics.contains(topic)) else { continue };
            shares.entry(circle[place].member.clone()).or_default().push(partition);
            next = (place + 1) % circle.len();
        }
    }
    shares
}
