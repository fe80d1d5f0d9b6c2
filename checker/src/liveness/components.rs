//! Strongly connected components, without recursion and with one number a state (Tarjan 1972, in the form of Pearce 2016).

use super::{Edge, Graph};

/// Not in the part of the graph that is searched, or in a component that is done.
pub(super) const GONE: u32 = u32::MAX;
/// In the component that is being judged.
const HERE: u32 = u32::MAX - 1;
/// To be visited.
const OPEN: u32 = 0;

/// One number for each state.
pub(super) struct Marks(pub(super) Vec<u32>);

impl Marks {
    /// Those for which `is_open` are to be searched.
    pub(super) fn new(states: usize, is_open: impl Fn(u32) -> bool) -> Self {
        Self((0..).take(states).map(|state| if is_open(state) { OPEN } else { GONE }).collect())
    }

    fn of(&self, state: u32) -> u32 {
        self.0[state as usize]
    }

    fn set(&mut self, state: u32, mark: u32) {
        self.0[state as usize] = mark;
    }

    /// Whether a state is in the component that is being judged.
    pub(super) fn is_here(&self, state: u32) -> bool {
        self.of(state) == HERE
    }
}

/// Makes states, all of which are gone, ones to be searched.
pub(super) fn open(marks: &mut Marks, states: &[u32]) {
    for state in states {
        marks.set(*state, OPEN);
    }
}

/// A state whose successors are being visited.
struct Frame {
    state: u32,
    /// Whether no earlier state of its component is known.
    is_root: bool,
    /// Where its successors start among those that are to be visited.
    edges_from: usize,
}

struct Search<'a, G: Graph> {
    graph: &'a G,
    /// How many states were visited.
    visited: u32,
    frames: Vec<Frame>,
    /// Successors to be visited, of all frames.
    edges: Vec<u32>,
    /// Visited states of components that are not complete.
    incomplete: Vec<u32>,
    buffer: Vec<Edge<G::Action>>,
}

/// Calls `judge` with the members of each component of the open states, successors' components first.
pub(super) fn components<G: Graph>(
    graph: &G,
    marks: &mut Marks,
    roots: impl Iterator<Item = u32>,
    judge: &mut dyn FnMut(&[u32], &Marks),
) {
    let mut search = Search {
        graph,
        visited: 0,
        frames: Vec::new(),
        edges: Vec::new(),
        incomplete: Vec::new(),
        buffer: Vec::new(),
    };
    for root in roots {
        if marks.of(root) == OPEN {
            search.visit(root, marks);
            search.exhaust(marks, judge);
        }
    }
}

impl<G: Graph> Search<'_, G> {
    fn visit(&mut self, state: u32, marks: &mut Marks) {
        self.visited += 1;
        marks.set(state, self.visited);
        self.incomplete.push(state);
        self.frames.push(Frame { state, is_root: true, edges_from: self.edges.len() });
        self.buffer.clear();
        self.graph.successors(state, &mut self.buffer);
        let within = self.buffer.iter().filter_map(|edge| edge.to);
        self.edges.extend(within.filter(|to| marks.of(*to) != GONE));
    }

    fn exhaust(&mut self, marks: &mut Marks, judge: &mut dyn FnMut(&[u32], &Marks)) {
        while let Some(frame) = self.frames.last_mut() {
            if self.edges.len() > frame.edges_from {
                let Some(to) = self.edges.pop() else { return };
                if marks.of(to) == OPEN {
                    self.visit(to, marks);
                } else {
                    frame.see(to, marks);
                }
                continue;
            }
            let (state, is_root) = (frame.state, frame.is_root);
            self.frames.pop();
            if is_root {
                self.complete(state, marks, judge);
            } else if let Some(parent) = self.frames.last_mut() {
                parent.see(state, marks);
            }
        }
    }

    fn complete(&mut self, root: u32, marks: &mut Marks, judge: &mut dyn FnMut(&[u32], &Marks)) {
        let from = self.incomplete.iter().rposition(|state| *state == root).unwrap_or(0);
        for state in &self.incomplete[from..] {
            marks.set(*state, HERE);
        }
        judge(&self.incomplete[from..], marks);
        for state in self.incomplete.drain(from..) {
            marks.set(state, GONE);
        }
    }
}

impl Frame {
    /// Learns which earlier state a successor reaches. One of a complete component is [`GONE`], later than all.
    fn see(&mut self, successor: u32, marks: &mut Marks) {
        let reached = marks.of(successor);
        if reached < marks.of(self.state) {
            marks.set(self.state, reached);
            self.is_root = false;
        }
    }
}
