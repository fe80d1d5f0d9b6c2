//! What grows between two rounds: room for states, and the layout.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::bundles::Bundles;
use crate::judge::Watch;
use crate::layout::Layout;
use crate::report::{Bytes, Limit, Refused};
use crate::round::{BLOCK, Level};
use crate::search::{Halt, Search, WORTH_BUNDLES};
use crate::space::{OutOfMemory, Space, View};
use crate::tree::{Roots, most_nodes, words};
use crate::width::by_width;
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
        let rewritten = if self.limits.compact {
            rewrite_roots(&mut self.space, (before, &after), all)
        } else {
            let more = states * 8 * after.words.saturating_sub(before.words) as u64;
            self.within_budget(self.bytes_now() + more)?;
            self.space.rewrite(after.words, all, |from, to| after.convert(before, from, &mut ids, to))
        };
        rewritten.map_err(|_| limit)?;
        if after.is_one_word() {
            self.space.hold_states(all);
        } else if self.space.is_direct() {
            self.hold_indices(all);
        }
        Ok(())
    }

    /// A state is more than one word: the table finds states by what they hold again.
    fn hold_indices(&mut self, all: &[(u64, u64)]) {
        self.space.hold_indices();
        let (mut ids, mut words) = (Vec::new(), vec![0; self.layout.words]);
        for index in all.iter().flat_map(|(from, to)| *from..*to) {
            by_width!(self.layout.words, words_of::<K>(self.space.view(), index, &mut words));
            let expander = &mut self.workers[0].expander;
            expander.unpack(&self.layout, &words, &mut ids);
            let hash = expander.hash_of(&ids);
            self.space.put_index(hash, index);
        }
    }

    /// Packs components as bundles from here on, if that is worth it.
    pub(crate) fn bundle(&mut self) -> Result<(), Halt> {
        let shape = self.rules.shape();
        let is_plain = shape.history.is_none() && shape.last.is_none();
        let same = self.rules.has_counters()
            || self.rules.exchanges() > 0
            || self.rules.is_reduced()
            || self.rules.keeper().is_some();
        if !is_plain || same || self.layout.bundles.is_some() {
            return Ok(());
        }
        let mut all: Vec<(u64, u64)> = self.levels.iter().flat_map(|l| l.ranges.clone()).collect();
        all.sort_unstable();
        let bundles = Arc::new(Bundles::new(self.rules));
        // Every bundle that a state has gets its id before there is a place for it; the last states tell whether they
        // are worth it, since the first ones differ in everything.
        let (mut ids, mut words) = (Vec::new(), vec![0; self.layout.words]);
        for (seen, index) in (1..).zip(all.iter().rev().flat_map(|(from, to)| (*from..*to).rev())) {
            by_width!(self.layout.words, words_of::<K>(self.space.view(), index, &mut words));
            self.layout.unpack(&words, &mut ids);
            bundles.learn(&ids);
            if seen == WORTH_BUNDLES && !bundles.are_worth_it(WORTH_BUNDLES) {
                self.next_bundles = 2 * self.space.unique.load(Ordering::Relaxed);
                return Ok(());
            }
        }
        let before = self.layout.clone();
        self.layout.bundles = Some(bundles);
        self.refit()?;
        self.rewrite(&before, &all)
    }

    /// Makes the layout fit what ids there are.
    pub(crate) fn refit(&mut self) -> Result<(), Halt> {
        let (shape, counts) = (self.rules.shape(), self.rules.counts());
        let layout = match self.layout.bundles.take() {
            None => Layout::fitting(&counts),
            Some(bundles) => Layout::of_bundles(Arc::new(bundles.and_others(counts.len()))),
        };
        let layout = layout.ok_or(Halt::Refused(Refused::TooWide))?;
        let mask = |watch: &Watch| {
            let Some(parts) = &watch.reads else { return Vec::new() };
            let messages = shape.last.into_iter().chain(shape.flows..counts.len());
            let messages = messages.filter(|_| parts.messages);
            layout.mask_of(parts.actors.iter().copied().filter(|a| *a < shape.actors).chain(messages))
        };
        self.masks = self.watches.iter().map(mask).collect();
        for worker in &mut self.workers {
            worker.forget_layout();
            worker.expander.fuse(layout.bundles.as_ref());
        }
        if self.levels.is_empty() {
            self.space = Space::new(layout.words, self.limits.compact)
                .map_err(|_| Halt::Refused(Refused::NoMemory))?;
        }
        self.layout = layout;
        Ok(())
    }

    pub(crate) fn component_bytes(&self) -> u64 {
        let threads: usize = self.workers.iter().map(Worker::bytes).sum();
        let bundles = self.layout.bundles.as_ref().map_or(0, |bundles| bundles.bytes());
        (threads + bundles + self.rules.bytes()) as u64
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

#[allow(clippy::cast_possible_truncation, reason = "a space has fewer than 2^32 states")]
fn words_of<const K: usize>(view: View<'_>, index: u64, words: &mut [u64]) {
    words.copy_from_slice(&view.state::<K>(index as u32));
}

/// Rewrites states that are kept as roots, into nodes of their own.
fn rewrite_roots(
    space: &mut Space,
    (before, after): (&Layout, &Layout),
    ranges: &[(u64, u64)],
) -> Result<(), OutOfMemory> {
    let old = space.take_nodes();
    let (mut nodes, mut roots) = (Space::nodes_of()?, Roots::new());
    let (mut ids, mut from, mut packed) = (Vec::new(), vec![0; before.words], vec![0; after.words]);
    for index in ranges.iter().flat_map(|(from, to)| *from..*to) {
        if nodes.room() < most_nodes(after.words) + BLOCK {
            nodes.make_room(1 << 16)?;
        }
        let Some(stored) = space.word(index) else { continue };
        match &old {
            None => from[0] = stored.load(Ordering::Relaxed),
            Some(old) => {
                let root = stored.load(Ordering::Relaxed);
                by_width!(before.words, words_of_root::<K>(old, root, &mut from));
            }
        }
        after.convert(before, &from, &mut ids, &mut packed);
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

fn words_of_root<const K: usize>(nodes: &Space, root: u64, to: &mut [u64]) {
    to.copy_from_slice(&words::<K>(nodes.view(), root));
}

fn root_of<const K: usize>(roots: &mut Roots, nodes: &Space, packed: &[u64]) -> u64 {
    let mut words = [0; K];
    words.copy_from_slice(packed);
    roots.root(nodes, &words)
}
