//! What grows between two rounds: room for states, and the layout.

use std::sync::atomic::Ordering;

use crate::judge::Watch;
use crate::layout::Layout;
use crate::report::{Bytes, Limit, Refused};
use crate::round::{BLOCK, Level};
use crate::search::{Halt, Search, by_width};
use crate::space::{OutOfMemory, Space};
use crate::tree::{Roots, most_nodes, words};
use crate::worker::Worker;

impl Search<'_> {
    /// New states that fit in without growth, those in the threads' unfinished blocks left aside.
    pub(crate) fn room(&self, space: &Space) -> u64 {
        let slack = self.limits.threads as u64 * BLOCK;
        space.room().saturating_sub(slack)
    }

    pub(crate) fn make_room(&mut self, states: u64, nodes: u64) -> Result<(), Halt> {
        let slack = 2 * self.limits.threads as u64 * BLOCK;
        let (states, nodes) = (states + slack, nodes + slack);
        if self.space.room() >= states && self.space.nodes().is_none_or(|of| of.room() >= nodes) {
            return Ok(());
        }
        let growth = self.space.growth(states) + self.space.nodes().map_or(0, |of| of.growth(nodes));
        let after = self.bytes_now() + growth;
        self.within_budget(after)?;
        let limit = |_| Limit::Memory(self.limits.memory.unwrap_or(after));
        self.space.make_room(states).map_err(limit)?;
        if let Some(of) = self.space.nodes_mut() {
            of.make_room(nodes).map_err(limit)?;
        }
        self.peak = self.peak.max(self.bytes_now());
        Ok(())
    }

    fn within_budget(&self, bytes: u64) -> Result<(), Halt> {
        let over = self.limits.memory.filter(|most| bytes > *most);
        over.map_or(Ok(()), |most| Err(Limit::Memory(most).into()))
    }

    pub(crate) fn forget_and_refit(&mut self, level: &Level) -> Result<(), Halt> {
        let found: Vec<(u64, u64)> = self.workers.iter_mut().flat_map(Worker::take_found).collect();
        let found = Level::new(found);
        let before = self.layout.clone();
        self.refit()?;
        let mut all: Vec<(u64, u64)> =
            self.levels.iter().chain([level, &found]).flat_map(|l| l.ranges.clone()).collect();
        all.sort_unstable();
        self.rewrite(&before, &all)?;
        self.workers[0].give_found(found.ranges);
        Ok(())
    }

    /// Rewrites every state from a layout to the one there is.
    fn rewrite(&mut self, before: &Layout, all: &[(u64, u64)]) -> Result<(), Halt> {
        let limit = Limit::Memory(self.limits.memory.unwrap_or(0));
        let states = self.space.cursor.load(Ordering::Relaxed);
        let (mut ids, after) = (Vec::new(), self.layout.clone());
        if self.limits.compact {
            rewrite_roots(&mut self.space, (before, &after), all).map_err(|_| limit.into())
        } else {
            let more = states * 8 * after.words.saturating_sub(before.words) as u64;
            self.within_budget(self.bytes_now() + more)?;
            let rewritten = self.space.rewrite(after.words, all, |from, to| {
                before.unpack(from, &mut ids);
                after.pack(&ids, to);
            });
            rewritten.map_err(|_| limit.into())
        }
    }

    /// Makes the layout fit what ids there are.
    pub(crate) fn refit(&mut self) -> Result<(), Halt> {
        let layout = Layout::fitting(&self.rules.counts()).ok_or(Halt::Refused(Refused::TooWide))?;
        let shape = self.rules.shape();
        let mask = |watch: &Watch| {
            let Some(parts) = &watch.reads else { return Vec::new() };
            let messages = shape.last.into_iter().chain(shape.flows..layout.slots.len());
            let messages = messages.filter(|_| parts.messages);
            layout.mask_of(parts.actors.iter().copied().filter(|a| *a < shape.actors).chain(messages))
        };
        self.masks = self.watches.iter().map(mask).collect();
        self.workers.iter_mut().for_each(Worker::forget_layout);
        if self.levels.is_empty() {
            self.space = Space::new(layout.words, self.limits.compact)
                .map_err(|_| Halt::Refused(Refused::NoMemory))?;
        }
        self.layout = layout;
        Ok(())
    }

    pub(crate) fn component_bytes(&self) -> u64 {
        let threads: usize = self.workers.iter().map(|worker| worker.expander.bytes()).sum();
        (threads + self.rules.bytes()) as u64
    }

    fn bytes_now(&self) -> u64 {
        self.space.arena_bytes() + self.space.table_bytes() + self.component_bytes()
    }

    /// Where the memory is.
    pub(crate) fn bytes(&self) -> Bytes {
        Bytes {
            states: self.space.arena_bytes(),
            table: self.space.table_bytes(),
            components: self.component_bytes(),
            peak: self.peak.max(self.bytes_now()),
        }
    }
}

/// Rewrites states that are kept as roots, into nodes of their own.
fn rewrite_roots(
    space: &mut Space,
    (before, after): (&Layout, &Layout),
    ranges: &[(u64, u64)],
) -> Result<(), OutOfMemory> {
    let old = space.take_nodes();
    let (mut nodes, mut roots) = (Space::new(1, false)?, Roots::new());
    let (mut ids, mut packed) = (Vec::new(), vec![0; after.words]);
    for index in ranges.iter().flat_map(|(from, to)| *from..*to) {
        if nodes.room() < most_nodes(after.words) + BLOCK {
            nodes.make_room(1 << 16)?;
        }
        let Some(stored) = space.word(index) else { continue };
        match &old {
            None => before.unpack(&[stored.load(Ordering::Relaxed)], &mut ids),
            Some(old) => {
                let root = stored.load(Ordering::Relaxed);
                by_width!(before.words, unpack_root::<K>(before, old, root, &mut ids));
            }
        }
        after.pack(&ids, &mut packed);
        let root = match after.words {
            1 => packed[0],
            _ => by_width!(after.words, root_of::<K>(&mut roots, &nodes, &packed)),
        };
        nodes.unique.fetch_add(roots.take_added(), Ordering::Relaxed);
        stored.store(root, Ordering::Relaxed);
    }
    space.put_nodes((after.words > 1).then(|| Box::new(nodes)));
    Ok(())
}

fn unpack_root<const K: usize>(layout: &Layout, nodes: &Space, root: u64, ids: &mut Vec<u32>) {
    layout.unpack(&words::<K>(nodes.view(), root), ids);
}

fn root_of<const K: usize>(roots: &mut Roots, nodes: &Space, packed: &[u64]) -> u64 {
    let mut words = [0; K];
    words.copy_from_slice(packed);
    roots.root(nodes, &words)
}
