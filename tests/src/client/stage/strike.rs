//! What is done to a client, and how it comes back.

use std::time::Duration;

use muster_reference::coordinator::ErrorCode;

use super::{JOINS_WITHIN, RETURNS_WITHIN, Stage, locked};
use crate::client::rules::api as name;
use crate::client::seen::{Disturbance, Seen, What};
use crate::observe::history::Exchange;

/// How long it may take to do what an error asks for, as the rules have it, and a little more.
const HEEDS_WITHIN: Duration = Duration::from_secs(11);

impl Stage {
    /// Has the next request of an API answered with an error, or its answer lost, waits for it to happen, and for what
    /// the error asks for. False: it did not happen.
    pub(in crate::client) async fn strike(&mut self, api: &'static str, error: Option<ErrorCode>) -> bool {
        let fault = error.map_or_else(
            || format!("close:api={api},times=1"),
            |error| format!("error:api={api},code={},times=1", error.name()),
        );
        let Ok(fault) = fault.parse() else { return false };
        let since = self.now_us();
        self.broker.inject(fault);
        if ["JoinGroup", "SyncGroup", "OffsetFetch"].contains(&api) {
            // A group that is not stable is on its way through them anyway.
            let _on_its_way = self.broker.rebalance(super::GROUP).await;
        }
        let is_struck = |exchange: &Exchange| {
            let is_after = exchange.asked_at_us > since && name(&exchange.request) == api;
            let has = exchange.answer.as_ref().map(|(_, answer)| answer.error());
            is_after && error.is_none_or(|error| has == Some(error.code()))
        };
        self.until(RETURNS_WITHIN, |seen| seen.history().exchanges.iter().any(is_struck)).await;
        self.broker.clear_faults();
        // The client may have ended of it before it was seen: what counts is when it happened.
        let struck =
            locked(&self.seen).history().exchanges.iter().find(|exchange| is_struck(exchange)).map(when);
        let Some(at_us) = struck else { return false };
        let what = error.map_or(Disturbance::LostAnswer(api), |error| Disturbance::Error(api, error));
        locked(&self.seen).note(at_us, What::Disturbed(what));
        if let Some(error) = error {
            self.heeds(at_us, error).await;
        }
        true
    }

    /// Waits until a request of an API was refused with an error, or a while if that is not seen.
    pub(in crate::client) async fn is_refused(&mut self, api: &'static str, error: ErrorCode, since: i64) {
        if api == "FindCoordinator" {
            self.until(RETURNS_WITHIN, |seen| seen.looked_at() > since).await;
            return;
        }
        self.until(RETURNS_WITHIN, |seen| {
            seen.history().exchanges.iter().any(|exchange| {
                exchange.asked_at_us > since
                    && name(&exchange.request) == api
                    && exchange.answer.as_ref().is_some_and(|(_, answer)| answer.error() == error.code())
            })
        })
        .await;
    }

    /// Waits until the client has done what an error asks for, since some time.
    async fn heeds(&mut self, since: i64, error: ErrorCode) {
        let joins =
            [ErrorCode::RebalanceInProgress, ErrorCode::IllegalGeneration, ErrorCode::UnknownMemberId];
        let looks = [ErrorCode::CoordinatorNotAvailable, ErrorCode::NotCoordinator];
        let has_joined = |seen: &Seen| {
            let mut exchanges = seen.history().exchanges.iter();
            exchanges.any(|exchange| exchange.asked_at_us > since && name(&exchange.request) == "JoinGroup")
        };
        self.until(HEEDS_WITHIN, |seen| {
            let has_to_join = joins.contains(&error) && !has_joined(seen);
            let has_to_look = looks.contains(&error) && seen.looked_at() <= since;
            !has_to_join && !has_to_look
        })
        .await;
    }

    /// Waits until the client has come back; starts it anew if it has ended or does not. False: it does not join.
    pub(in crate::client) async fn recovers(&mut self) -> Result<bool, String> {
        if self.works(RETURNS_WITHIN).await {
            return Ok(true);
        }
        if self.process.is_some() {
            self.kill();
        }
        self.start(None)?;
        Ok(self.works(JOINS_WITHIN).await)
    }
}

/// When the client was struck: at the answer, or where it was lost at the request.
fn when(exchange: &Exchange) -> i64 {
    exchange.answer.as_ref().map_or(exchange.asked_at_us, |(at_us, _)| *at_us)
}
