//! Heartbeat (`AbstractCoordinator.HeartbeatThread`, `HeartbeatResponseHandler`).

use muster_specs::Rule;

use super::input::ConsumerTimer;
use super::mutation::ConsumerMutation;
use super::state::{Identity, Kind, Phase};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::coordinator::{ErrorCode, Heartbeat, Request};

impl Turn<'_> {
    /// Sent while the consumer is a member, between its JoinGroup answer and its next JoinGroup.
    pub(super) fn heartbeat_due(&mut self) {
        match self.state.phase {
            Phase::Unjoined | Phase::Preparing => {}
            Phase::Completing | Phase::Stable => self.heartbeat_while_stable(),
        }
    }

    fn heartbeat_while_stable(&mut self) {
        self.follow(Rule::HeartbeatWhileStable);
        self.heartbeat_again();
        if !self.knows_coordinator() {
            return self.find_coordinator_first();
        }
        if self.awaits(|kind| *kind == Kind::Heartbeat) {
            return;
        }
        let request = Heartbeat {
            group: self.config.group.clone(),
            generation: self.state.identity.generation,
            member: self.state.identity.member.clone(),
            instance: self.config.instance.clone(),
        };
        self.send(Kind::Heartbeat, Request::Heartbeat(request));
    }

    pub(super) fn heartbeat_again(&mut self) {
        let after_ms = self.config.heartbeat_interval_ms;
        self.effect(ConsumerEffect::SetTimer { timer: ConsumerTimer::Heartbeat, after_ms });
    }

    pub(super) fn on_heartbeat(&mut self, error: ErrorCode, sent: &Identity) {
        if self.on_coordinator_error(error) || self.mutated(ConsumerMutation::IgnoreHeartbeatAnswer) {
            return;
        }
        let unknown = error == ErrorCode::UnknownMemberId || error == ErrorCode::FencedInstanceId;
        if error == ErrorCode::None {
            self.restart_session();
        } else if error == ErrorCode::RebalanceInProgress {
            self.restart_session();
            if self.state.phase == Phase::Stable {
                self.rejoin_on_rebalance_in_progress();
            }
        } else if !self.is_unchanged(sent) {
            self.ignore_answer_to_earlier_generation();
        } else if error == ErrorCode::IllegalGeneration {
            self.reset_generation_on_illegal_generation();
        } else if unknown {
            self.reset_on_unknown_member();
            if error == ErrorCode::FencedInstanceId {
                self.stop_when_fenced();
            }
        }
    }

    /// What it says is of a membership that is over.
    pub(super) fn ignore_answer_to_earlier_generation(&mut self) {
        self.follow(Rule::IgnoreAnswerToEarlierGeneration);
    }
}
