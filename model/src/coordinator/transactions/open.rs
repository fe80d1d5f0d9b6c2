//! What open transactions hold.

use crate::types::{Offset, Partition, Producer};

/// An offset that a transaction holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenOffset {
    /// Whose transaction.
    pub producer: Producer,
    /// Of which partition.
    pub partition: Partition,
    /// It counts once the transaction is committed.
    pub offset: Offset,
    /// One that was appended later counts already, so that this one never will.
    pub outdone: bool,
    /// The retention has passed since.
    pub aged: bool,
}

/// The offsets of open transactions, in the order in which they were appended
/// (`OffsetMetadataManager.pendingTransactionalOffsets`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Open(pub Vec<OpenOffset>);

/// What the end of a transaction makes of its offsets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::coordinator) struct Ended {
    /// What counts, and whether the retention has passed since it was sent.
    pub(in crate::coordinator) counts: Vec<(Partition, Offset, bool)>,
    /// Whether there was one that does not, since a later one counts.
    pub(in crate::coordinator) outdone: bool,
}

impl Open {
    /// Whether a transaction of the producer holds any.
    pub fn is_of(&self, producer: Producer) -> bool {
        self.0.iter().any(|open| open.producer == producer)
    }

    /// Whether a transaction holds one of the partition.
    pub fn holds(&self, partition: Partition) -> bool {
        self.0.iter().any(|open| open.partition == partition)
    }

    /// In place of what the producer's transaction holds of the partition.
    pub(in crate::coordinator) fn hold(&mut self, producer: Producer, partition: Partition, offset: Offset) {
        self.0.retain(|open| (open.producer, open.partition) != (producer, partition));
        self.0.push(OpenOffset { producer, partition, offset, outdone: false, aged: false });
    }

    /// An offset that was appended later counts.
    pub(in crate::coordinator) fn outdo(&mut self, partition: Partition) {
        for open in &mut self.0 {
            open.outdone |= open.partition == partition;
        }
    }

    /// The partition's offset is deleted.
    pub(in crate::coordinator) fn drop_of(&mut self, partition: Partition) {
        self.0.retain(|open| open.partition != partition);
    }

    /// The producer's transaction ends. What it commits outdoes what was appended before it.
    pub(in crate::coordinator) fn end(
        &mut self,
        producer: Producer,
        commits: bool,
        over_later: bool,
    ) -> Ended {
        let mut ended = Ended::default();
        let mut left: Vec<OpenOffset> = Vec::new();
        for open in std::mem::take(&mut self.0) {
            if open.producer != producer {
                left.push(open);
            } else if commits && (!open.outdone || over_later) {
                for before in &mut left {
                    before.outdone |= before.partition == open.partition;
                }
                ended.counts.push((open.partition, open.offset, open.aged));
            } else if commits {
                ended.outdone = true;
            }
        }
        self.0 = left;
        ended
    }

    /// The retention passes.
    pub(in crate::coordinator) fn age(&mut self) {
        for open in &mut self.0 {
            open.aged = true;
        }
    }

    /// Whether the retention has not passed since one of them was sent.
    pub(in crate::coordinator) fn can_age(&self) -> bool {
        self.0.iter().any(|open| !open.aged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ClientId, TopicId};

    const P: Partition = Partition { topic: TopicId(0), index: 0 };
    const FIRST: Producer = Producer(ClientId(0));
    const SECOND: Producer = Producer(ClientId(1));

    fn both() -> Open {
        let mut open = Open::default();
        open.hold(FIRST, P, Offset(1));
        open.hold(SECOND, P, Offset(2));
        open
    }

    #[test]
    fn what_was_appended_last_counts_whichever_marker_comes_first() {
        let mut open = both();
        assert_eq!(open.end(FIRST, true, false).counts, [(P, Offset(1), false)]);
        assert_eq!(open.end(SECOND, true, false).counts, [(P, Offset(2), false)]);
        let mut open = both();
        assert_eq!(open.end(SECOND, true, false).counts, [(P, Offset(2), false)]);
        assert_eq!(open.end(FIRST, true, false), Ended { counts: Vec::new(), outdone: true });
    }

    #[test]
    fn an_abort_leaves_nothing_and_outdoes_nothing() {
        let mut open = both();
        assert_eq!(open.end(SECOND, false, false), Ended::default());
        assert_eq!(open.end(FIRST, true, false).counts, [(P, Offset(1), false)]);
        assert!(!open.holds(P));
    }

    #[test]
    fn what_is_sent_again_is_appended_again() {
        let mut open = both();
        open.outdo(P);
        open.hold(FIRST, P, Offset(3));
        assert_eq!(open.end(SECOND, true, false), Ended { counts: Vec::new(), outdone: true });
        assert_eq!(open.end(FIRST, true, false).counts, [(P, Offset(3), false)]);
    }
}
