//! What is left on a broker at the end of a run, and that it goes.

use std::net::SocketAddr;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use kafka_protocol::messages::ApiKey;

use super::{Broker, RETRY_AFTER};
use crate::clock::now;
use crate::system::Trouble;
use crate::wire::switchboard::Switchboard;
use crate::wire::tidy::{self, Left, Tidied};

/// How long a group that all members have left may take to become empty, after its initial delay.
const EMPTIES_WITHIN: Duration = Duration::from_secs(5);
/// How long it may take to delete what was not deleted at once.
const TIDIED_WITHIN: Duration = Duration::from_secs(20);

impl Broker {
    /// Deletes the groups that could not be deleted when their runs ended, and the topics.
    pub fn tidy(&self) -> Tidied {
        let mut left = Left::default();
        self.tidy_groups(&mut left);
        let topics = std::mem::take(&mut *self.topics.lock().unwrap_or_else(PoisonError::into_inner));
        if !topics.is_empty() {
            let deleted = Switchboard::new(&self.pool, self.address)
                .and_then(|mut switchboard| tidy::delete_topics(&mut switchboard, &self.versions, &topics));
            let errors = deleted
                .unwrap_or_else(|why| topics.iter().map(|topic| (topic.clone(), why.to_string())).collect());
            for (topic, why) in errors {
                left.note("topic", topic, why);
            }
        }
        Tidied { groups: self.groups.opened(), topics: topics.len(), left: left.told() }
    }

    fn tidy_groups(&self, left: &mut Left) {
        let deadline = now() + Duration::from_millis(self.profile.initial_delay_ms) + EMPTIES_WITHIN;
        let mut waiting = self.groups.take_left();
        while !waiting.is_empty() {
            let is_late = now() > deadline;
            waiting.retain(|(group, address)| {
                // Of a broker that does not answer there may be thousands.
                let why = if now() > deadline + TIDIED_WITHIN {
                    "the others took too long".to_owned()
                } else {
                    match self.remove(group, *address) {
                        Ok(true) => return false,
                        Ok(false) if is_late => "it does not become empty".to_owned(),
                        Ok(false) => return true,
                        Err(why) => why.to_string(),
                    }
                };
                left.note("group", group.clone(), why);
                false
            });
            if !waiting.is_empty() {
                thread::sleep(RETRY_AFTER);
            }
        }
    }

    fn remove(&self, group: &str, coordinator: SocketAddr) -> Result<bool, Trouble> {
        self.versions.highest(ApiKey::DeleteGroups)?;
        tidy::remove(&mut Switchboard::new(&self.pool, coordinator)?, &self.versions, group, &[])
    }
}
