//! Packed states as pairs of pairs: each distinct word, and each distinct pair, once.
//!
//! A node is a word of a state or a pair of node ids; both are 64 bits, and a node's id is its index in a space of its
//! own. A state of `K` words becomes the pair of its two last nodes, its root, and nothing is lost: the way back is the
//! same way. (Recursive indexing, as in `LTSmin`.)

use std::sync::atomic::Ordering;

use crate::content::mix;
use crate::round::BLOCK;
use crate::space::{Found, Space, View};

/// Entries of a thread's cache of nodes that were just asked for.
const RECENT: usize = 1 << 13;

/// The most nodes that a state of so many words can add.
pub(crate) fn most_nodes(words: usize) -> u64 {
    2 * words as u64
}

/// One thread's way from states to roots.
pub(crate) struct Roots {
    /// Indices that it took and did not use.
    block: (u64, u64),
    recent: Vec<(u64, u32)>,
    /// Nodes that it added since this was asked.
    added: u64,
}

fn pair(upper: u32, lower: u32) -> u64 {
    u64::from(upper) << 32 | u64::from(lower)
}

#[allow(clippy::cast_possible_truncation, reason = "halves of a word")]
fn halves(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}

impl Roots {
    pub(crate) fn new() -> Self {
        Self { block: (0, 0), recent: vec![(u64::MAX, 0); RECENT], added: 0 }
    }

    /// The nodes are others.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }

    /// Nodes that were added since this was asked.
    pub(crate) fn take_added(&mut self) -> u64 {
        std::mem::take(&mut self.added)
    }

    /// The root of a state; `K` is at least 2, and the nodes have room.
    pub(crate) fn root<const K: usize>(&mut self, nodes: &Space, words: &[u64; K]) -> u64 {
        let mut ids = [0; K];
        for (id, word) in ids.iter_mut().zip(words) {
            *id = self.node(nodes, *word);
        }
        let mut len = K;
        while len > 2 {
            for i in 0..len / 2 {
                ids[i] = self.node(nodes, pair(ids[2 * i], ids[2 * i + 1]));
            }
            if len % 2 == 1 {
                ids[len / 2] = ids[len - 1];
            }
            len = len.div_ceil(2);
        }
        pair(ids[0], ids[K.min(2) - 1])
    }

    #[allow(clippy::cast_possible_truncation, reason = "masked, and a space has fewer than 2^32 states")]
    fn node(&mut self, nodes: &Space, node: u64) -> u32 {
        let hash = mix(node);
        let recent = hash as usize & (RECENT - 1);
        if self.recent[recent].0 == node {
            return self.recent[recent].1;
        }
        if self.block.0 == self.block.1 {
            let first = nodes.cursor.fetch_add(BLOCK, Ordering::Relaxed);
            self.block = (first, first + BLOCK);
        }
        let offered = self.block.0 as u32;
        let id = match nodes.view().insert(hash, &[node], offered) {
            Found::Old(id) => id,
            Found::New => {
                self.block.0 += 1;
                self.added += 1;
                offered
            }
        };
        self.recent[recent] = (node, id);
        id
    }
}

/// The root of a state, if it has one.
pub(crate) fn find_root<const K: usize>(nodes: View<'_>, words: &[u64; K]) -> Option<u64> {
    let find = |node: u64| nodes.find(mix(node), &[node]);
    let mut ids = [0; K];
    for (id, word) in ids.iter_mut().zip(words) {
        *id = find(*word)?;
    }
    let mut len = K;
    while len > 2 {
        for i in 0..len / 2 {
            ids[i] = find(pair(ids[2 * i], ids[2 * i + 1]))?;
        }
        if len % 2 == 1 {
            ids[len / 2] = ids[len - 1];
        }
        len = len.div_ceil(2);
    }
    Some(pair(ids[0], ids[K.min(2) - 1]))
}

/// The state of a root.
pub(crate) fn words<const K: usize>(nodes: View<'_>, root: u64) -> [u64; K] {
    let node = |id: u32| -> u64 {
        let [node] = nodes.state::<1>(id);
        node
    };
    let mut ids = [0; K];
    (ids[0], ids[K.min(2) - 1]) = halves(root);
    // The lengths that led to two, backwards.
    let mut lengths = [0; 8];
    let mut steps = 0;
    let mut len = K;
    while len > 2 {
        lengths[steps] = len;
        steps += 1;
        len = len.div_ceil(2);
    }
    for len in lengths[..steps].iter().rev() {
        if len % 2 == 1 {
            ids[len - 1] = ids[len / 2];
        }
        for i in (0..len / 2).rev() {
            (ids[2 * i], ids[2 * i + 1]) = halves(node(ids[i]));
        }
    }
    ids.map(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back<const K: usize>() {
        let mut nodes = Space::new(1, false).unwrap();
        nodes.make_room(1 << 14).unwrap();
        let mut roots = Roots::new();
        let state = |i: u64| -> [u64; K] { std::array::from_fn(|k| (i >> (k % 3)) % 17 + k as u64 % 5) };
        let all: Vec<u64> = (0..500).map(|i| roots.root(&nodes, &state(i))).collect();
        for (i, root) in (0..500).zip(&all) {
            assert_eq!(words::<K>(nodes.view(), *root), state(i), "{K} words");
            assert_eq!(find_root(nodes.view(), &state(i)), Some(*root));
            assert_eq!(all.iter().position(|r| r == root), (0..500).position(|j| state(j) == state(i)));
        }
        assert_eq!(find_root(nodes.view(), &[u64::MAX - 1; K]), None);
        assert!(roots.take_added() > 0 && roots.take_added() == 0);
    }

    #[test]
    fn a_state_and_its_root_determine_each_other() {
        there_and_back::<2>();
        there_and_back::<3>();
        there_and_back::<4>();
        there_and_back::<5>();
        there_and_back::<6>();
        there_and_back::<12>();
        there_and_back::<24>();
        there_and_back::<32>();
    }
}
