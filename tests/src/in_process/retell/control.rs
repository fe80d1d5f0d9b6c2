//! What the environment does to the log and its leadership.

use muster_model::trace::Control;
use muster_reference::coordinator::{Config, Coordinator, ErrorCode, GroupId, Input, Serving, Timestamp};

use super::super::{GROUP, convert};
use super::Teller;
use super::leaders::Leaders;

impl Teller {
    pub(super) fn control(&mut self, control: &Control) -> Option<()> {
        match control {
            Control::Resign => {
                self.input(Input::Resigned)?;
                let gone = std::mem::take(&mut self.running).into_values();
                self.step.as_mut()?.timers.cancelled.extend(gone);
                let serving = Serving::NotCoordinator;
                self.coordinator = Coordinator::new(Config { serving, ..self.config.clone() });
                self.set_topics();
            }
            Control::Elect => {
                let log = self.log.read().to_vec();
                let (coordinator, transition) =
                    Coordinator::restore(self.config.clone(), log, Timestamp(self.now_ms));
                self.coordinator = coordinator;
                let group = self.coordinator.describe_group(&GroupId::from(GROUP));
                self.leaders = Leaders::of(group.as_ref());
                self.observe(transition)?;
                self.set_topics();
            }
            Control::HoldReplication => self.log.hold(),
            Control::ReleaseReplication => {
                if let Some(replicated) = self.log.release() {
                    self.input(replicated)?;
                }
            }
            Control::FailAppend { error } => {
                self.log.fail_next(*ErrorCode::ALL.iter().find(|code| code.name() == error)?);
            }
            Control::LoseUnreplicated => self.log.lose_unreplicated(),
            Control::PassRetention => self.now_ms += self.config.offsets_retention_ms,
            Control::CheckRetention => self.input(Input::RetentionCheck)?,
            Control::EndTransaction { producer, commits } => {
                let producer = convert::producer(producer).ok()?;
                self.input(Input::EndTransaction { producer, commits: *commits })?;
            }
        }
        Some(())
    }
}
