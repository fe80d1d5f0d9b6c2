//! What properties said: those that read the same parts are asked together, once for each content of these.
//!
//! What is read is a tuple of ids. It is looked up pair by pair, so that every key is one word and nothing is taken for
//! the same that is not.

use crate::judge::Watch;
use crate::memo::Memo;

/// Properties of a panel; the bit above theirs says that they were asked.
const MOST: usize = 63;
const KNOWN: u64 = 1 << MOST;
/// Bits of what is read of an actor where all of it is one word.
const LEAST_BITS: u32 = 4;

/// What one thread knows of all properties over parts.
#[derive(Default)]
pub(crate) struct Asked {
    panels: Vec<Panel>,
    /// Properties that are said of each message by itself, and their bits.
    pub(crate) each: Vec<(usize, u32)>,
    /// Bits of those of them that are not decided.
    pub(crate) each_open: u64,
    /// Some panel reads messages.
    pub(crate) messages: bool,
    /// Properties over whole states.
    pub(crate) whole: Vec<usize>,
}

/// Properties that read the same.
pub(crate) struct Panel {
    pub(crate) properties: Vec<usize>,
    pub(crate) actors: Vec<usize>,
    pub(crate) messages: bool,
    /// Through which actors are seen.
    pub(crate) view: usize,
    /// What is read as one word, where it is so short: bits of the properties that it decides.
    short: Memo<u64>,
    /// By position in what is read, from the second on: the pair of what is before and what is there.
    pairs: Vec<(Memo<u32>, u32)>,
    /// Bits of those that are not decided.
    pub(crate) open: u64,
    /// By what the last pair is: bits of the properties that it decides.
    answers: Vec<u64>,
}

impl Asked {
    pub(crate) fn new(watches: &[Watch]) -> Self {
        let mut asked = Self::default();
        for (property, watch) in watches.iter().enumerate() {
            if let Some(bit) = watch.each {
                asked.each.push((property, bit));
                continue;
            }
            let Some(reads) = &watch.reads else {
                asked.whole.push(property);
                continue;
            };
            asked.messages |= reads.messages;
            let same = |panel: &&mut Panel| {
                panel.actors == reads.actors
                    && panel.messages == reads.messages
                    && panel.view == reads.view
                    && panel.properties.len() < MOST
            };
            match asked.panels.iter_mut().find(same) {
                Some(panel) => panel.properties.push(property),
                None => asked.panels.push(Panel {
                    properties: vec![property],
                    actors: reads.actors.clone(),
                    messages: reads.messages,
                    view: reads.view,
                    short: Memo::new(),
                    pairs: Vec::new(),
                    open: 0,
                    answers: Vec::new(),
                }),
            }
        }
        asked
    }

    /// By actor: through which views panels see it, each once.
    pub(crate) fn views(&self) -> Vec<Vec<usize>> {
        let mut views: Vec<Vec<usize>> = Vec::new();
        for panel in &self.panels {
            for actor in &panel.actors {
                views.resize(views.len().max(actor + 1), Vec::new());
                if !views[*actor].contains(&panel.view) {
                    views[*actor].push(panel.view);
                }
            }
        }
        views
    }

    /// These are not decided.
    pub(crate) fn open(&mut self, open: &[usize]) {
        for panel in &mut self.panels {
            let properties = panel.properties.iter().enumerate();
            panel.open =
                properties.fold(0, |bits, (i, property)| bits | u64::from(open.contains(property)) << i);
        }
        let each = self.each.iter().filter(|(property, _)| open.contains(property));
        self.each_open = each.fold(0, |bits, (_, bit)| bits | 1 << bit);
    }

    pub(crate) fn panels(&mut self) -> &mut [Panel] {
        &mut self.panels
    }

    /// There are other flows.
    pub(crate) fn forget_messages(&mut self) {
        for panel in self.panels.iter_mut().filter(|panel| panel.messages) {
            panel.pairs.clear();
            panel.answers.clear();
        }
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let of = |panel: &Panel| {
            let pairs: usize = panel.pairs.iter().map(|(pairs, _)| pairs.bytes()).sum();
            panel.short.bytes() + pairs + panel.answers.capacity() * 8
        };
        self.panels.iter().map(of).sum()
    }
}

impl Panel {
    /// What is read of actors as one word. `None`: it is too much, or messages are read.
    #[inline]
    pub(crate) fn in_short(&self, mut seen: impl FnMut(usize) -> u32) -> Option<u64> {
        let bits = u32::try_from(64 / self.actors.len().max(1)).unwrap_or(0).min(32);
        if self.messages || bits < LEAST_BITS {
            return None;
        }
        // The largest number is never used, so no word is one of ones.
        let (mut word, mut fits, most) = (0_u64, true, (1_u64 << bits) - 1);
        for actor in &self.actors {
            let seen = u64::from(seen(*actor));
            fits &= seen < most;
            word = word << bits | seen & most;
        }
        fits.then_some(word)
    }

