//! Random graphs. A behaviour goes round for ever in some set of states and takes some steps between them; taking more
//! of those is never less fair. So there is a violation exactly if one of the sets is one, and there are few sets.

use std::collections::BTreeSet;

use muster_checker::liveness::{Edge, Form, Lasso, Outcome, Property, Strength, check};
use proptest::prelude::*;

use crate::table::{Table, property};

const STATES: usize = 6;
const FAIR: [&str; 8] = [
    "",
    "weak:*",
    "weak:a",
    "strong:a",
    "weak:* strong:a",
    "weak:a strong:b",
    "strong:a strong:b weak:c",
    "weak:ab strong:bc",
];

/// A set of states, one bit each.
type Set = u32;

fn has(set: Set, state: u32) -> bool {
    set & (1 << state) != 0
}

fn states() -> impl Iterator<Item = u32> {
    0..u32::try_from(STATES).unwrap()
}

/// What is claimed, of sets of states.
#[derive(Clone, Copy, Debug)]
enum Claim {
    Eventually(Set),
    AlwaysEventually(Set),
    EventuallyAlways(Set),
    LeadsTo(Set, Set),
}

impl Claim {
    fn form(self) -> Form<'static, char> {
        let test = |set| Box::new(move |state| has(set, state));
        match self {
            Self::Eventually(such) => Form::Eventually(test(such)),
            Self::AlwaysEventually(such) => Form::AlwaysEventually(test(such)),
            Self::EventuallyAlways(such) => Form::EventuallyAlways(test(such)),
            Self::LeadsTo(from, to) => Form::LeadsTo(test(from), test(to)),
        }
    }

    /// Does a behaviour violate the claim that comes this way and goes round in this set?
    fn is_violated_by(self, way: &[u32], round: Set) -> bool {
        let all = way.iter().fold(round, |set, state| set | 1 << state);
        match self {
            Self::Eventually(such) => all & such == 0,
            Self::AlwaysEventually(such) => round & such == 0,
            Self::EventuallyAlways(such) => round & !such != 0,
            Self::LeadsTo(from, to) => {
                let since = way.iter().rposition(|state| has(to, *state)).map_or(0, |last| last + 1);
                round & to == 0 && (round & from != 0 || way[since..].iter().any(|state| has(from, *state)))
            }
        }
    }
}

fn edges(graph: &Table, state: u32) -> impl Iterator<Item = &Edge<char>> {
    // Past the boundary, `f` is the budget's.
    graph.0[state as usize].iter().filter(|edge| edge.to.is_some() || edge.action != 'f')
}

/// Where steps within a set lead to.
fn closure(graph: &Table, from: u32, within: Set) -> Set {
    let mut reached = 1 << from;
    loop {
        let more = states().filter(|state| has(reached, *state)).fold(reached, |set, state| {
            let to = edges(graph, state).filter_map(|edge| edge.to).filter(|to| has(within, *to));
            to.fold(set, |set, to| set | 1 << to)
        });
        if more == reached {
            return reached;
        }
        reached = more;
    }
}

/// Is going round in a set fair, with these steps being taken?
fn is_fair(
    graph: &Table,
    property: &Property<'_, char>,
    round: Set,
    taken: &dyn Fn(u32, &Edge<char>) -> bool,
) -> bool {
    let members = || states().filter(|state| has(round, *state));
    property.fairness.iter().all(|fair| {
        let can = |state: u32| edges(graph, state).any(|edge| (fair.steps)(state, &edge.action));
        let does = members().any(|state| {
            edges(graph, state).any(|edge| taken(state, edge) && (fair.steps)(state, &edge.action))
        });
        let asked = match fair.strength {
            Strength::Weak => members().all(can),
            Strength::Strong => members().any(can),
        };
        does || !asked
    })
}

/// Ways from the first state to every other, with something awaited at the end and without, until one is found that
/// is looked for.
fn any_way(graph: &Table, claim: Claim, looked_for: &dyn Fn(&[u32]) -> bool) -> bool {
    let mut known = BTreeSet::new();
    let mut open = vec![vec![0]];
    while let Some(way) = open.pop() {
        let end = way[way.len() - 1];
        if !known.insert((end, claim.is_violated_by(&way, 1 << end))) {
            continue;
        }
        if looked_for(&way) {
            return true;
        }
        let next = edges(graph, end).filter_map(|edge| edge.to);
        open.extend(next.map(|to| [&way[..], &[to]].concat()));
    }
    false
}

