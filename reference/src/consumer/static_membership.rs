//! What an instance id means to its bearer (KIP-345).

use muster_specs::Rule;

use super::state::Failure;
use super::turn::Turn;
use crate::coordinator::ErrorCode;

impl Turn<'_> {
    /// Another process bears the same instance id: one of the two has to go.
    pub(super) fn stop_when_fenced(&mut self) {
        self.follow(Rule::StopWhenFenced);
        self.fail(Failure::Fatal(ErrorCode::FencedInstanceId));
    }

    /// Whether it may send LeaveGroup by itself: its place is kept for its next process.
    pub(super) fn keep_place_of_static_member(&mut self) -> bool {
        let is_static = self.config.instance.is_some();
        if is_static {
            self.follow(Rule::KeepPlaceOfStaticMember);
        }
        is_static
    }
}
