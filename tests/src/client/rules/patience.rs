//! What a client does after an error, and how soon.

use muster_reference::broker::ClientRule;
use muster_reference::coordinator::Request;

use super::{At, Judged, Watch, api, identity};
use crate::client::seen::{Disturbance, What};
use crate::client::stage::{MAX_POLL_MS, RETURNS_WITHIN, works};
use crate::observe::answer::Answer;
use crate::observe::history::told;
use crate::wire::error_name;

const SECOND_US: i64 = 1_000_000;
/// How soon a client has to do what an error asks of it.
const HEED_WITHIN_US: i64 = 10 * SECOND_US;
/// Refusals of one kind in a second that are too many.
const MOST_A_SECOND: usize = 20;

/// Something that has to be done, since when, and what it was that asked for it.
#[derive(Default)]
struct Owed(Option<(i64, String)>);

impl Owed {
    fn owe(&mut self, at_us: i64, why: String) {
        self.0.get_or_insert((at_us, why));
    }

    /// Why it is owed still, if that is for too long.
    fn overdue(&mut self, at_us: i64) -> Option<String> {
        self.0.take_if(|(since, _)| at_us - *since > HEED_WITHIN_US).map(|(_, why)| why)
    }
}

/// Whether the client is another one from here on, or none.
fn begins_anew(what: &What) -> bool {
    matches!(what, What::Started | What::Leaving | What::Ended(_))
}

/// Watches for joins after a generation is over.
#[derive(Default)]
pub(super) struct Rejoining {
    last: Option<(String, i32)>,
    joined_at: i64,
    owed: Owed,
}

impl Watch for Rejoining {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if begins_anew(at.what) {
            *self = Self::default();
        }
        if let Some((exchange, answer)) = at.answered() {
            if let Answer::Join(joined) = answer
                && joined.error == 0
            {
                self.last = Some((joined.member.clone(), joined.generation));
            }
            let is_current = identity(&exchange.request).is_some_and(|(m, g)| {
                self.last.as_ref().is_some_and(|(member, last)| member == m && *last == g)
            });
            // One that was sent before the last join tells nothing new.
            let is_fresh = exchange.asked_at_us > self.joined_at;
            if is_current && is_fresh && [22, 25, 27].contains(&answer.error()) {
                let error = error_name(answer.error());
                self.owed.owe(at.us, format!("{} was answered with {error}", told(exchange)));
            }
        }
        if let Some(why) = self.owed.overdue(at.us) {
            judged.test(ClientRule::RejoinsWhenTold, false, at.us, || {
                format!("{why}, and it does not join within ten seconds")
            });
        }
        match at.asked().map(|exchange| &exchange.request) {
            Some(Request::JoinGroup(_)) => {
                self.joined_at = at.us;
                if self.owed.0.take().is_some() {
                    judged.exercise(ClientRule::RejoinsWhenTold);
                }
            }
            Some(Request::LeaveGroup(_)) => self.owed.0 = None,
            _unchanged => {}
        }
    }
}

/// Watches for FindCoordinator after the coordinator was said to be elsewhere.
#[derive(Default)]
pub(super) struct Looking {
    looked_at: i64,
    owed: Owed,
}

impl Watch for Looking {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if begins_anew(at.what) {
            *self = Self::default();
        }
        if let Some((exchange, answer)) = at.answered()
            && exchange.asked_at_us > self.looked_at
            && [15, 16].contains(&answer.error())
        {
            let error = error_name(answer.error());
            self.owed.owe(at.us, format!("{} was answered with {error}", api(&exchange.request)));
        }
        if let Some(why) = self.owed.overdue(at.us) {
            judged.test(ClientRule::LooksForCoordinator, false, at.us, || {
                format!("{why}, and it does not ask for the coordinator within ten seconds")
            });
        }
        if matches!(at.what, What::Looks) {
            self.looked_at = at.us;
            if self.owed.0.take().is_some() {
                judged.exercise(ClientRule::LooksForCoordinator);
            }
        }
    }
}

/// Watches for what is repeated in haste.
#[derive(Default)]
pub(super) struct Repeating {
    /// The kind that is repeated, and when it was refused in the last second.
    refused: Vec<(i64, Request, i16)>,
    is_found: bool,
}