/// Whether any set, at the end of any way, is a violation.
fn is_violated(graph: &Table, claim: Claim, property: &Property<'_, char>) -> bool {
    let rounds: Vec<Set> = (1..1 << STATES)
        .filter(|round| {
            let mut members = states().filter(|state| has(*round, *state));
            members.all(|state| closure(graph, state, *round) & round == *round)
                && is_fair(graph, property, *round, &|_, edge| edge.to.is_some_and(|to| has(*round, to)))
        })
        .collect();
    any_way(graph, claim, &|way| {
        let end = way[way.len() - 1];
        rounds.iter().any(|round| has(*round, end) && claim.is_violated_by(way, *round))
    })
}

/// Asserts that a lasso is a behaviour, is fair, and violates the claim.
fn assert_is_violation(graph: &Table, claim: Claim, property: &Property<'_, char>, lasso: &Lasso<char>) {
    let mut way = vec![lasso.first];
    assert_eq!(lasso.first, 0);
    let mut taken = Vec::new();
    let mut at = lasso.first;
    for (i, (action, to)) in lasso.stem.iter().chain(&lasso.cycle).enumerate() {
        assert!(graph.0[at as usize].contains(&Edge::to(*action, *to)), "{at} {action} {to}");
        if i >= lasso.stem.len() {
            taken.push((at, *action));
        }
        way.push(*to);
        at = *to;
    }
    let start = way[lasso.stem.len()];
    assert_eq!(at, start, "the cycle is closed");
    let round = way[lasso.stem.len()..].iter().fold(0, |set, state| set | 1 << state);
    assert!(claim.is_violated_by(&way[..=lasso.stem.len()], round));
    assert!(is_fair(graph, property, round, &|from, edge| taken.contains(&(from, edge.action))));
}

/// Whether a way leaves the boundary while something is awaited, or could come back to what counts.
fn is_open(graph: &Table, claim: Claim) -> bool {
    let is_cut = |state: u32| edges(graph, state).any(|edge| edge.to.is_none());
    any_way(graph, claim, &|way| {
        let end = way[way.len() - 1];
        match claim {
            Claim::EventuallyAlways(such) => {
                let together = closure(graph, end, Set::MAX);
                let mut others = states().filter(|state| has(together, *state));
                !has(such, end)
                    && others.any(|other| is_cut(other) && has(closure(graph, other, Set::MAX), end))
            }
            Claim::Eventually(_) | Claim::AlwaysEventually(_) | Claim::LeadsTo(..) => {
                is_cut(end) && claim.is_violated_by(way, 1 << end)
            }
        }
    })
}

fn edge() -> impl Strategy<Value = Edge<char>> {
    let to = prop::option::weighted(0.9, 0..u32::try_from(STATES).unwrap());
    (prop::sample::select(vec!['a', 'b', 'c', 'f']), to).prop_map(|(action, to)| Edge { action, to })
}

/// A graph all of whose states can be reached: what cannot is replaced by the first.
fn graph() -> impl Strategy<Value = Table> {
    prop::collection::vec(prop::collection::vec(edge(), 0..4), STATES).prop_map(|mut edges| {
        for state in 1..STATES {
            // From an earlier state, so that the chain starts at the first.
            let from = state / 2;
            let to = Some(u32::try_from(state).unwrap());
            if !edges[from].iter().any(|edge| edge.to == to) {
                edges[from].push(Edge { action: ['a', 'b', 'c', 'f'][state % 4], to });
            }
        }
        Table(edges)
    })
}

fn claim() -> impl Strategy<Value = Claim> {
    let set = || 0..1_u32 << STATES;
    prop_oneof![
        set().prop_map(Claim::Eventually),
        set().prop_map(Claim::AlwaysEventually),
        set().prop_map(Claim::EventuallyAlways),
        (set(), set()).prop_map(|(from, to)| Claim::LeadsTo(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_property_is_violated_exactly_if_a_set_of_states_violates_it(
        graph in graph(),
        claim in claim(),
        fair in prop::sample::select(FAIR.to_vec()),
    ) {
        let property = property(claim.form(), fair);
        let outcome = check(&graph, &property).unwrap();
        let violated = is_violated(&graph, claim, &property);
        match &outcome {
            Outcome::Violated(lasso) => {
                assert_is_violation(&graph, claim, &property, lasso);
                prop_assert!(violated);
            }
            Outcome::Undecided => prop_assert!(!violated && is_open(&graph, claim)),
            Outcome::Holds => prop_assert!(!violated && !is_open(&graph, claim)),
        }
    }
}
