//! What changes under way: subscriptions, and the partitions of topics.

use muster_reference::consumer::ConsumerInput;
use muster_reference::coordinator::Input;

use super::world::{Event, World};

impl World {
    /// A client subscribes to the first topic only, and some time later to all of its topics again.
    pub(super) fn change_subscription(&mut self, client: usize) {
        self.tell(|| format!("c{client} subscribes to one topic"));
        let first = self.settings.topics.keys().take(1).cloned().collect();
        self.give(client, ConsumerInput::Subscribe(first));
        let life = self.clients[client].process;
        let after = self.delay(100, 5_000);
        self.clock.plan(after, Event::Resubscribe { client, process: life });
    }

    pub(super) fn resubscribe(&mut self, client: usize, process: u64) {
        if self.clients[client].process == process {
            self.tell(|| format!("c{client} subscribes as before"));
            let before = self.settings.subscription(client);
            self.give(client, ConsumerInput::Subscribe(before));
        }
    }

    /// A topic gets one more partition; each client learns of it in its own time.
    pub(super) fn grow(&mut self) {
        let names: Vec<_> = self.topics.keys().cloned().collect();
        let Some(name) = self.random.pick(&names).cloned() else { return };
        self.tell(|| format!("{name} gets one more partition"));
        *self.topics.entry(name).or_default() += 1;
        self.coordinate(Input::Topics(self.topics.clone()), None);
        for client in 0..self.clients.len() {
            let after = self.delay(10, 3_000);
            self.clock.plan(after, Event::Metadata { client });
        }
    }

    pub(super) fn learn_topics(&mut self, client: usize) {
        let topics = self.topics.clone();
        self.give(client, ConsumerInput::Topics(topics));
    }
}
