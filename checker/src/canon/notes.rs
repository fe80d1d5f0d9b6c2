//! Notes of all actors, handed over to the one that keeps them.

use super::key;
use crate::expand::at;
use crate::memo::Memo;
use crate::rules::Rules;

/// What one thread knows of notes.
pub(super) struct Notes {
    keeper: usize,
    /// By actor and part: whether it has some.
    has: Vec<Vec<Option<bool>>>,
    /// By actor: of a part and the keeper's, both after it.
    handed: Vec<Memo<(u32, u32)>>,
}

impl Notes {
    pub(super) fn new(rules: &dyn Rules) -> Option<Self> {
        let actors = rules.shape().actors;
        let keeper = rules.keeper().filter(|keeper| *keeper < actors)?;
        let handed = (0..actors).map(|_| Memo::new()).collect();
        Some(Self { keeper, has: vec![Vec::new(); actors], handed })
    }

    /// In place of a state's ids those of the state whose notes are handed over.
    pub(super) fn gather(&mut self, rules: &dyn Rules, ids: &mut [u32]) {
        for actor in (0..self.has.len()).filter(|actor| *actor != self.keeper) {
            let local = ids[actor];
            let has =
                *at(&mut self.has[actor], local, None).get_or_insert_with(|| rules.has_notes(actor, local));
            if !has {
                continue;
            }
            let of = key(local, ids[self.keeper]);
            let (local, kept) = self.handed[actor].get(of).unwrap_or_else(|| {
                let handed = rules.hand_over(actor, local, ids[self.keeper]);
                self.handed[actor].insert(of, handed);
                handed
            });
            (ids[actor], ids[self.keeper]) = (local, kept);
        }
    }

    /// Resident, in bytes, estimated.
    pub(super) fn bytes(&self) -> usize {
        let handed: usize = self.handed.iter().map(Memo::bytes).sum();
        handed + self.has.iter().map(Vec::capacity).sum::<usize>()
    }
}
