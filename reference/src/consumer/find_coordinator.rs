//! Which broker to ask (`AbstractCoordinator.lookupCoordinator`, `markCoordinatorUnknown`).

use muster_specs::Rule;

use super::input::ConsumerTimer;
use super::state::{Join, Kind, Lookup, Phase};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::coordinator::{ErrorCode, FindCoordinator, Request};

impl Turn<'_> {
    pub(super) fn find_coordinator_first(&mut self) {
        if self.state.lookup != Lookup::Unknown {
            return;
        }
        self.follow(Rule::FindCoordinatorFirst);
        self.state.lookup = Lookup::Asked;
        let request = FindCoordinator { group: self.config.group.clone() };
        self.send(Kind::FindCoordinator, Request::FindCoordinator(request));
    }

    pub(super) fn on_coordinator(&mut self, error: ErrorCode) {
        if error == ErrorCode::None {
            self.state.lookup = Lookup::Known;
            self.restart_session();
        } else {
            self.state.lookup = Lookup::Unknown;
        }
    }

    /// The client's own session clock runs only while Heartbeats are sent.
    pub(super) fn restart_session(&mut self) {
        if matches!(self.state.phase, Phase::Completing | Phase::Stable) {
            let after_ms = self.config.session_timeout_ms;
            self.effect(ConsumerEffect::SetTimer { timer: ConsumerTimer::Session, after_ms });
        }
    }

    /// The connection is closed, so that nothing is left on its way. Member id, generation and assignment stay.
    pub(super) fn rediscover_coordinator(&mut self) {
        if !self.knows_coordinator() {
            return;
        }
        self.effect(ConsumerEffect::Disconnect);
        self.lose_connection();
    }

    /// Every request on its way fails, and can be sent again.
    pub(super) fn lose_connection(&mut self) {
        self.follow(Rule::RediscoverCoordinator);
        self.state.lookup = Lookup::Unknown;
        match self.state.join {
            Join::None | Join::Assigned(_) | Join::Failed { .. } => {}
            Join::Sent | Join::Answered(_) => self.state.join = Join::Failed { at_once: false },
        }
        for (id, sent) in std::mem::take(&mut self.state.sent) {
            match sent.kind {
                Kind::OffsetCommit(why, offsets) => self.commit_lost(id, why, offsets),
                Kind::FindCoordinator
                | Kind::JoinGroup
                | Kind::SyncGroup
                | Kind::Heartbeat
                | Kind::LeaveGroup
                | Kind::OffsetFetch => {}
            }
        }
    }
}
