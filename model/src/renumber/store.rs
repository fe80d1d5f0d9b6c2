//! The outside store, and what is written to it.

use super::{Renumber, Renumbering, partition};
use crate::store::{OutsideStore, Stored, Write};

impl Renumber for Write {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { client, partition, record: _, generation } = self;
        partition::one(partition, ids);
        client.renumber(ids);
        generation.renumber(ids);
    }
}

impl Renumber for Stored {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { client, record: _, generation } = self;
        client.renumber(ids);
        generation.renumber(ids);
    }
}

impl<A: Renumber, B: Renumber> Renumber for (A, B) {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        self.0.renumber(ids);
        self.1.renumber(ids);
    }
}

impl Renumber for OutsideStore {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { stored, set_back, overwritten, crossed } = self;
        partition::keys(stored, ids);
        for of in stored.values_mut() {
            of.renumber(ids);
        }
        set_back.renumber(ids);
        overwritten.renumber(ids);
        crossed.renumber(ids);
    }
}
