//! What the environment does to the coordinator's log and its leadership.

use crate::coordinator;
use crate::trace::Control;

/// What the environment does, as the trace has it.
pub fn control(control: coordinator::Control) -> Control {
    match control {
        coordinator::Control::Resign => Control::Resign,
        coordinator::Control::Elect => Control::Elect,
        coordinator::Control::HoldReplication => Control::HoldReplication,
        coordinator::Control::ReleaseReplication => Control::ReleaseReplication,
        coordinator::Control::FailAppend(error) => Control::FailAppend { error: error.name().to_owned() },
        coordinator::Control::LoseUnreplicated => Control::LoseUnreplicated,
        coordinator::Control::PassRetention => Control::PassRetention,
        coordinator::Control::CheckRetention => Control::CheckRetention,
        coordinator::Control::CommitTransaction(producer) => {
            Control::EndTransaction { producer: producer.to_string(), commits: true }
        }
        coordinator::Control::AbortTransaction(producer) => {
            Control::EndTransaction { producer: producer.to_string(), commits: false }
        }
    }
}
