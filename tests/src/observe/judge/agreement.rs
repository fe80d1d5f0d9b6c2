//! Whether what was seen is what a coordinator gives, and what was asked of it.

use std::collections::BTreeSet;

use muster_reference::coordinator::{Change, CommittedOffset, OffsetCommit, Record, Request, Timestamp};

use super::super::answer::{Answer, Code};
use super::super::history::{Exchange, group};
use super::UNAUTHORISED;
use super::hypothesis::Hypothesis;

/// A broker answers for topics that are not there, and does not ask its coordinator of them.
const BY_THE_BROKER: [Code; 3] = [3, 17, 29];

/// The request without the partitions that the broker refused by itself.
pub(super) fn as_the_coordinator_sees_it(request: &Request, answer: Option<&Answer>) -> Request {
    let (Request::OffsetCommit(commit), Some(Answer::Errors { partitions, .. })) = (request, answer) else {
        return request.clone();
    };
    let refused = |topic: &str, partition: i32| {
        partitions.get(&(topic.to_owned(), partition)).is_some_and(|error| BY_THE_BROKER.contains(error))
    };
    let topics = commit.topics.iter().map(|(topic, partitions)| {
        let left = partitions.iter().filter(|p| !refused(topic.as_str(), p.partition));
        (topic.clone(), left.cloned().collect())
    });
    Request::OffsetCommit(OffsetCommit { topics: topics.collect(), ..commit.clone() })
}

/// What was seen, without what the broker refused by itself.
pub(super) fn with_what_the_broker_refused(seen: &Answer, given: &Answer) -> Answer {
    match (seen, given) {
        (Answer::Errors { error, partitions }, Answer::Errors { partitions: asked, .. }) => {
            let kept = partitions
                .iter()
                .filter(|(of, code)| asked.contains_key(of) || !BY_THE_BROKER.contains(code));
            Answer::Errors { error: *error, partitions: kept.map(|(of, code)| (of.clone(), *code)).collect() }
        }
        _whole => seen.clone(),
    }
}

/// Whether what was seen is what is given; offsets from before the recording are learned.
pub(super) fn agrees(state: &mut Hypothesis, exchange: &Exchange, seen: &Answer, given: &Answer) -> bool {
    let (Answer::Fetch { error: 0, offsets: seen }, Answer::Fetch { error: 0, offsets: given }) =
        (seen, given)
    else {
        return seen.is(given);
    };
    let of: BTreeSet<_> = seen.keys().chain(given.keys()).cloned().collect();
    for partition in of {
        let told = seen.get(&partition).copied().unwrap_or((-1, 0));
        let kept = given.get(&partition).copied().unwrap_or((-1, 0));
        let is_new = state.known.insert(partition.clone());
        if told == kept || UNAUTHORISED.contains(&told.1) {
            continue;
        }
        let committed = state.log.tells_of(&partition);
        if !is_new || committed || kept.0 != -1 || told.1 != 0 {
            return false;
        }
        let (topic, index) = partition;
        let value = CommittedOffset {
            offset: told.0,
            leader_epoch: -1,
            metadata: String::new(),
            committed_at: Timestamp(0),
        };
        let group = group(&exchange.request).clone();
        let record = Record::OffsetCommit { group, topic: topic.into(), partition: index, value };
        state.coordinator.apply(&Change::Restored(record.clone()));
        state.log.note(record);
    }
    true
}
