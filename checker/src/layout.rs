//! Where each id lies in a packed state, a component's or that of a bundle of them: so many bits of one of its words.

use std::sync::Arc;

use crate::bundles::Bundles;

/// One id's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Of the state's words.
    pub(crate) word: u32,
    pub(crate) shift: u32,
    /// Of the id, before it is shifted.
    pub(crate) mask: u64,
}

impl Slot {
    /// The id in a packed state.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    #[allow(clippy::cast_possible_truncation, reason = "a mask has at most 32 bits")]
    pub(crate) fn id(self, words: &[u64]) -> u32 {
        ((words[self.word as usize] >> self.shift) & self.mask) as u32
    }

    /// The id in a state of one word.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    #[allow(clippy::cast_possible_truncation, reason = "a mask has at most 32 bits")]
    pub(crate) fn of(self, word: u64) -> u32 {
        ((word >> self.shift) & self.mask) as u32
    }
}

/// All places, and the number of words that they need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// By component, or by bundle.
    pub(crate) slots: Vec<Slot>,
    pub(crate) words: usize,
    /// `None`: each component lies on its own.
    pub(crate) bundles: Option<Arc<Bundles>>,
}

/// The numbers of words that a search is compiled for.
const WIDTHS: [usize; 11] = [1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32];

impl Layout {
    /// Room for components of which there are so many each, and for some more. `None`: it would be too wide.
    pub(crate) fn fitting(counts: &[usize]) -> Option<Self> {
        Self::fitting_with(counts, ROOM)
    }

    /// The same with so many bits more than the ids there are need.
    fn fitting_with(counts: &[usize], room: u32) -> Option<Self> {
        let mut free: Vec<u32> = Vec::new();
        let mut places: Vec<(usize, u32)> = Vec::with_capacity(counts.len());
        for bits in counts.iter().map(|count| bits_for(*count, room)) {
            let word = free.iter().position(|free| *free >= bits).unwrap_or(free.len());
            if word == free.len() {
                free.push(64);
            }
            free[word] -= bits;
            places.push((word, bits));
        }
        share(&mut free, &mut places);
        let mut used = vec![0; free.len()];
        let slot = |(word, bits): (usize, u32)| {
            let shift = used[word];
            used[word] += bits;
            Some(Slot { word: u32::try_from(word).ok()?, shift, mask: (1 << bits) - 1 })
        };
        let slots = places.into_iter().map(slot).collect::<Option<_>>()?;
        let words = WIDTHS.into_iter().find(|width| *width >= free.len())?;
        Some(Self { slots, words, bundles: None })
    }

    /// The same for bundles of components.
    pub(crate) fn of_bundles(bundles: Arc<Bundles>) -> Option<Self> {
        let counts = bundles.counts();
        let layout = Self::fitting(&counts)?;
        // One word is worth that it has to be laid out anew more often.
        let shorter = || Self::fitting_with(&counts, ROOM - 1).filter(|layout| layout.words == 1);
        let layout = if layout.words == 2 { shorter().unwrap_or(layout) } else { layout };
        Some(Self { bundles: Some(bundles), ..layout })
    }

    /// Whether a state of bundles is one word.
    pub(crate) fn is_one_word(&self) -> bool {
        self.words == 1 && self.bundles.is_some()
    }

    /// One that so many components always have room in; nothing can be packed by it.
    pub(crate) fn boundless(components: usize) -> Self {
        let slot = Slot { word: 0, shift: 0, mask: u64::MAX };
        Self { slots: vec![slot; components], words: 1, bundles: None }
    }

    /// Writes the ids of a packed state's components.
    #[inline]
    pub(crate) fn unpack(&self, words: &[u64], ids: &mut Vec<u32>) {
        ids.clear();
        let Some(bundles) = &self.bundles else {
            return ids.extend(self.slots.iter().map(|slot| slot.id(words)));
        };
        ids.resize(bundles.components(), 0);
        let mut tuple = Vec::new();
        for (group, slot) in self.slots.iter().enumerate() {
            bundles.tuple(group, slot.id(words), &mut tuple);
            for (component, id) in bundles.members(group).iter().zip(&tuple) {
                ids[*component] = *id;
            }
        }
    }

    /// Packs components' ids; those that are missing at the end are 0.
    pub(crate) fn pack(&self, ids: &[u32], words: &mut [u64]) {
        let Some(bundles) = &self.bundles else { return self.place(ids.iter().copied(), words) };
        let id_of = |group| bundles.id_of(group, &tuple_of(bundles, group, ids));
        self.place((0..bundles.len()).map(id_of), words);
    }

