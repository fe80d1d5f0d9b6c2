//! What each actor does: its local transitions that were reached, each with a shortest way to see it.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use stateright::actor::{Actor, Id};

use crate::checker::{Explorable, History};
use crate::expand::Via;
use crate::explored::Explored;
use crate::labels::Labels;
use crate::liveness::Graph;
use crate::local::Local;
use crate::report::{Counterexample, ModelAction, ModelState, Refused};
use crate::stored::Stored;

/// Everything of a state that is one actor's.
pub struct ActorPart<A: Actor> {
    /// Its state.
    pub state: Arc<A::State>,
    /// The timers that are set, sorted.
    pub timers: Vec<A::Timer>,
    /// The choices that are open, by key.
    pub choices: Vec<(String, Vec<A::Random>)>,
    /// Whether it is down.
    pub crashed: bool,
    /// What it saved.
    pub storage: Option<A::Storage>,
}

impl<A: Explorable> From<&Local<A>> for ActorPart<A> {
    fn from(local: &Local<A>) -> Self {
        let Local { state, timers, choices, crashed, storage } = local.clone();
        Self { state, timers, choices, crashed, storage }
    }
}

impl<A: Actor> fmt::Debug for ActorPart<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorPart")
            .field("state", &self.state)
            .field("timers", &self.timers)
            .field("choices", &self.choices)
            .field("crashed", &self.crashed)
            .field("storage", &self.storage)
            .finish()
    }
}

/// What an actor does on an input.
pub struct Transition<A: Actor> {
    /// Which actor, by index.
    pub actor: usize,
    /// What it is before.
    pub before: ActorPart<A>,
    /// What happens to it: a delivery, a timeout, a crash, a recovery or a choice.
    pub input: ModelAction<A>,
    /// What it is after.
    pub after: ActorPart<A>,
    /// What it sends, in order.
    pub sent: Vec<(Id, A::Msg)>,
    /// Steps before it on a shortest way to see it.
    pub depth: usize,
}

impl<A: Actor> fmt::Debug for Transition<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transition")
            .field("actor", &self.actor)
            .field("before", &self.before)
            .field("input", &self.input)
            .field("after", &self.after)
            .field("sent", &self.sent)
            .field("depth", &self.depth)
            .finish()
    }
}

/// Where a local step was seen first.
#[derive(Clone, Copy)]
struct Sight {
    step: u32,
    from: u32,
    to: u32,
    depth: usize,
}

/// The local transitions of all actors that lead from a reached state to one within the boundary.
pub struct Relation<'a, A: Explorable, C, H: History> {
    explored: &'a Explored<'a, A, C, H>,
    graph: Stored<'a>,
    sights: Vec<Sight>,
    /// Of each state, the one that it was first come to from; of a first one, itself.
    parents: Vec<u32>,
    transitions: Vec<Transition<A>>,
}

impl<A: Explorable, C, H: History> fmt::Debug for Relation<'_, A, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relation").field("transitions", &self.transitions).finish_non_exhaustive()
    }
}

/// Nobody came here.
const NOBODY: u32 = u32::MAX;

impl<'a, A: Explorable, C: Sync, H: History> Relation<'a, A, C, H> {
    pub(crate) fn new(explored: &'a Explored<'a, A, C, H>) -> Result<Self, Refused> {
        let graph = explored.graph()?;
        let (sights, parents) = sights(&graph);
        graph.is_whole()?;
        let mut labels = Labels::new(explored.book);
        let told = sights.into_iter().map(|sight| {
            let key = (labels.before(sight.step)?, labels.action(Via::Step(sight.step))?);
            Some((sight, key, transition(explored, &mut labels, sight)?))
        });
        let told: Option<Vec<_>> = told.collect();
        let mut told = told.ok_or_else(|| Refused::NotConfirmed("transition relation".to_owned()))?;
        // An actor may be offered the same choice twice.
        let mut known = HashSet::new();
        told.retain(|(_, (before, input), told)| known.insert((told.actor, *before, input.clone())));
        let (sights, transitions) = told.into_iter().map(|(sight, _, told)| (sight, told)).unzip();
        Ok(Self { explored, graph, sights, parents, transitions })
    }

    /// Each transition once, those that are seen with fewer steps first.
    pub fn transitions(&self) -> &[Transition<A>] {
        &self.transitions
    }

    /// A shortest path that ends with a transition, by its position; walked on the original model. `None`: there is no
    /// such transition, or the model took other steps.
    pub fn witness(&self, transition: usize) -> Option<Counterexample<ModelState<A, H>, ModelAction<A>>> {
        let sight = self.sights.get(transition)?;
        let mut states = vec![sight.from];
        loop {
            let last = *states.last()?;
            let parent = self.parents[last as usize];
            if parent == last {
                break;
            }
            states.push(parent);
        }
        states.reverse();
        let mut edges = Vec::new();
        let steps = states.windows(2).map(|ends| {
            edges.clear();
            self.graph.successors(ends[0], &mut edges);
            Some((edges.iter().find(|edge| edge.to == Some(ends[1]))?.action, ends[1]))
        });
        let mut steps: Vec<(Via, u32)> = steps.collect::<Option<_>>()?;
        steps.push((Via::Step(sight.step), sight.to));
        let mut labels = Labels::new(self.explored.book);
        let (states, actions) =
            self.explored.walk((&self.graph, &mut labels), states[0], &steps, &mut |_, _, _| true)?;
        Some(Counterexample { states, actions })
    }
}

/// Every local step where it is seen first, and how every state is come to.
fn sights(graph: &Stored<'_>) -> (Vec<Sight>, Vec<u32>) {
    let (mut sights, mut seen) = (Vec::new(), Vec::new());
    let mut parents = vec![NOBODY; graph.len()];
    let mut queue = VecDeque::new();
    for first in graph.initial() {
        parents[first as usize] = first;
        queue.push_back((first, 0));
    }
    let mut edges = Vec::new();
    while let Some((from, depth)) = queue.pop_front() {
        edges.clear();
        graph.successors(from, &mut edges);
        for edge in &edges {
            let Some(to) = edge.to else { continue };
            if let Via::Step(step) = edge.action {
                if seen.len() <= step as usize {
                    seen.resize(step as usize + 1, false);
                }
                if !std::mem::replace(&mut seen[step as usize], true) {
                    sights.push(Sight { step, from, to, depth });
                }
            }
            if parents[to as usize] == NOBODY {
                parents[to as usize] = from;
                queue.push_back((to, depth + 1));
            }
        }
    }
    (sights, parents)
}

fn transition<A: Explorable, C: Sync, H: History>(
    explored: &Explored<'_, A, C, H>,
    labels: &mut Labels<'_, A, C, H>,
    sight: Sight,
) -> Option<Transition<A>> {
    let input = labels.action(Via::Step(sight.step))?;
    let before = labels.before(sight.step)?;
    let store = explored.book.store();
    let step = store.steps.get(sight.step as usize)?;
    let actor = step.actor as usize;
    let sent = step.effect.sent.iter().map(|sent| {
        let envelope = store.envelopes.get(sent.envelope);
        (envelope.dst, envelope.msg.clone())
    });
    Some(Transition {
        actor,
        before: ActorPart::from(store.locals[actor].get(before).as_ref()),
        input,
        after: ActorPart::from(store.locals[actor].get(step.effect.local.id).as_ref()),
        sent: sent.collect(),
        depth: sight.depth,
    })
}
