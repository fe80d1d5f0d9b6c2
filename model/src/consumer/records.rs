//! Records: fetched all at once, processed one by one, each offset stored after its record. With a worker, what is
//! fetched is handed to it at once, and stored before it has processed it.

use super::{ConsumerTurn, Progress};
use crate::message::Msg;
use crate::mutation::Mutation;
use crate::store::Write;
use crate::types::{Offset, Partition};

impl ConsumerTurn<'_> {
    fn progress(&mut self, partition: Partition) -> Option<&mut Progress> {
        self.state.owned.get_mut(&partition).and_then(Option::as_mut)
    }

    pub(super) fn fetch(&mut self, partition: Partition) {
        let end = Offset(self.scenario.bounds.records);
        let store = self.stores_on_fetch();
        let drops = self.drops_buffer(partition);
        let Some(progress) = self.progress(partition) else { return };
        progress.fetched = end;
        if drops && progress.processed < end {
            progress.processed = progress.processed.next();
        }
        if store {
            progress.stored = end;
        }
    }

    pub(super) fn process(&mut self, partition: Partition) {
        let store = !self.stores_on_fetch();
        let Some(record) = self.next_record(partition) else { return };
        let stale = self.mutated(Mutation::KeepBufferOverRevocation);
        let next = if self.mutated(Mutation::CommitLastRead) { record } else { record.next() };
        let Some(progress) = self.progress(partition) else { return };
        progress.processed = progress.processed.next();
        if store && (progress.stored < next || stale) {
            progress.stored = next;
        }
        let seen = self.state.processed.entry(partition).or_default();
        self.state.repeated |= self.scenario.hands_over_in_order() && *seen & (1 << record.0) != 0;
        *seen |= 1 << record.0;
        if self.scenario.store.is_some() {
            let (client, generation) = (self.client, self.state.applied);
            self.effects.sent.push(Msg::Write(Write { client, partition, record, generation }));
        }
    }

    fn stores_on_fetch(&self) -> bool {
        self.scenario.hand_off || self.mutated(Mutation::CommitBeforeProcessing)
    }
}
