//! The shortest way into a violation.

use std::collections::VecDeque;

use super::{Form, Graph, Lasso};

/// Nobody came here.
const NOBODY: u64 = u64::MAX;

/// Where a behaviour is: in a state, with what the property awaits being awaited there or not.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    state: u32,
    awaits: bool,
}

/// Of each place, the one that it was first come to from; of a first place, itself.
struct Origins {
    states: usize,
    of: Vec<u64>,
}

impl Origins {
    fn new<X>(states: usize, form: &Form<'_, X>) -> Self {
        // Only between the two of a `LeadsTo` is there anything that is not awaited all along.
        let layers = if matches!(form, Form::LeadsTo(..)) { 2 } else { 1 };
        Self { states, of: vec![NOBODY; states * layers] }
    }

    fn index(&self, place: Place) -> usize {
        place.state as usize + if place.awaits { 0 } else { self.states }
    }

    /// Whether nobody came to a place before.
    fn learn(&mut self, place: Place, from: Place) -> bool {
        let index = self.index(place);
        if self.of[index] != NOBODY {
            return false;
        }
        self.of[index] = u64::from(from.state) * 2 + u64::from(from.awaits);
        true
    }

    /// From a first state to a place.
    fn walk(&self, mut place: Place) -> Vec<u32> {
        let mut states = vec![place.state];
        loop {
            let code = self.of[self.index(place)];
            let from = Place { state: u32::try_from(code / 2).unwrap_or(u32::MAX), awaits: code % 2 == 1 };
            if from == place {
                states.reverse();
                return states;
            }
            place = from;
            states.push(place.state);
        }
    }
}

/// Whether something is awaited in a state that is come to; `None`: nobody who is to violate the property comes there.
fn arrive<X>(form: &Form<'_, X>, awaits: bool, state: u32) -> Option<Place> {
    let awaits = match form {
        Form::Eventually(such) if such(state) => return None,
        Form::Eventually(_)
        | Form::AlwaysEventually(_)
        | Form::EventuallyAlways(_)
        | Form::FinitelyOften(_) => true,
        Form::LeadsTo(from, to) => !to(state) && (awaits || from(state)),
    };
    Some(Place { state, awaits })
}

/// A shortest path to a sought state, in which what the property awaits is awaited; its cycle is empty.
pub(super) fn shortest<G: Graph>(
    graph: &G,
    form: &Form<'_, G::Action>,
    sought: &dyn Fn(u32) -> bool,
) -> Option<Lasso<G::Action>> {
    let mut origins = Origins::new(graph.len(), form);
    let mut queue = VecDeque::new();
    let mut edges = Vec::new();
    for place in graph.initial().into_iter().filter_map(|first| arrive(form, false, first)) {
        if origins.learn(place, place) {
            queue.push_back(place);
        }
    }
    while let Some(place) = queue.pop_front() {
        if place.awaits && sought(place.state) {
            return Some(named(graph, &origins.walk(place)));
        }
        edges.clear();
        graph.successors(place.state, &mut edges);
        for to in edges.iter().filter_map(|edge| edge.to) {
            if let Some(next) = arrive(form, place.awaits, to).filter(|next| origins.learn(*next, place)) {
                queue.push_back(next);
            }
        }
    }
    None
}

/// A path with its steps' names.
fn named<G: Graph>(graph: &G, states: &[u32]) -> Lasso<G::Action> {
    let mut edges = Vec::new();
    let steps = states.windows(2).filter_map(|ends| {
        edges.clear();
        graph.successors(ends[0], &mut edges);
        let edge = edges.iter().find(|edge| edge.to == Some(ends[1]))?;
        Some((edge.action.clone(), ends[1]))
    });
    let stem = steps.collect();
    Lasso { first: states[0], stem, cycle: Vec::new() }
}
