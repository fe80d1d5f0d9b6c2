//! The timers that a step sets, and those that run after it, against what a system shows of its own.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::trace::{Event, Step};
use muster_specs::Rule;

use crate::compare::{Aspect, Divergence};
use crate::schedule::Key;
use crate::symbols::Symbols;
use crate::system::TimersSeen;

/// The timers that run, as the trace has them and as the system shows them.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    expected: BTreeSet<Key>,
    seen: BTreeSet<Key>,
    /// The symbols of ids that only a timer has told so far.
    untold: BTreeMap<String, String>,
}

impl Timers {
    /// Compares what a step did. Setting a timer that runs restarts it, which shows as well.
    pub(crate) fn step(&mut self, step: &Step, seen: TimersSeen, symbols: &Symbols) -> Option<Divergence> {
        let set: BTreeSet<Key> = step.timers.set.iter().map(Key::of).collect();
        self.learn(&set, &seen, symbols);
        let seen_set = self.named(seen.set, symbols);
        let seen_gone = self.named(seen.gone, symbols);
        if let Event::Timer { timer } = &step.event {
            self.expected.remove(&Key::of(timer));
        }
        for cancelled in &step.timers.cancelled {
            self.expected.remove(&Key::of(cancelled));
        }
        self.expected.extend(set.iter().cloned());
        self.seen.retain(|key| !seen_gone.contains(key));
        self.seen.extend(seen_set.iter().cloned());
        if step.rules.contains(&Rule::ReplaceStaticMember) {
            self.leave_replaced(step, &set);
        }
        differs("set", &set, &seen_set).or_else(|| differs("running", &self.expected, &self.seen))
    }

    /// Kafka lets the session timer of a replaced id run on: it finds no such member when it fires, and does nothing.
    fn leave_replaced(&mut self, step: &Step, set: &BTreeSet<Key>) {
        for timer in &step.timers.cancelled {
            let key = Key::of(timer);
            if key.member().is_some() && !set.contains(&key) {
                self.seen.remove(&key);
            }
        }
    }

    /// Where one id without a symbol meets one symbol without an id, they are each other's.
    fn learn(&mut self, set: &BTreeSet<Key>, seen: &TimersSeen, symbols: &Symbols) {
        let symbol_is_new =
            |symbol: &&str| !symbols.is_bound(symbol) && !self.untold.values().any(|known| known == *symbol);
        let id_is_new = |id: &&str| symbols.symbol(id).is_none() && !self.untold.contains_key(*id);
        let mut new_symbols = set.iter().filter_map(Key::member).filter(symbol_is_new);
        let mut new_ids = seen.set.iter().filter_map(Key::member).filter(id_is_new);
        if let (Some(symbol), None, Some(id), None) =
            (new_symbols.next(), new_symbols.next(), new_ids.next(), new_ids.next())
        {
            let (id, symbol) = (id.to_owned(), symbol.to_owned());
            self.untold.insert(id, symbol);
        }
    }

    fn named(&self, keys: Vec<Key>, symbols: &Symbols) -> BTreeSet<Key> {
        let named = |id: String| {
            let symbol = symbols.symbol(&id).or_else(|| self.untold.get(&id).map(String::as_str));
            symbol.map(str::to_owned).unwrap_or(id)
        };
        let key = |key| match key {
            Key::Heartbeat(id) => Key::Heartbeat(named(id)),
            other @ (Key::Join | Key::Sync) => other,
        };
        keys.into_iter().map(key).collect()
    }
}

fn differs(what: &str, expected: &BTreeSet<Key>, seen: &BTreeSet<Key>) -> Option<Divergence> {
    let text = |keys: &BTreeSet<Key>| {
        let names: Vec<_> = keys.iter().map(ToString::to_string).collect();
        format!("timers {what} [{}]", names.join(", "))
    };
    (expected != seen).then(|| Divergence {
        connection: String::new(),
        aspect: Aspect::Timers,
        expected: text(expected),
        actual: text(seen),
    })
}

#[cfg(test)]
mod tests {
    use muster_model::trace::{Timer, TimerChange};

    use super::*;

    fn session(member: &str) -> Timer {
        Timer::Session { member: member.to_owned() }
    }

    fn step(set: &[Timer], cancelled: &[Timer]) -> Step {
        Step {
            rules: Vec::new(),
            event: Event::Consumer { consumer: "c1".to_owned(), act: String::new() },
            answers: Vec::new(),
            timers: TimerChange { set: set.to_vec(), cancelled: cancelled.to_vec() },
            choice: None,
        }
    }

    fn seen(set: &[&str], gone: &[&str]) -> TimersSeen {
        let keys = |of: &[&str]| of.iter().map(|id| Key::Heartbeat((*id).to_owned())).collect();
        TimersSeen { set: keys(set), gone: keys(gone) }
    }

    #[test]
    fn the_timers_of_a_step_are_the_systems() {
        let (mut timers, mut symbols) = (Timers::default(), Symbols::default());
        symbols.bind("m1", "a").expect("it is the first");
        assert_eq!(timers.step(&step(&[session("m1")], &[]), seen(&["a"], &[]), &symbols), None);
        assert_eq!(timers.step(&step(&[], &[session("m1")]), seen(&[], &["a"]), &symbols), None);
    }

    #[test]
    fn a_timer_that_is_not_restarted_or_not_cancelled_is_noticed() {
        let (mut timers, mut symbols) = (Timers::default(), Symbols::default());
        symbols.bind("m1", "a").expect("it is the first");
        assert_eq!(timers.step(&step(&[session("m1")], &[]), seen(&["a"], &[]), &symbols), None);
        let forgotten = timers.step(&step(&[session("m1")], &[]), seen(&[], &[]), &symbols);
        assert_eq!(forgotten.map(|d| d.actual).as_deref(), Some("timers set []"));
        let kept = timers.step(&step(&[], &[session("m1")]), seen(&[], &[]), &symbols);
        assert_eq!(kept.map(|d| d.actual).as_deref(), Some("timers running [session timer of m1]"));
    }

    #[test]
    fn the_timer_of_a_replaced_id_may_run_on() {
        let (mut timers, mut symbols) = (Timers::default(), Symbols::default());
        symbols.bind("m1", "a").expect("it is the first");
        symbols.bind("m2", "b").expect("it is another");
        assert_eq!(timers.step(&step(&[session("m1")], &[]), seen(&["a"], &[]), &symbols), None);
        let mut replaced = step(&[session("m2")], &[session("m1")]);
        replaced.rules = vec![Rule::ReplaceStaticMember];
        assert_eq!(timers.step(&replaced, seen(&["b"], &[]), &symbols), None);
        let gone = timers.step(&replaced, seen(&[], &["b"]), &symbols);
        assert_eq!(
            gone.map(|d| d.actual).as_deref(),
            Some("timers set []"),
            "its own timer is still looked at"
        );
    }

    #[test]
    fn an_id_that_only_a_timer_has_told_is_the_one_symbol_without_an_id() {
        let (mut timers, symbols) = (Timers::default(), Symbols::default());
        assert_eq!(timers.step(&step(&[session("m1")], &[]), seen(&["a"], &[]), &symbols), None);
        assert_eq!(timers.step(&step(&[session("m2")], &[]), seen(&["b"], &[]), &symbols), None);
        let other = timers.step(&step(&[session("m1")], &[]), seen(&["b"], &[]), &symbols);
        assert_eq!(other.map(|d| d.actual).as_deref(), Some("timers set [session timer of m2]"));
    }
}
