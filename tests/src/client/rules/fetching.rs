//! What a member fetches.

use std::collections::{BTreeMap, BTreeSet};

use muster_reference::broker::ClientRule;
use muster_reference::broker::observed::{Fetched, assigned_partitions};
use muster_reference::coordinator::Request;

use super::{At, Judged, Watch};
use crate::client::seen::What;
use crate::client::stage::TOPIC;
use crate::observe::answer::Answer;
use crate::observe::history::Exchange;

/// How long a Fetch that was on its way may still come.
const GRACE_US: i64 = 2_000_000;

/// Watches Fetch beside SyncGroup and OffsetFetch.
#[derive(Default)]
pub(super) struct Fetching {
    /// What it was given last, and since when.
    owned: Option<(i64, BTreeSet<i32>)>,
    /// What it had to give up then, and was not seen to fetch since.
    given_up: BTreeSet<i32>,
    /// Partitions that it got then and has not fetched yet.
    fresh: BTreeSet<i32>,
    /// As it was told since then.
    committed: BTreeMap<i32, i64>,
    is_leaving: bool,
    /// Partitions that were found to be fetched without being owned.
    found: BTreeSet<i32>,
}

impl Fetching {
    fn gets(&mut self, at_us: i64, partitions: BTreeSet<i32>) {
        let before = self.owned.take().map(|(_, before)| before).unwrap_or_default();
        self.given_up = before.difference(&partitions).copied().collect();
        self.fresh = partitions.difference(&before).copied().collect();
        self.committed.clear();
        self.found.clear();
        self.owned = Some((at_us, partitions));
    }

    fn answered(&mut self, at_us: i64, exchange: &Exchange, answer: &Answer) {
        match (&exchange.request, answer) {
            (Request::SyncGroup(_), Answer::Sync { error: 0, assignment }) => {
                let assigned = assigned_partitions(assignment).unwrap_or_default();
                let of_topic = assigned.into_iter().find(|(topic, _)| topic.as_str() == TOPIC);
                self.gets(at_us, of_topic.map(|(_, partitions)| partitions).unwrap_or_default());
            }
            // It is no member any more, and owns nothing.
            (Request::Heartbeat(_), answer) if [25, 82].contains(&answer.error()) => {
                self.gets(at_us, BTreeSet::new());
            }
            (Request::OffsetFetch(_), Answer::Fetch { error: 0, offsets }) => {
                let of_topic =
                    offsets.iter().filter(|((topic, _), (_, error))| topic == TOPIC && *error == 0);
                let told = of_topic.map(|((_, partition), (offset, _))| (*partition, *offset));
                self.committed.extend(told.filter(|(_, offset)| *offset >= 0));
            }
            _of_no_interest => {}
        }
    }

    fn fetches(&mut self, at_us: i64, partitions: &[Fetched], judged: &mut Judged) {
        let Some((since, owned)) = &self.owned else { return };
        let of_topic =
            |fetched: &&Fetched| fetched.topic.as_ref().is_none_or(|topic| topic.as_str() == TOPIC);
        for Fetched { partition, offset, .. } in partitions.iter().filter(of_topic) {
            let is_late = at_us - since > GRACE_US;
            if is_late && !owned.contains(partition) && self.found.insert(*partition) {
                let detail = format!("it fetches partition {partition}, and owns {owned:?}");
                judged.find(ClientRule::FetchesOwnPartitions, at_us, detail);
            }
            if owned.contains(partition) && self.fresh.remove(partition) {
                // A client that asks for no offset may know it from elsewhere.
                let Some(committed) = self.committed.get(partition) else { continue };
                judged.test(ClientRule::FetchesFromCommitted, offset == committed, at_us, || {
                    format!("it begins to fetch partition {partition} at {offset}; {committed} was committed")
                });
            }
        }
    }
}

impl Watch for Fetching {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if let Some((exchange, answer)) = at.answered() {
            self.answered(at.us, exchange, answer);
        }
        match at.what {
            What::Started => *self = Self::default(),
            What::Leaving => self.is_leaving = true,
            What::Fetches(partitions) if !self.is_leaving => self.fetches(at.us, partitions, judged),
            What::Fetches(_)
            | What::Asked(_)
            | What::Answered(_)
            | What::Looks
            | What::Ended(_)
            | What::Disturbed(_)
            | What::Over => {}
        }
        if let Some((since, _)) = &self.owned
            && at.us - since > GRACE_US
            && !self.given_up.is_empty()
        {
            self.given_up.clear();
            judged.exercise(ClientRule::FetchesOwnPartitions);
        }
    }
}
