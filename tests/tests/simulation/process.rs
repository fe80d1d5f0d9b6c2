//! The clients' side: processes that start, poll, process, stop, and what goes wrong with them.

use muster_reference::consumer::{CommitPolicy, Consumer, ConsumerEffect, ConsumerInput, ConsumerTimer};
use muster_reference::coordinator::{RequestId, Response};

use super::client::{Client, Mail};
use super::settings::FAULTS_UNTIL_MS;
use super::world::{Event, World};

impl World {
    pub(super) fn start(&mut self, client: usize) {
        if self.clients[client].consumer.is_some() {
            return;
        }
        self.tell(|| format!("c{client} starts"));
        let consumer = Consumer::new(self.settings.consumer(client, &self.topics), self.now());
        self.clients[client].consumer = Some(consumer);
        self.clients[client].process += 1;
        let life = self.clients[client].life;
        self.clock.plan(0, Event::Loop { client, life });
    }

    /// What is on its way stays on its way.
    fn stop(&mut self, client: usize, restart_after_ms: i64) {
        self.tell(|| format!("c{client} ends"));
        self.new_connection(client);
        let ended: &mut Client = &mut self.clients[client];
        ended.consumer = None;
        ended.records.clear();
        ended.life += 1;
        let timers = std::mem::take(&mut ended.timers);
        for due in timers.into_values() {
            self.clock.cancel(due);
        }
        self.clock.plan(restart_after_ms, Event::Start { client });
    }

    fn new_connection(&mut self, client: usize) {
        let given_up = self.clients[client].connection;
        self.clients[client].connection += 1;
        // What had not left the client's machine never does.
        let lost = self.random.chance(1, 2);
        if let Some(pipe) = self.clients[client].pipes.get_mut(&given_up).filter(|_| lost) {
            pipe.waiting.clear();
        }
    }

    pub(super) fn give(&mut self, client: usize, input: ConsumerInput) {
        let now = self.now();
        let Some(consumer) = &mut self.clients[client].consumer else { return };
        let transition = consumer.step(now, input);
        for effect in transition.effects {
            self.carry_out(client, effect);
        }
    }

    fn carry_out(&mut self, client: usize, effect: ConsumerEffect) {
        let life = self.clients[client].life;
        match effect {
            ConsumerEffect::Send { id, request } => self.post(client, Mail { id, request }),
            ConsumerEffect::Disconnect => self.new_connection(client),
            ConsumerEffect::SetTimer { timer, after_ms } => {
                self.cancel(client, timer);
                let due = self.clock.plan(i64::from(after_ms), Event::Timer { client, life, timer });
                self.clients[client].timers.insert(timer, due);
            }
            ConsumerEffect::CancelTimer(timer) => self.cancel(client, timer),
            ConsumerEffect::Records { partition, from, to } => {
                let records = (from..to).map(|offset| (partition.clone(), offset));
                self.clients[client].records.extend(records);
                if self.settings.worker {
                    let after = self.delay(1, 400);
                    self.clock.plan(after, Event::Work { client, life });
                }
            }
            ConsumerEffect::Raised(failure) => {
                self.tell(|| format!("c{client} raises: {failure}"));
                let after = self.delay(500, 3_000);
                self.stop(client, after);
            }
            ConsumerEffect::Assigned(_) | ConsumerEffect::Revoked(_) | ConsumerEffect::Lost(_) => {
                self.tell(|| format!("c{client}: {effect:?}"));
            }
            ConsumerEffect::Committed(_) | ConsumerEffect::CommitFailed(_) => {}
        }
    }

    fn cancel(&mut self, client: usize, timer: ConsumerTimer) {
        if let Some(due) = self.clients[client].timers.remove(&timer) {
            self.clock.cancel(due);
        }
    }

    pub(super) fn consumer_timer(&mut self, client: usize, life: u64, timer: ConsumerTimer) {
        if self.clients[client].life == life {
            self.clients[client].timers.remove(&timer);
            self.give(client, ConsumerInput::Timer(timer));
        }
    }

    pub(super) fn answered(&mut self, client: usize, connection: usize, id: RequestId, response: Response) {
        if self.clients[client].connection == connection {
            self.give(client, ConsumerInput::Answer { id, response });
        }
    }

