//! A store outside Kafka that consumers write their results to: it knows nothing of the group but what a write carries.

use std::collections::BTreeMap;

use crate::types::{ClientId, Generation, Offset, Partition};

/// The result of a record, on its way to the store on the consumer's own connection there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Write {
    /// Who writes.
    pub client: ClientId,
    /// The record's partition.
    pub partition: Partition,
    /// The record.
    pub record: Offset,
    /// The generation of the assignment in which the writer was given the partition.
    pub generation: Generation,
}

/// Which writes the store takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorePolicy {
    /// Every write: the last one stands.
    LastWriteWins,
    /// None of an earlier generation than one that it has taken for the partition: a fencing token.
    FencedByGeneration,
    /// Only that of the record after the last one taken: the offset is stored with the result, in one transaction.
    OffsetWithResult,
}

/// What the store holds of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    /// Who wrote last.
    pub client: ClientId,
    /// The record whose result stands.
    pub record: Offset,
    /// The generation that it was written in.
    pub generation: Generation,
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OutsideStore {
    /// By partition.
    pub stored: BTreeMap<Partition, Stored>,
    /// Ghost: the first write that took the place of a later record's.
    pub set_back: Option<(Write, Stored)>,
    /// Ghost: the same, of an earlier generation than what it overwrote.
    pub overwritten: Option<(Write, Stored)>,
    /// Ghost: the first record that was taken before an older one of another topic.
    pub crossed: Option<(Write, Write)>,
}

impl OutsideStore {
    /// Takes a write (true) or refuses it. What was taken stands: only this decides.
    pub fn write(&mut self, policy: StorePolicy, write: Write) -> bool {
        let before = self.stored.get(&write.partition).copied();
        if !accepts(policy, before, write) {
            return false;
        }
        if let Some(before) = before.filter(|before| write.record < before.record) {
            self.set_back.get_or_insert((write, before));
            if write.generation < before.generation {
                self.overwritten.get_or_insert((write, before));
            }
        }
        self.cross(write);
        let Write { client, partition, record, generation } = write;
        self.stored.insert(partition, Stored { client, record, generation });
        true
    }

    /// Records of equal offsets were produced one topic after the other, in the order of the topics.
    fn cross(&mut self, write: Write) {
        let later = self.stored.iter().find(|(partition, stored)| {
            stored.client == write.client
                && (stored.record, partition.topic) > (write.record, write.partition.topic)
                && partition.topic != write.partition.topic
        });
        if let Some((partition, stored)) = later {
            let Stored { client, record, generation } = *stored;
            self.crossed.get_or_insert((write, Write { client, partition: *partition, record, generation }));
        }
    }
}

fn accepts(policy: StorePolicy, before: Option<Stored>, write: Write) -> bool {
    match policy {
        StorePolicy::LastWriteWins => true,
        StorePolicy::FencedByGeneration => before.is_none_or(|before| write.generation >= before.generation),
        StorePolicy::OffsetWithResult => {
            write.record == before.map_or(Offset::ZERO, |before| before.record.next())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TopicId;

    fn write(record: u8, generation: i8) -> Write {
        let partition = Partition { topic: TopicId(0), index: 0 };
        let (record, generation) = (Offset(record), Generation(generation));
        Write { client: ClientId(0), partition, record, generation }
    }

    fn after(policy: StorePolicy, writes: &[(u8, i8)]) -> (u8, bool) {
        let mut store = OutsideStore::default();
        for (record, generation) in writes {
            store.write(policy, write(*record, *generation));
        }
        let stands = store.stored.values().next().map_or(0, |stored| stored.record.0);
        (stands, store.overwritten.is_some())
    }

    #[test]
    fn a_zombie_overwrites_and_a_policy_prevents_it() {
        let zombie = [(0, 2), (1, 2), (0, 1)];
        assert_eq!(after(StorePolicy::LastWriteWins, &zombie), (0, true));
        assert_eq!(after(StorePolicy::FencedByGeneration, &zombie), (1, false));
        assert_eq!(after(StorePolicy::OffsetWithResult, &zombie), (1, false));
    }

    #[test]
    fn an_owner_that_starts_again_sets_back_and_overwrites_nobody() {
        let again = [(0, 1), (1, 1), (0, 2)];
        assert_eq!(after(StorePolicy::FencedByGeneration, &again), (0, false));
        assert_eq!(after(StorePolicy::OffsetWithResult, &again), (1, false));
    }
}
