//! The bytes that are opaque to a coordinator: topics and partitions in subscriptions and assignments of the consumer
//! protocol (`ConsumerProtocolSubscription.json`, `ConsumerProtocolAssignment.json`).
//!
//! Clients of any kind send these, so a length is believed only as far as the bytes go.

use std::collections::{BTreeMap, BTreeSet};

use crate::coordinator::TopicName;

/// The topics of a subscription; none if the bytes are no subscription.
pub(super) fn subscription(bytes: &[u8]) -> Option<BTreeSet<TopicName>> {
    let mut rest = bytes.get(2..)?;
    let topics = int(&mut rest)?;
    (0..topics).map(|_| text(&mut rest)).collect()
}

/// The partitions of an assignment by topic; none if the bytes are no assignment. No bytes assign nothing.
pub(super) fn assignment(bytes: &[u8]) -> Option<BTreeMap<TopicName, BTreeSet<i32>>> {
    if bytes.is_empty() {
        return Some(BTreeMap::new());
    }
    let mut rest = bytes.get(2..)?;
    let topics = int(&mut rest)?;
    let topic = |_| {
        let name = text(&mut rest)?;
        let count = int(&mut rest)?;
        let partitions: Option<_> = (0..count).map(|_| int(&mut rest)).collect();
        Some((name, partitions?))
    };
    (0..topics).map(topic).collect()
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn int(rest: &mut &[u8]) -> Option<i32> {
    take(rest, 4)?.first_chunk().copied().map(i32::from_be_bytes)
}

fn text(rest: &mut &[u8]) -> Option<TopicName> {
    let length = take(rest, 2)?.first_chunk().copied().map(i16::from_be_bytes)?;
    let text = take(rest, usize::try_from(length).ok()?)?;
    std::str::from_utf8(text).ok().map(TopicName::from)
}

#[cfg(test)]
mod tests {
    use super::{assignment, subscription};

    #[test]
    fn topics_and_partitions_are_read() {
        let topic = subscription(&[0, 1, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 0]);
        assert_eq!(topic, Some([("t").into()].into()));
        let assigned = assignment(&[0, 0, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 5]);
        assert_eq!(assigned, Some([("t".into(), [3, 5].into())].into()));
        assert_eq!(assignment(&[]), Some([].into()));
    }

    #[test]
    fn what_claims_more_than_it_has_is_none() {
        assert_eq!(subscription(&[0, 0, 0x7f, 0xff, 0xff, 0xff]), None);
        assert_eq!(assignment(&[0, 0, 0, 0, 0, 1, 0x7f, 0xff]), None);
        assert_eq!(assignment(&[0]), None);
    }
}
