//! Other numbers for the same thing: member ids and generations matter by order and equality only, so a state may
//! be told in other ones; and consumers with the same subscription may change places, and partitions that are assigned alike.
//!
//! [`Generation::NONE`] is the wire's -1 and keeps its number. [`Generation::ZERO`] is what a new group starts with, so
//! the generations of a group that has not completed a join are not free either: only those after the first are.

mod message;
mod partition;
mod state;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use crate::types::{ClientId, Connection, Generation, MemberId, Partition, Producer};

/// A choice of numbers. It keeps order and equality.
pub trait Renumbering {
    /// The new number of a member id.
    fn member(&mut self, member: MemberId) -> MemberId;
    /// The new number of a generation; never asked of [`Generation::NONE`].
    fn generation(&mut self, generation: Generation) -> Generation;
    /// The same of the group's generation, to which the next join adds.
    fn source_generation(&mut self, generation: Generation) -> Generation {
        self.generation(generation)
    }
    /// Which client takes a client's place.
    fn client(&mut self, client: ClientId) -> ClientId {
        client
    }
    /// Which partition takes a partition's place.
    fn partition(&mut self, partition: Partition) -> Partition {
        partition
    }
}

/// What holds member ids, generations, clients or partitions.
pub trait Renumber {
    /// Replaces each.
    fn renumber(&mut self, ids: &mut dyn Renumbering);
}

impl Renumber for MemberId {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        *self = ids.member(*self);
    }
}

impl Renumber for Generation {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        if *self != Self::NONE {
            *self = ids.generation(*self);
        }
    }
}

impl Renumber for ClientId {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        *self = ids.client(*self);
    }
}

impl Renumber for Producer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        self.0.renumber(ids);
    }
}

impl Renumber for Connection {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        self.client.renumber(ids);
    }
}

impl<T: Renumber> Renumber for Option<T> {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        if let Some(value) = self {
            value.renumber(ids);
        }
    }
}

impl<T: Renumber> Renumber for Vec<T> {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        for value in self {
            value.renumber(ids);
        }
    }
}

impl<T: Renumber + Ord + Clone> Renumber for BTreeSet<T> {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        if self.iter().any(|value| changes(value, ids)) {
            let before = std::mem::take(self);
            self.extend(before.into_iter().map(|value| renumbered(value, ids)));
        }
    }
}

impl<K: Renumber + Ord + Clone, V: Renumber> Renumber for BTreeMap<K, V> {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        rekey(self, ids);
        for value in self.values_mut() {
            value.renumber(ids);
        }
    }
}

fn rekey<K: Renumber + Ord + Clone, V>(map: &mut BTreeMap<K, V>, ids: &mut dyn Renumbering) {
    if map.keys().any(|key| changes(key, ids)) {
        let before = std::mem::take(map);
        map.extend(before.into_iter().map(|(key, value)| (renumbered(key, ids), value)));
    }
}

/// Whether a value is another one in other numbers: most choices leave most of them.
fn changes<T: Renumber + PartialEq + Clone>(value: &T, ids: &mut dyn Renumbering) -> bool {
    renumbered(value.clone(), ids) != *value
}

/// The same with other numbers.
pub fn renumbered<T: Renumber>(mut value: T, ids: &mut dyn Renumbering) -> T {
    value.renumber(ids);
    value
}
