//! Normal form: counters of which only order and equality matter.
//!
//! A model that numbers things for ever (generations, ids) has no end of states, and no cycle of behaviour is a cycle
//! of states. What such a number is does not matter, only how it compares with the others that are still there. A
//! model that says where its counters are gets each state in the lowest numbers: gaps are closed.

use std::collections::{BTreeMap, BTreeSet};

use stateright::actor::Actor;

/// A family of counters that are compared with each other, by a number of the model's own.
pub type Kind = u8;

/// Other numbers for counters, or only a look at them.
pub trait Numbers {
    /// The number that a counter gets.
    fn number(&mut self, kind: Kind, value: i64) -> i64;

    /// The same for a counter from which new ones are made, by adding to it. What is above it keeps its distance, since
    /// the new ones will meet it.
    fn source(&mut self, kind: Kind, value: i64) -> i64;
}

/// Where a model's counters are. The steps of the model and its properties must not depend on more than their order,
/// equality, and distance from a source below.
pub trait NormalForm<A: Actor>: Send + Sync {
    /// Shows each counter of an actor's state, and replaces it by the answer.
    fn state(&self, actor: usize, state: &mut A::State, numbers: &mut dyn Numbers);

    /// Each of a timer.
    fn timer(&self, actor: usize, timer: &mut A::Timer, numbers: &mut dyn Numbers);

    /// Each of a message.
    fn message(&self, message: &mut A::Msg, numbers: &mut dyn Numbers);

    /// The number that the lowest counter of a kind gets; what is below keeps its own.
    fn lowest(&self, kind: Kind) -> i64 {
        let _ = kind;
        0
    }
}

/// The counters of some components.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Support {
    values: BTreeSet<(Kind, i64)>,
    /// By kind: the lowest source.
    sources: BTreeMap<Kind, i64>,
}

impl Support {
    /// Those of both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.values.extend(&other.values);
        for (kind, value) in &other.sources {
            let lowest = both.sources.entry(*kind).or_insert(*value);
            *lowest = (*lowest).min(*value);
        }
        both
    }

    /// Whether each counter is one of one or the other, and each source not below theirs.
    pub(crate) fn is_within(&self, one: &Self, other: &Self) -> bool {
        let has = |value: &(Kind, i64)| one.values.contains(value) || other.values.contains(value);
        let source = |kind: &Kind| one.sources.get(kind).into_iter().chain(other.sources.get(kind)).min();
        self.values.iter().all(has)
            && self.sources.iter().all(|(kind, lowest)| source(kind).is_some_and(|least| least <= lowest))
    }

    /// Their lowest numbers that keep order, equality, and the distance from the source.
    pub(crate) fn lowest(&self, lowest: impl Fn(Kind) -> i64) -> Renumbered {
        let mut to = BTreeMap::new();
        let mut before: Option<(Kind, i64, i64)> = None;
        for (kind, value) in &self.values {
            let above = self.sources.get(kind).is_some_and(|source| value > source);
            let first = (*value).min(lowest(*kind));
            let new = match before.filter(|(k, ..)| k == kind) {
                None if above => self.sources.get(kind).map_or(*value, |source| first.max(*value - source)),
                None => first,
                Some((_, old, new)) if above => new + (value - old),
                Some((_, _, new)) if *value >= lowest(*kind) => (new + 1).max(lowest(*kind)),
                Some(_) => *value,
            };
            to.insert((*kind, *value), new);
            before = Some((*kind, *value, new));
        }
        Renumbered { to }
    }
}

impl Numbers for Support {
    fn number(&mut self, kind: Kind, value: i64) -> i64 {
        self.values.insert((kind, value));
        value
    }

    fn source(&mut self, kind: Kind, value: i64) -> i64 {
        let lowest = self.sources.entry(kind).or_insert(value);
        *lowest = (*lowest).min(value);
        self.number(kind, value)
    }
}

/// Numbers for the counters of a [`Support`]; others keep theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Renumbered {
    to: BTreeMap<(Kind, i64), i64>,
}

impl Renumbered {
    pub(crate) fn is_identity(&self) -> bool {
        self.to.iter().all(|((_, from), to)| from == to)
    }
}

impl Numbers for Renumbered {
    fn number(&mut self, kind: Kind, value: i64) -> i64 {
        self.to.get(&(kind, value)).copied().unwrap_or(value)
    }

    fn source(&mut self, kind: Kind, value: i64) -> i64 {
        self.number(kind, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowest(values: &[i64], sources: &[i64], from: i64) -> Vec<i64> {
        let mut support = Support::default();
        for value in values {
            support.number(1, *value);
        }
        for value in sources {
            support.source(1, *value);
        }
        let mut renumbered = support.lowest(|_| from);
        values.iter().map(|value| renumbered.number(1, *value)).collect()
    }

    #[test]
    fn gaps_below_the_source_are_closed() {
        assert_eq!(lowest(&[9, 4, 7], &[9], 0), [2, 0, 1]);
        assert_eq!(lowest(&[9, 4, 7], &[9], 1), [3, 1, 2]);
        assert_eq!(lowest(&[0, 1, 2], &[2], 0), [0, 1, 2]);
    }

    #[test]
    fn what_is_above_the_source_keeps_its_distance() {
        assert_eq!(lowest(&[3, 5, 9], &[5], 0), [0, 1, 5]);
        assert_eq!(lowest(&[4, 6], &[2], 0), [2, 4]);
        assert_eq!(lowest(&[4, 6], &[0], 1), [4, 6]);
    }

    #[test]
    fn what_is_below_the_lowest_keeps_its_number() {
        assert_eq!(lowest(&[-1, 0, 5, 8], &[8], 1), [-1, 0, 1, 2]);
        assert_eq!(lowest(&[0, 3], &[0], 1), [0, 3]);
    }

    #[test]
    fn what_adds_nothing_to_both_is_within_them() {
        let set = |values: &[i64], sources: &[i64]| {
            let mut support = Support::default();
            for value in values {
                support.number(1, *value);
            }
            for value in sources {
                support.source(1, *value);
            }
            support
        };
        let sets = [
            set(&[], &[]),
            set(&[3], &[]),
            set(&[3, 4], &[]),
            set(&[], &[3]),
            set(&[3], &[4]),
            set(&[], &[3, 4]),
        ];
        for one in &sets {
            for other in &sets {
                let both = one.and(other);
                for of in &sets {
                    assert_eq!(of.is_within(one, other), both.and(of) == both, "{of:?} {one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn kinds_do_not_meet() {
        let mut support = Support::default();
        support.number(1, 5);
        support.number(2, 7);
        let mut other = Support::default();
        other.source(2, 9);
        let mut both = support.and(&other).lowest(|_| 0);
        assert_eq!([both.number(1, 5), both.number(2, 7), both.number(2, 9)], [0, 0, 1]);
        assert!(!both.is_identity());
        assert!(Support::default().lowest(|_| 0).is_identity());
    }
}