impl Watch for Repeating {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if matches!(at.what, What::Started) {
            *self = Self::default();
        }
        let Some((exchange, answer)) = at.answered() else { return };
        let error = answer.error();
        // An id that is required is no refusal.
        if error == 0 || error == 79 || self.is_found {
            return;
        }
        judged.exercise(ClientRule::BacksOff);
        self.refused.retain(|(since, ..)| at.us - since <= SECOND_US);
        self.refused.push((at.us, exchange.request.clone(), error));
        let same =
            self.refused.iter().filter(|(_, request, of)| *request == exchange.request && *of == error);
        let same = same.count();
        if same > MOST_A_SECOND {
            self.is_found = true;
            let (told, error) = (told(exchange), error_name(error));
            let detail = format!("{told} is sent {same} times in a second, and refused with {error}");
            judged.find(ClientRule::BacksOff, at.us, detail);
        }
    }
}

/// Watches for members that come back.
#[derive(Default)]
pub(super) struct Returning {
    owed: Option<(i64, String)>,
}

impl Watch for Returning {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        let limit = i64::try_from(RETURNS_WITHIN.as_micros()).unwrap_or(i64::MAX);
        match at.what {
            What::Disturbed(Disturbance::Fatal(..)) => self.owed = None,
            What::Disturbed(disturbance) => {
                self.owed = Some((at.us, disturbance.to_string()));
                return;
            }
            // Where it is asked to leave, nothing more is expected of it.
            What::Leaving => self.owed = None,
            What::Ended(how) => {
                if let Some((_, why)) = self.owed.take() {
                    judged.test(ClientRule::ComesBack, false, at.us, || format!("{why}: {how}"));
                }
            }
            What::Started | What::Over => {
                // It was started anew since it did not come back.
                if let Some((since, why)) = self.owed.take_if(|(since, _)| at.us - *since >= limit) {
                    let seconds = (at.us - since) / SECOND_US;
                    judged.test(ClientRule::ComesBack, false, at.us, || {
                        format!("{why}, and {seconds} s later it is no working member")
                    });
                }
            }
            What::Asked(_) | What::Answered(_) | What::Looks | What::Fetches(_) => {}
        }
        let Some((since, _)) = &self.owed else { return };
        let Some((exchange, _)) = at.answered() else { return };
        if exchange.asked_at_us > *since && works(exchange) {
            self.owed = None;
            judged.exercise(ClientRule::ComesBack);
        }
    }
}

/// How much longer than `max.poll.interval.ms` a member may be there whose application is slow.
const SLOW_GRACE_US: i64 = 3 * SECOND_US;

/// Watches for members that stay while their application is slow: their commits stop, and their heartbeats do not.
#[derive(Default)]
pub(super) struct Slow {
    /// Whether its application was told to be slow.
    is_told: bool,
    /// Of the last commit that was accepted.
    committed_at: Option<i64>,
    is_found: bool,
}

impl Watch for Slow {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        if begins_anew(at.what) {
            *self = Self::default();
        }
        self.is_told |= matches!(at.what, What::Disturbed(Disturbance::Slow));
        if !self.is_told || self.is_found {
            return;
        }
        let limit = i64::try_from(MAX_POLL_MS).unwrap_or(i64::MAX) * 1_000;
        let Some((exchange, answer)) = at.answered() else { return };
        if answer.error() != 0 {
            return;
        }
        match (&exchange.request, self.committed_at) {
            (Request::OffsetCommit(_), before) => {
                self.committed_at = Some(at.us);
                if before.is_some_and(|before| at.us - before > limit) {
                    judged.exercise(ClientRule::LeavesWhenSlow);
                }
            }
            // Who has left, or has to join again, may take its time.
            (Request::LeaveGroup(_) | Request::JoinGroup(_), Some(_)) => {
                self.committed_at = None;
                judged.exercise(ClientRule::LeavesWhenSlow);
            }
            (Request::Heartbeat(_), Some(since)) if at.us - since > limit + SLOW_GRACE_US => {
                self.is_found = true;
                let seconds = (at.us - since) / SECOND_US;
                judged.find(ClientRule::LeavesWhenSlow, at.us, format!(
                    "its application has been busy for {seconds} s, which is longer than max.poll.interval.ms, and it sends heartbeats"
                ));
            }
            _of_no_interest => {}
        }
    }
}
