//! What a run creates on a broker, and that nothing of it stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use kafka_protocol::messages::{
    ApiKey, DeleteGroupsRequest, DeleteGroupsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribeGroupsRequest, DescribeGroupsResponse, GroupId, TopicName,
};

use super::channel::Incoming;
use super::decode::{error_name, message};
use super::encode::{leave_group, outgoing, text};
use super::switchboard::Switchboard;
use super::versions::Versions;
use crate::system::{Defect, Trouble};

/// `UNKNOWN_TOPIC_OR_PARTITION`.
const NO_SUCH_TOPIC: i16 = 3;
/// `GROUP_ID_NOT_FOUND`.
const NO_SUCH_GROUP: i16 = 69;
/// `NON_EMPTY_GROUP`.
const NON_EMPTY: i16 = 68;
/// The connection of the test's own requests.
const OWN: &str = "";

/// What a run will create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the names begin with.
    pub prefix: String,
    /// Topics with their partitions.
    pub topics: BTreeMap<String, i32>,
    /// Traces that can be run: each run of one has a group of its own.
    pub traces: usize,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topics: Vec<String> = self.topics.iter().map(|(topic, n)| format!("{topic} ({n})")).collect();
        let Self { prefix, traces, .. } = self;
        match topics.len() {
            0 => f.write_str("no topics")?,
            1 => write!(f, "topic {}", topics[0])?,
            n => write!(f, "{n} topics ({})", topics.join(", "))?,
        }
        write!(f, " and a group {prefix}-... for each run of {traces} traces")
    }
}

/// What was deleted, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Topics that were created.
    pub topics: usize,
    /// Groups that were used.
    pub groups: usize,
    /// What is left on the broker, and why.
    pub left: Vec<String>,
}

/// The groups of a run.
#[derive(Default)]
pub(super) struct Groups {
    opened: AtomicUsize,
    left: Mutex<Vec<(String, SocketAddr)>>,
}

impl Groups {
    pub(super) fn open(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// Notes a group that could not be deleted when its run ended.
    pub(super) fn leave(&self, group: &str, coordinator: SocketAddr) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push((group.to_owned(), coordinator));
    }

    pub(super) fn take_left(&self) -> Vec<(String, SocketAddr)> {
        std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

type Other = Vec<(String, Result<Incoming, Defect>)>;

/// The group as its coordinator describes it.
pub(super) fn describe(
    switchboard: &mut Switchboard<'_>,
    versions: &Versions,
    group: &str,
    other: &mut Other,
) -> Result<DescribeGroupsResponse, Trouble> {
    let version = versions.highest(ApiKey::DescribeGroups)?;
    let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
    let request = outgoing(ApiKey::DescribeGroups, version, &request).map_err(Trouble::Unreachable)?;
    let answer = switchboard.exchange(OWN, &request, other)?;
    let wrong = |why| Trouble::Unreachable(format!("DescribeGroups is answered wrongly: {why}"));
    message(&answer).map_err(wrong)
}

/// Takes the members that are known out of a group and deletes it; then those that are not known. False: it is not
/// empty yet, which is so until a rebalance that is under way ends.
pub(super) fn remove(
    switchboard: &mut Switchboard<'_>,
    versions: &Versions,
    group: &str,
    known: &[String],
) -> Result<bool, Trouble> {
    leave(switchboard, versions, group, known)?;
    if delete(switchboard, versions, group)? == 0 {
        return Ok(true);
    }
    let described = describe(switchboard, versions, group, &mut Vec::new())?;
    let members = described.groups.iter().flat_map(|group| &group.members);
    let members: Vec<String> = members.map(|member| member.member_id.to_string()).collect();
    leave(switchboard, versions, group, &members)?;
    match delete(switchboard, versions, group)? {
        0 => Ok(true),
        NON_EMPTY => Ok(false),
        code => Err(Trouble::Unreachable(error_name(code))),
    }
}

fn leave(
    switchboard: &mut Switchboard<'_>,
    versions: &Versions,
    group: &str,
    members: &[String],
) -> Result<(), Trouble> {
    let version = versions.highest(ApiKey::LeaveGroup)?;
    // From version 3 on one request names all.
    let most = if version >= 3 { members.len().max(1) } else { 1 };
    for members in members.chunks(most) {
        let request = leave_group(GroupId(text(group)), members, &[], version);
        let request = outgoing(ApiKey::LeaveGroup, version, &request).map_err(Trouble::Unreachable)?;
        switchboard.exchange(OWN, &request, &mut Vec::new())?;
    }
    Ok(())
}

/// The error; none too for a group that is not there.
fn delete(switchboard: &mut Switchboard<'_>, versions: &Versions, group: &str) -> Result<i16, Trouble> {
    let version = versions.highest(ApiKey::DeleteGroups)?;
    let request = DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))]);
    let request = outgoing(ApiKey::DeleteGroups, version, &request).map_err(Trouble::Unreachable)?;
    let answer = switchboard.exchange(OWN, &request, &mut Vec::new())?;
    let answer: DeleteGroupsResponse = message(&answer)
        .map_err(|why| Trouble::Unreachable(format!("DeleteGroups is answered wrongly: {why}")))?;
    let code = answer.results.first().map_or(0, |result| result.error_code);
    Ok(if code == NO_SUCH_GROUP { 0 } else { code })
}

/// What is left, by kind and reason: a broker that deletes nothing is told of in a line.
#[derive(Default)]
pub(super) struct Left(BTreeMap<(&'static str, String), Vec<String>>);

impl Left {
    pub(super) fn note(&mut self, kind: &'static str, name: String, why: String) {
        self.0.entry((kind, why)).or_default().push(name);
    }

    pub(super) fn told(self) -> Vec<String> {
        let told = |((kind, why), names): ((&str, String), Vec<String>)| match names.as_slice() {
            [name] => format!("{kind} {name}: {why}"),
            names => format!("{} {kind}s, {} and others: {why}", names.len(), names[0]),
        };
        self.0.into_iter().map(told).collect()
    }
}

/// Deletes topics; tells of those that are left, and why.
pub(super) fn delete_topics(
    switchboard: &mut Switchboard<'_>,
    versions: &Versions,
    topics: &BTreeSet<String>,
) -> Result<Vec<(String, String)>, Trouble> {
    let version = versions.highest(ApiKey::DeleteTopics)?.min(5);
    let names = topics.iter().map(|topic| TopicName(text(topic))).collect();
    let request = DeleteTopicsRequest::default().with_topic_names(names).with_timeout_ms(5_000);
    let request = outgoing(ApiKey::DeleteTopics, version, &request).map_err(Trouble::Unreachable)?;
    let answer = switchboard.exchange(OWN, &request, &mut Vec::new())?;
    let answer: DeleteTopicsResponse = message(&answer)
        .map_err(|why| Trouble::Unreachable(format!("DeleteTopics is answered wrongly: {why}")))?;
    let left = answer.responses.iter().filter(|one| ![0, NO_SUCH_TOPIC].contains(&one.error_code));
    let title = |topic: &Option<TopicName>| topic.as_ref().map_or(String::new(), |name| name.to_string());
    Ok(left.map(|one| (title(&one.name), error_name(one.error_code))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_for_one_reason_is_one_line() {
        let mut left = Left::default();
        for group in ["a", "b", "c"] {
            left.note("group", group.to_owned(), "no".to_owned());
        }
        left.note("topic", "t".to_owned(), "no".to_owned());
        assert_eq!(left.told(), ["3 groups, a and others: no", "topic t: no"]);
    }
}