    /// The same for what may be no state that was stored: `false` if it is none.
    pub(crate) fn find(&self, ids: &[u32], words: &mut [u64]) -> bool {
        let Some(bundles) = &self.bundles else {
            let has_room = |(component, id): (usize, &u32)| *id == 0 || self.holds(component, *id);
            self.place(ids.iter().copied(), words);
            return ids.iter().enumerate().all(has_room);
        };
        let is_there = ids.iter().enumerate().all(|(i, id)| *id == 0 || bundles.home(i).is_some());
        let id_of =
            |group| bundles.find(group, &tuple_of(bundles, group, ids)).filter(|id| self.holds(group, *id));
        let found: Option<Vec<u32>> = (0..bundles.len()).map(id_of).collect();
        let Some(found) = found.filter(|_| is_there) else { return false };
        self.place(found.into_iter(), words);
        true
    }

    /// Packs anew what another layout packed, of which this one came.
    pub(crate) fn convert(&self, before: &Self, from: &[u64], ids: &mut Vec<u32>, to: &mut [u64]) {
        if self.bundles.is_some() == before.bundles.is_some() {
            // What was added since then is 0 in both.
            self.place(before.slots.iter().map(|slot| slot.id(from)), to);
        } else {
            before.unpack(from, ids);
            self.pack(ids, to);
        }
    }

    fn place(&self, ids: impl Iterator<Item = u32>, words: &mut [u64]) {
        words.fill(0);
        for (slot, id) in self.slots.iter().zip(ids) {
            words[slot.word as usize] |= u64::from(id) << slot.shift;
        }
    }

    /// Ones where any of these components lies.
    pub(crate) fn mask_of(&self, components: impl Iterator<Item = usize>) -> Vec<u64> {
        let mut mask = vec![0; self.words];
        let slot = |component| match &self.bundles {
            None => self.slots.get(component),
            Some(bundles) => self.slots.get(bundles.home(component)?.0),
        };
        for slot in components.filter_map(slot) {
            mask[slot.word as usize] |= slot.mask << slot.shift;
        }
        mask
    }

    /// Whether an id has room: a component's, or a bundle's. The largest number that a place could hold is never used,
    /// so words of ones are no state.
    pub(crate) fn holds(&self, slot: usize, id: u32) -> bool {
        self.slots.get(slot).is_some_and(|slot| u64::from(id) < slot.mask)
    }
}

/// What the components of a group have.
fn tuple_of(bundles: &Bundles, group: usize, ids: &[u32]) -> Vec<u32> {
    bundles.members(group).iter().map(|component| ids.get(*component).copied().unwrap_or(0)).collect()
}

/// Shares out what is left of the words, so that the layout lasts.
fn share(free: &mut [u32], places: &mut [(usize, u32)]) {
    let mut shared = true;
    while std::mem::take(&mut shared) {
        for (word, bits) in places.iter_mut().filter(|(_, bits)| *bits < MOST_BITS) {
            if let Some(left) = free[*word].checked_sub(1) {
                free[*word] = left;
                *bits += 1;
                shared = true;
            }
        }
    }
}

/// Bits of the largest id.
const MOST_BITS: u32 = 32;

/// Bits more than the ids there are need, so that they may grow fourfold.
const ROOM: u32 = 2;

/// So many bits more than these ids need; 32 at most.
fn bits_for(count: usize, room: u32) -> u32 {
    (usize::BITS - count.saturating_sub(1).leading_zeros() + room).min(MOST_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_where_they_were_put() {
        let layout = Layout::fitting(&[1, 9000, 70, 70, 900, 2, 1 << 30]).unwrap();
        assert_eq!(layout.words, 2);
        let ids = vec![2, 16_383, 510, 0, 4094, 6, u32::MAX - 1];
        assert!(ids.iter().enumerate().all(|(i, id)| layout.holds(i, *id)));
        assert!(!layout.holds(0, u32::MAX) && !layout.holds(7, 0));
        let (mut words, mut back) = (vec![9; 2], Vec::new());
        layout.pack(&ids, &mut words);
        layout.unpack(&words, &mut back);
        assert_eq!(back, ids);
        layout.pack(&ids[..2], &mut words);
        layout.unpack(&words, &mut back);
        assert_eq!(back, [2, 16_383, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_mask_covers_its_components_only() {
        let layout = Layout::fitting(&[1, 1, 1]).unwrap();
        let (two, other) = (layout.mask_of([0, 2].into_iter()), layout.mask_of([1].into_iter()));
        assert_eq!((two[0] & other[0], two[0] | other[0]), (0, u64::MAX));
        assert_eq!(two[0].count_ones(), 22 + 21);
    }

    #[test]
    fn what_is_too_wide_is_refused() {
        assert!(Layout::fitting(&vec![2; 5000]).is_none());
    }
}
