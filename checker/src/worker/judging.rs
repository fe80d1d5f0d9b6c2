//! What properties say of new states.

use super::Worker;
use crate::asked::{Panel, least};
use crate::expand::Expander;
use crate::round::Round;

/// A new state.
pub(super) struct New<'s, const K: usize> {
    pub(super) words: &'s [u64; K],
    /// Of its content, if it is known.
    pub(super) hash: Option<u64>,
    /// What it was made of; none: it is a first state.
    pub(super) parent: Option<&'s [u64; K]>,
    pub(super) index: u32,
}

impl Worker<'_> {
    /// Whether a new state decides a property that its parent did not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "most new states look like their parents")]
    pub(super) fn judge_new<const K: usize>(&mut self, round: &Round<'_>, new: &New<'_, K>) {
        if !self.asked.whole.is_empty() {
            self.judge_whole(round, new);
        }
        if let Some(parent) = new.parent.filter(|_| !self.asked.messages)
            && self.expander.look_alike(round.layout, parent, new.words)
        {
            return;
        }
        if self.asked.each_open != 0 {
            self.judge_each(round, new);
        }
        self.judge_parts(round, new);
    }

    /// The same of properties that are said of each message by itself.
    fn judge_each<const K: usize>(&mut self, round: &Round<'_>, new: &New<'_, K>) {
        let New { words, hash, parent, index } = *new;
        let said = self.expander.said(round.layout, words, parent) & self.asked.each_open;
        if said == 0 {
            return;
        }
        let hash = hash.unwrap_or_else(|| self.expander.hash_of_packed(round.layout, words, &mut self.ids));
        for (property, _) in self.asked.each.iter().filter(|(_, bit)| said >> bit & 1 == 1) {
            least(&mut self.deciding[*property], hash, index);
        }
    }

    /// The same of properties over parts.
    #[inline(never)]
    fn judge_parts<const K: usize>(&mut self, round: &Round<'_>, new: &New<'_, K>) {
        let New { words, hash, parent, index } = *new;
        let Self { expander, judge, asked, ids, deciding, .. } = self;
        for panel in asked.panels() {
            let mask = &round.masks[panel.properties[0]];
            if panel.open == 0 || parent.is_some_and(|parent| agree(mask, parent, words)) {
                continue;
            }
            let mut same = parent.is_some() && !panel.messages;
            if let Some(parent) = parent.filter(|_| same) {
                // What it sees of most of what changed is what it saw before.
                same = panel
                    .actors
                    .iter()
                    .all(|actor| expander.sees_same(round.layout, (panel.view, *actor), words, parent));
            }
            if same {
                continue;
            }
            let short = panel.in_short(|actor| expander.seen(round.layout, words, panel.view, actor));
            let read = if short.is_some() { 0 } else { read(panel, expander, round, words, ids) };
            let known = match short {
                Some(read) => panel.answer_in_short(read),
                None => panel.answer(read),
            };
            let answer = known.unwrap_or_else(|| {
                expander.unpack(round.layout, words, ids);
                let properties = panel.properties.iter().enumerate();
                let open = properties.filter(|(i, _)| panel.open >> i & 1 == 1);
                let answer =
                    open.fold(0, |bits, (i, property)| bits | u64::from(judge.decides(*property, ids)) << i);
                match short {
                    Some(read) => panel.learn_in_short(read, answer),
                    None => panel.learn(read, answer),
                }
                answer
            });
            let mut answer = answer & panel.open;
            while answer != 0 {
                let property = panel.properties[answer.trailing_zeros() as usize];
                let hash = hash.unwrap_or_else(|| expander.hash_of_packed(round.layout, words, ids));
                least(&mut deciding[property], hash, index);
                answer &= answer - 1;
            }
        }
    }

    /// The same of properties over whole states.
    #[inline]
    fn judge_whole<const K: usize>(&mut self, round: &Round<'_>, new: &New<'_, K>) {
        let New { words, hash, index, .. } = *new;
        let Self { expander, judge, asked, ids, deciding, .. } = self;
        for property in asked.whole.iter().filter(|property| round.open.contains(property)) {
            expander.unpack(round.layout, words, ids);
            if judge.decides(*property, ids) {
                let hash = hash.unwrap_or_else(|| expander.hash_of(ids));
                least(&mut deciding[*property], hash, index);
            }
        }
    }
}

/// The id of what a panel reads of a state.
fn read<const K: usize>(
    panel: &mut Panel,
    expander: &mut Expander<'_>,
    round: &Round<'_>,
    words: &[u64; K],
    ids: &mut Vec<u32>,
) -> u32 {
    let mut read = 0;
    for i in 0..panel.actors.len() {
        let seen = expander.seen(round.layout, words, panel.view, panel.actors[i]);
        read = panel.and(i, read, seen);
    }
    if panel.messages {
        expander.unpack(round.layout, words, ids);
        for (i, id) in ids[expander.first_message()..].iter().enumerate() {
            read = panel.and(panel.actors.len() + i, read, *id);
        }
    }
    read
}

/// Whether two states are the same where a mask has ones.
#[inline]
fn agree<const K: usize>(mask: &[u64], one: &[u64; K], other: &[u64; K]) -> bool {
    mask.iter().zip(one.iter().zip(other)).all(|(mask, (one, other))| mask & (one ^ other) == 0)
}
