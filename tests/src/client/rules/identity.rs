//! The member id and the generation that a client sends.

use std::collections::BTreeMap;

use muster_reference::broker::ClientRule;
use muster_reference::coordinator::{JoinGroup, Request};

use super::{At, Judged, Watch, api, identity};
use crate::client::seen::What;
use crate::observe::answer::Answer;
use crate::observe::history::{Exchange, told};

/// What was sent so shortly after an answer may have been sent before it arrived.
const CROSSING_US: i64 = 10_000;
/// How long what a generation had under way may still come after the next has begun.
const GRACE_US: i64 = 5_000_000;

const ILLEGAL_GENERATION: i16 = 22;
const UNKNOWN_MEMBER_ID: i16 = 25;
const MEMBER_ID_REQUIRED: i16 = 79;
const FENCED_INSTANCE_ID: i16 = 82;
/// Errors that say nothing against the member's id.
const OF_A_KNOWN_MEMBER: [i16; 5] = [14, 15, 16, ILLEGAL_GENERATION, 27];

/// What the next JoinGroup has to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    Take(String),
    Drop(String),
    Keep(String),
    /// There must be none with this instance id.
    None(String),
}

impl Next {
    fn is_kept_by(&self, join: &JoinGroup) -> bool {
        match self {
            Self::Take(id) | Self::Keep(id) => join.member.as_str() == id,
            Self::Drop(id) => join.member.as_str() != id,
            Self::None(instance) => join.instance.as_ref().is_none_or(|own| own.as_str() != instance),
        }
    }
}

/// Watches the member id of JoinGroup requests.
#[derive(Default)]
pub(super) struct MemberIds {
    member: String,
    next: Option<(i64, Next, String)>,
    is_found: bool,
}

impl MemberIds {
    fn answered(&mut self, at_us: i64, exchange: &Exchange, answer: &Answer, judged: &mut Judged) {
        let (error, api) = (answer.error(), api(&exchange.request));
        let joining =
            if let Request::JoinGroup(join) = &exchange.request { join.member.as_str() } else { "" };
        let sender = identity(&exchange.request).map_or(joining, |(member, _)| member);
        if let Answer::Join(joined) = answer {
            match joined.error {
                0 => {
                    self.member.clone_from(&joined.member);
                    self.next = None;
                }
                MEMBER_ID_REQUIRED => {
                    self.member.clone_from(&joined.member);
                    self.next = Some((at_us, Next::Take(joined.member.clone()), String::new()));
                    return;
                }
                _an_error_like_others => {}
            }
        }
        // Answers to those that the client was before say nothing of what it is.
        if sender.is_empty() || sender != self.member {
            return;
        }
        let member = self.member.clone();
        let told = format!("{api} was answered with {}", answer_name(error));
        if error == UNKNOWN_MEMBER_ID {
            self.next = Some((at_us, Next::Drop(member), told));
        } else if error == FENCED_INSTANCE_ID && api != "OffsetCommit" {
            if let Some(instance) = instance(&exchange.request) {
                judged.exercise(ClientRule::StopsWhenFenced);
                self.next = Some((at_us, Next::None(instance), told));
            }
        } else if OF_A_KNOWN_MEMBER.contains(&error) && self.next.is_none() {
            self.next = Some((at_us, Next::Keep(member), told));
        }
    }

    fn joins(&mut self, at: &At<'_>, join: &JoinGroup, judged: &mut Judged) {
        let Some((since, next, told)) = self.next.take_if(|(since, ..)| at.us - *since > CROSSING_US) else {
            return;
        };
        let member = join.member.as_str();
        let named = if member.is_empty() { "without an id" } else { member };
        let at_us = at.us;
        match &next {
            Next::Take(id) => judged.test(ClientRule::TakesMemberId, member == id, at_us, || {
                format!("it was given the id {id} and joins {named}")
            }),
            Next::Drop(id) => judged.test(ClientRule::DropsUnknownMemberId, member != id, at_us, || {
                format!("{told}, and it joins as {id} again")
            }),
            Next::Keep(id) => judged.test(ClientRule::KeepsMemberId, member == id, at_us, || {
                format!("{told}; it was {id} and joins {named}")
            }),
            Next::None(instance) => {
                if !next.is_kept_by(join) && !self.is_found {
                    self.is_found = true;
                    judged.find(
                        ClientRule::StopsWhenFenced,
                        at_us,
                        format!("{told}, and it joins as {instance} again"),
                    );
                }
                self.next = Some((since, next, told));
            }
        }
    }
}

fn answer_name(error: i16) -> String {
    crate::wire::error_name(error)
}

fn instance(request: &Request) -> Option<String> {
    let instance = match request {
        Request::JoinGroup(join) => &join.instance,
        Request::SyncGroup(sync) => &sync.instance,
        Request::Heartbeat(beat) => &beat.instance,
        Request::OffsetCommit(commit) => &commit.instance,
        Request::TxnOffsetCommit(txn) => &txn.commit.instance,
        Request::FindCoordinator(_)
        | Request::LeaveGroup(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => return None,
    };
    instance.as_ref().map(ToString::to_string)
}

impl Watch for MemberIds {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if matches!(at.what, What::Started | What::Leaving | What::Ended(_)) {
            *self = Self::default();
        }
        if let Some((exchange, answer)) = at.answered() {
            self.answered(at.us, exchange, answer, judged);
        }
        match at.asked().map(|exchange| &exchange.request) {
            Some(Request::JoinGroup(join)) => self.joins(at, join, judged),
            // Who has left is a new member when it comes again.
            Some(Request::LeaveGroup(_)) => self.next = None,
            _unchanged => {}
        }
    }
}

/// Watches the member id and the generation of what is sent between joins.
#[derive(Default)]
pub(super) struct Generations {
    /// When each was given to the client.
    given: BTreeMap<(String, i32), i64>,
    last: Option<((String, i32), i64)>,
    is_found: bool,
}

impl Watch for Generations {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if matches!(at.what, What::Started) {
            *self = Self::default();
        }
        if let Some((_, Answer::Join(joined))) = at.answered()
            && joined.error == 0
        {
            let of = (joined.member.clone(), joined.generation);
            self.given.insert(of.clone(), at.us);
            self.last = Some((of, at.us));
        }
        let Some(exchange) = at.asked() else { return };
        let Some((member, generation)) = identity(&exchange.request) else { return };
        let Some((last, since)) = &self.last else { return };
        let of = (member.to_owned(), generation);
        let is_current = of == *last || (self.given.contains_key(&of) && at.us - since <= GRACE_US);
        if !is_current && self.is_found {
            return;
        }
        self.is_found |= !is_current;
        judged.test(ClientRule::UsesJoinedGeneration, is_current, at.us, || {
            format!("{}; it had joined as {} in generation {}", told(exchange), last.0, last.1)
        });
    }
}
