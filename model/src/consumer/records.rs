//! Records: fetched all at once, processed one by one, each offset stored after its record.

use super::{ConsumerTurn, Progress};
use crate::mutation::Mutation;
use crate::types::{Offset, Partition};

impl ConsumerTurn<'_> {
    fn progress(&mut self, partition: Partition) -> Option<&mut Progress> {
        self.state.owned.get_mut(&partition).and_then(Option::as_mut)
    }

    pub(super) fn fetch(&mut self, partition: Partition) {
        let end = Offset(self.scenario.bounds.records);
        let store = self.mutated(Mutation::CommitBeforeProcessing);
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
        let store = !self.mutated(Mutation::CommitBeforeProcessing);
        let Some(record) = self.next_record(partition) else { return };
        let Some(progress) = self.progress(partition) else { return };
        progress.processed = progress.processed.next();
        if store && progress.stored < record.next() {
            progress.stored = record.next();
        }
        *self.state.processed.entry(partition).or_default() |= 1 << record.0;
    }
}
