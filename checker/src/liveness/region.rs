//! Where something is awaited: a behaviour violates a property if from some moment on it stays in the region of the
//! property, and is again and again in a state of it that counts.

use super::components::Marks;
use super::{Form, Graph, states};

/// A set of states, one bit each.
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(states: usize) -> Self {
        Self(vec![0; states.div_ceil(64)])
    }

    pub(crate) fn contains(&self, state: u32) -> bool {
        self.0[state as usize / 64] & (1 << (state % 64)) != 0
    }

    /// Whether it is new.
    pub(crate) fn insert(&mut self, state: u32) -> bool {
        let is_new = !self.contains(state);
        self.0[state as usize / 64] |= 1 << (state % 64);
        is_new
    }
}

/// Where something is awaited.
pub(super) enum Region {
    /// In these states, each of which counts.
    Within(Bits),
    /// Everywhere; these states count.
    Everywhere(Bits),
}

impl Region {
    pub(super) fn of<G: Graph>(graph: &G, form: &Form<'_, G::Action>) -> Self {
        match form {
            Form::Eventually(such) => {
                Self::Within(reached(graph, graph.initial().into_iter(), |state| !such(state)))
            }
            Form::AlwaysEventually(such) => Self::Within(those(graph, |state| !such(state))),
            Form::EventuallyAlways(such) => Self::Everywhere(those(graph, |state| !such(state))),
            // Steps count, and no state does.
            Form::FinitelyOften(_) => Self::Everywhere(Bits::new(graph.len())),
            Form::LeadsTo(from, to) => {
                Self::Within(reached(graph, states(graph).filter(|state| from(*state)), |state| !to(state)))
            }
        }
    }

    pub(super) fn contains(&self, state: u32) -> bool {
        match self {
            Self::Within(bits) => bits.contains(state),
            Self::Everywhere(_) => true,
        }
    }

    /// Whether a state of the region counts.
    pub(super) fn counts(&self, state: u32) -> bool {
        match self {
            Self::Within(bits) | Self::Everywhere(bits) => bits.contains(state),
        }
    }

    pub(super) fn marks(&self, states: usize) -> Marks {
        Marks::new(states, |state| self.contains(state))
    }
}

fn those<G: Graph>(graph: &G, such: impl Fn(u32) -> bool) -> Bits {
    let mut bits = Bits::new(graph.len());
    for state in states(graph).filter(|state| such(*state)) {
        bits.insert(state);
    }
    bits
}

/// What can be reached from some states through such states only.
fn reached<G: Graph>(graph: &G, from: impl Iterator<Item = u32>, such: impl Fn(u32) -> bool) -> Bits {
    let mut bits = Bits::new(graph.len());
    let (mut open, mut edges) = (Vec::new(), Vec::new());
    for root in from {
        if such(root) && bits.insert(root) {
            open.push(root);
        }
        while let Some(state) = open.pop() {
            edges.clear();
            graph.successors(state, &mut edges);
            let within = edges.iter().filter_map(|edge| edge.to);
            open.extend(within.filter(|to| such(*to) && bits.insert(*to)));
        }
    }
    bits
}
