//! Where each component's id lies in a packed state: so many bits of one of its words.

/// One component's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Of the state's words.
    pub(crate) word: u32,
    pub(crate) shift: u32,
    /// Of the id, before it is shifted.
    pub(crate) mask: u64,
}

/// All places, and the number of words that they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) slots: Vec<Slot>,
    pub(crate) words: usize,
}

/// The numbers of words that a search is compiled for.
const WIDTHS: [usize; 11] = [1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32];

impl Layout {
    /// Room for components of which there are so many each, and for some more. `None`: it would be too wide.
    pub(crate) fn fitting(counts: &[usize]) -> Option<Self> {
        let mut free: Vec<u32> = Vec::new();
        let mut slots = Vec::with_capacity(counts.len());
        for count in counts {
            let bits = bits_for(*count);
            let word = free.iter().position(|free| *free >= bits).unwrap_or(free.len());
            if word == free.len() {
                free.push(64);
            }
            let shift = 64 - free[word];
            free[word] -= bits;
            slots.push(Slot { word: u32::try_from(word).ok()?, shift, mask: (1 << bits) - 1 });
        }
        let words = WIDTHS.into_iter().find(|width| *width >= free.len())?;
        Some(Self { slots, words })
    }

    /// Writes the ids of a packed state.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "a mask has at most 32 bits")]
    pub(crate) fn unpack(&self, words: &[u64], ids: &mut Vec<u32>) {
        ids.clear();
        ids.extend(self.slots.iter().map(|s| ((words[s.word as usize] >> s.shift) & s.mask) as u32));
    }

    /// Packs ids; those that are missing at the end are 0.
    pub(crate) fn pack(&self, ids: &[u32], words: &mut [u64]) {
        words.fill(0);
        for (slot, id) in self.slots.iter().zip(ids) {
            words[slot.word as usize] |= u64::from(*id) << slot.shift;
        }
    }

    /// Ones where any of these components lies.
    pub(crate) fn mask_of(&self, components: impl Iterator<Item = usize>) -> Vec<u64> {
        let mut mask = vec![0; self.words];
        for slot in components.filter_map(|i| self.slots.get(i)) {
            mask[slot.word as usize] |= slot.mask << slot.shift;
        }
        mask
    }

    /// Whether an id has room. The largest number that a place could hold is never used, so words of ones are no state.
    pub(crate) fn holds(&self, component: usize, id: u32) -> bool {
        self.slots.get(component).is_some_and(|slot| u64::from(id) < slot.mask)
    }
}

/// Two bits more than the ids there are, so that they may grow fourfold; 32 at most.
fn bits_for(count: usize) -> u32 {
    (usize::BITS - count.saturating_sub(1).leading_zeros() + 2).min(32)
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
        assert!(!layout.holds(0, 3) && !layout.holds(7, 0));
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
        assert_eq!(layout.mask_of([0, 2].into_iter()), [0b11_0011]);
    }

    #[test]
    fn what_is_too_wide_is_refused() {
        assert_eq!(Layout::fitting(&vec![2; 5000]), None);
    }
}
