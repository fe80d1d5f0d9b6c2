//! What passes, on its way to whoever judges: so much of it waits there at most, and then the traffic waits too.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Passed;

/// So many bytes may wait to be judged. A judge who falls behind by more delays the traffic: the memory of the proxy is
/// bounded, and what is judged and recorded is whole.
pub const MOST_BEHIND: usize = 64 << 20;

/// Something that passed, and its share of what may wait.
type Waiting = (Passed, Option<OwnedSemaphorePermit>);

/// What passed, in its order. When it is dropped, traffic goes on unheard.
#[derive(Debug)]
pub struct Traffic {
    waiting: UnboundedReceiver<Waiting>,
    room: Arc<Semaphore>,
}

impl Traffic {
    /// The next; `None` when the proxy is no more.
    pub async fn recv(&mut self) -> Option<Passed> {
        self.waiting.recv().await.map(|(passed, _room)| passed)
    }

    /// The next, if it has passed already.
    pub fn try_recv(&mut self) -> Option<Passed> {
        self.waiting.try_recv().ok().map(|(passed, _room)| passed)
    }

    /// Hears nothing more: what has passed until now can still be taken.
    pub fn close(&mut self) {
        self.waiting.close();
        self.room.close();
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.close();
    }
}

/// Where the connections of a proxy tell what passes.
#[derive(Clone)]
pub(super) struct Teller {
    to: UnboundedSender<Waiting>,
    room: Arc<Semaphore>,
}

/// Both ends.
pub(super) fn traffic(most_behind: usize) -> (Teller, Traffic) {
    let (to, waiting) = unbounded_channel();
    let room = Arc::new(Semaphore::new(most_behind));
    (Teller { to, room: Arc::clone(&room) }, Traffic { waiting, room })
}

impl Teller {
    /// Tells what is small, and does not wait.
    pub(super) fn tell(&self, passed: Passed) {
        // Nobody judges any more: what is under way goes through all the same.
        let _unheard = self.to.send((passed, None));
    }

    /// Tells of so many bytes, when there is room for them. More than there is room for in all goes when nothing waits.
    pub(super) async fn tell_when_there_is_room(&self, passed: Passed, bytes: usize) {
        let share = u32::try_from(bytes.min(MOST_BEHIND)).unwrap_or(u32::MAX);
        // Closed: nobody judges any more.
        let room = Arc::clone(&self.room).acquire_many_owned(share).await.ok();
        let _unheard = self.to.send((passed, room));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    fn line(text: &str) -> Passed {
        Passed::Trouble(text.to_owned())
    }

    #[tokio::test]
    async fn traffic_waits_for_a_judge_who_is_behind_and_goes_on_without_one() {
        let (teller, mut traffic) = traffic(10);
        teller.tell_when_there_is_room(line("first"), 8).await;
        let second = teller.tell_when_there_is_room(line("second"), 4);
        tokio::pin!(second);
        assert!(timeout(SOON, &mut second).await.is_err(), "there is no room for it");
        assert!(matches!(traffic.recv().await, Some(Passed::Trouble(line)) if line == "first"));
        timeout(SOON, second).await.expect("there is room");
        assert!(matches!(traffic.try_recv(), Some(Passed::Trouble(line)) if line == "second"));

        teller.tell_when_there_is_room(line("third"), 10).await;
        let unheard = teller.tell_when_there_is_room(line("fourth"), 10);
        tokio::pin!(unheard);
        assert!(timeout(SOON, &mut unheard).await.is_err(), "there is no room for it");
        drop(traffic);
        timeout(SOON, unheard).await.expect("nobody is waited for");
    }
}