    /// Processes what `poll` gave, unless a worker does, and calls `poll`.
    pub(super) fn come_round(&mut self, client: usize, life: u64) {
        if self.clients[client].life != life || self.clients[client].consumer.is_none() {
            return;
        }
        while !self.settings.worker && self.process_one(client) {}
        let asks = matches!(self.settings.commit, CommitPolicy::Manual | CommitPolicy::OnRevocation);
        if asks && self.random.chance(1, 2) {
            self.give(client, ConsumerInput::Commit);
        }
        self.fetch(client);
        self.give(client, ConsumerInput::Poll);
        let after = self.delay(100, 600);
        self.clock.plan(after, Event::Loop { client, life });
    }

    fn fetch(&mut self, client: usize) {
        let owned: Vec<_> =
            self.clients[client].consumer.iter().flat_map(|c| c.owned().keys().cloned()).collect();
        for partition in owned {
            let end = 1 + self.delay(0, usize::try_from(self.settings.records).unwrap_or(1) - 1);
            self.give(client, ConsumerInput::Fetched { partition, end });
        }
    }

    fn process_one(&mut self, client: usize) -> bool {
        let Some((partition, offset)) = self.clients[client].records.pop_front() else { return false };
        self.judge.processed(&partition, offset);
        self.give(client, ConsumerInput::Processed { partition, next: offset + 1 });
        true
    }

    pub(super) fn work(&mut self, client: usize, life: u64) {
        if self.clients[client].life == life
            && self.process_one(client)
            && !self.clients[client].records.is_empty()
        {
            let after = self.delay(1, 400);
            self.clock.plan(after, Event::Work { client, life });
        }
    }

    /// One fault, of any kind.
    pub(super) fn go_wrong(&mut self) {
        let client = self.random.below(self.clients.len());
        let until_end = usize::try_from(FAULTS_UNTIL_MS - self.clock.now_ms).unwrap_or(0).max(1);
        let kinds = if self.settings.changes { 8 } else { 6 };
        match self.random.below(kinds) {
            0 => {
                let after = self.delay(100, 12_000);
                self.stop(client, after);
            }
            1 => {
                self.tell(|| format!("c{client} loses its connection"));
                self.new_connection(client);
                self.give(client, ConsumerInput::Disconnected);
            }
            2 => {
                let after = self.delay(500, 15_000_usize.min(until_end.max(500)));
                self.tell(|| format!("c{client} is frozen for {after} ms"));
                self.clients[client].frozen_until_ms = self.clock.now_ms + after;
            }
            3 => self.stop_polling(client),
            4 => {
                self.tell(|| format!("c{client} closes"));
                // Who closes with an automatic commit has processed what it was given, or loses it.
                while !self.settings.worker && self.process_one(client) {}
                self.give(client, ConsumerInput::Close);
            }
            5 => self.expire(),
            6 => self.change_subscription(client),
            _ if self.settings.is_static && !self.settings.grows_under_static_members => self.expire(),
            _ => self.grow(),
        }
    }

    /// The application takes longer than `max.poll.interval.ms`: heartbeats go on.
    fn stop_polling(&mut self, client: usize) {
        let after = self.delay(500, 15_000);
        self.tell(|| format!("c{client} does not poll for {after} ms"));
        let life = self.clients[client].life + 1;
        let timers: Vec<_> = self.clients[client].timers.keys().copied().collect();
        for timer in timers {
            // The timers go on under the new number; the loop does not.
            self.cancel(client, timer);
            let within = self.delay(1, 2_000);
            let due = self.clock.plan(within, Event::Timer { client, life, timer });
            self.clients[client].timers.insert(timer, due);
        }
        self.clients[client].life = life;
        self.clock.plan(after, Event::Loop { client, life });
    }

    /// A timer of the coordinator fires before its time.
    fn expire(&mut self) {
        let keys: Vec<_> = self.timers.keys().cloned().collect();
        let Some(key) = self.random.pick(&keys).cloned() else { return };
        if let Some(due) = self.timers.remove(&key) {
            self.clock.cancel(due);
        }
        self.clock.plan(0, Event::Coordinator(key));
    }
}