    /// Bits of the properties that what was read decides, if they were asked.
    #[inline]
    pub(crate) fn answer_in_short(&mut self, read: u64) -> Option<u64> {
        self.short.get(read)
    }

    pub(crate) fn learn_in_short(&mut self, read: u64, answer: u64) {
        self.short.insert(read, answer);
    }

    /// The id of what is read up to a position, from that of what is before and of what is there.
    #[inline]
    pub(crate) fn and(&mut self, position: usize, before: u32, next: u32) -> u32 {
        if position == 0 {
            return next;
        }
        while self.pairs.len() < position {
            self.pairs.push((Memo::new(), 0));
        }
        let (pairs, made) = &mut self.pairs[position - 1];
        let key = u64::from(before) << 32 | u64::from(next);
        if let Some(pair) = pairs.get(key) {
            return pair;
        }
        let pair = *made;
        *made += 1;
        pairs.insert(key, pair);
        pair
    }

    /// Bits of the properties that what was read decides, if they were asked.
    #[inline]
    pub(crate) fn answer(&self, read: u32) -> Option<u64> {
        let answer = self.answers.get(read as usize).copied()?;
        (answer & KNOWN != 0).then_some(answer & !KNOWN)
    }

    pub(crate) fn learn(&mut self, read: u32, answer: u64) {
        let read = read as usize;
        if self.answers.len() <= read {
            self.answers.resize(read + 1, 0);
        }
        self.answers[read] = answer | KNOWN;
    }
}

/// Keeps the state of the least hash: which decides does not hang on threads.
pub(crate) fn least(best: &mut Option<(u64, u32)>, hash: u64, index: u32) {
    if best.is_none_or(|best| hash < best.0) {
        *best = Some((hash, index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::WatchedParts;

    fn watch(actors: &[usize], messages: bool) -> Watch {
        let reads = WatchedParts { actors: actors.to_vec(), messages, view: 0 };
        Watch { sometimes: false, reads: Some(reads), each: None }
    }

    #[test]
    fn properties_that_read_the_same_are_asked_together() {
        let whole = Watch { sometimes: true, reads: None, each: None };
        let mut asked =
            Asked::new(&[watch(&[0, 1], false), whole, watch(&[0, 1], true), watch(&[0, 1], false)]);
        let panels: Vec<Vec<usize>> = asked.panels().iter().map(|panel| panel.properties.clone()).collect();
        assert_eq!((panels, &asked.whole[..]), (vec![vec![0, 3], vec![2]], &[1][..]));
    }

    #[test]
    fn what_is_short_is_one_word_and_tells_all_of_it() {
        let mut asked = Asked::new(&[watch(&[0, 1, 2], false), watch(&[0], true)]);
        let [panel, other] = asked.panels() else { panic!() };
        let most = (1 << 21) - 2;
        let tuples = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [most, most, most], [most, 0, most]];
        for (answer, tuple) in (1..).zip(tuples) {
            let read = panel.in_short(|actor| tuple[actor]).unwrap();
            assert_eq!(panel.answer_in_short(read), None, "{tuple:?}");
            panel.learn_in_short(read, answer);
        }
        for (answer, tuple) in (1..).zip(tuples) {
            let read = panel.in_short(|actor| tuple[actor]).unwrap();
            assert_eq!(panel.answer_in_short(read), Some(answer), "{tuple:?}");
        }
        // The largest number of all bits, numbers that are larger, messages, and too many actors.
        assert_eq!(panel.in_short(|_| most + 1), None);
        assert_eq!(panel.in_short(|actor| if actor == 1 { most + 5 } else { 0 }), None);
        assert_eq!(other.in_short(|_| 0), None);
        let all: Vec<usize> = (0..17).collect();
        assert_eq!(Asked::new(&[watch(&all, false)]).panels()[0].in_short(|_| 0), None);
    }

    #[test]
    fn an_answer_is_of_exactly_what_was_read() {
        let mut asked = Asked::new(&[watch(&[0, 1, 2], false)]);
        let panel = &mut asked.panels()[0];
        let mut ids = std::collections::BTreeMap::new();
        for tuple in (0..512_u32).map(|i| [i % 8, i / 8 % 8, i / 64]) {
            let read = (0..3).fold(0, |read, i| panel.and(i, read, tuple[i]));
            assert_eq!(panel.answer(read), None, "{tuple:?}");
            panel.learn(read, u64::from(read % 3));
            assert_eq!(ids.insert(read, tuple), None, "{tuple:?}");
        }
        for (read, tuple) in ids {
            assert_eq!((0..3).fold(0, |read, i| panel.and(i, read, tuple[i])), read);
            assert_eq!(panel.answer(read), Some(u64::from(read % 3)));
        }
        assert!(asked.bytes() > 512 * 8);
    }
}
