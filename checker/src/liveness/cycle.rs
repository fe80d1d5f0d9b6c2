//! A short cycle that is fair.

use std::collections::{HashMap, VecDeque};

use super::fair::{COUNTS, Constraints, Convicted, Round, met_by, of_strength};
use super::region::Region;
use super::{Edge, Graph, Lasso, Property, Strength, steps};

/// So many states of a cycle are tried as the one that another cycle may start in.
const MOST_BASES: usize = 64;

/// Steps, each with the state that it leads to.
type Path<X> = Vec<(X, u32)>;

/// A state, and what is still asked for there.
type Place = (u32, Constraints);

/// So many constraints are met on a shortest way; each doubles the places that are looked at.
const MOST_AT_ONCE: u32 = 5;

struct Component<'a, G: Graph> {
    graph: &'a G,
    property: &'a Property<'a, G::Action>,
    region: &'a Region,
    convicted: &'a Convicted,
}

/// Puts a cycle at the end of a stem that leads to a convicted component.
pub(super) fn close<G: Graph>(
    graph: &G,
    property: &Property<'_, G::Action>,
    region: &Region,
    convicted: &Convicted,
    stem: Lasso<G::Action>,
) -> Lasso<G::Action> {
    let component = Component { graph, property, region, convicted };
    let entry = stem.stem.last().map_or(stem.first, |(_, state)| *state);
    let around = component.cycle(entry);
    // The stem is shortest; the cycle need not start where the stem ends.
    let mut best = (0, around.clone());
    for (steps, (_, base)) in (1..).zip(around.iter().take(MOST_BASES)) {
        let cycle = component.cycle(*base);
        if steps + cycle.len() < best.0 + best.1.len() {
            best = (steps, cycle);
        }
    }
    let (steps, cycle) = best;
    let mut whole = stem.stem;
    whole.extend(around.into_iter().take(steps));
    Lasso { first: stem.first, stem: whole, cycle }
}

impl<G: Graph> Component<'_, G> {
    /// A fair cycle from a state. Begins with the shortest there is, which is to stay, and asks for what that lacks.
    fn cycle(&self, base: u32) -> Path<G::Action> {
        let mut asked = 0;
        loop {
            let path = self.round_trip(base, asked);
            let unmet = self.round(base, &path).unmet(self.property);
            // What was asked for is met: a component is convicted only if all can be.
            if unmet & !asked == 0 {
                return path;
            }
            asked |= unmet;
        }
    }

    fn round(&self, base: u32, path: &Path<G::Action>) -> Round {
        let mut round = Round::NONE;
        let mut from = base;
        round.passes(self.enabled(base));
        for (action, to) in path {
            round.taken |= met_by(self.property, from, action);
            round.passes(self.enabled(*to));
            from = *to;
        }
        round
    }

    /// The shortest way round that meets what is asked for. If that is much, it is met nearest first.
    fn round_trip(&self, base: u32, asked: Constraints) -> Path<G::Action> {
        let mut path = Path::new();
        let mut at = (base, self.left(asked | COUNTS, base));
        while at.1.count_ones() > MOST_AT_ONCE {
            let Some((leg, end)) = self.walk(at, &|(_, left)| left != at.1) else { break };
            path.extend(leg);
            at = end;
        }
        if at != (base, 0) {
            path.extend(self.walk(at, &|place| place == (base, 0)).unwrap_or_default().0);
        }
        path
    }

    /// What of this is still asked for in a state that is come to.
    fn left(&self, asked: Constraints, state: u32) -> Constraints {
        let counts = if self.region.counts(state) { COUNTS } else { 0 };
        let excused = of_strength(self.property, Strength::Weak) & !self.enabled(state);
        asked & !counts & !excused
    }

    fn enabled(&self, state: u32) -> Constraints {
        let mut edges = Vec::new();
        steps(self.graph, self.property, state, &mut edges);
        edges.iter().fold(0, |enabled, edge| enabled | met_by(self.property, state, &edge.action))
    }

    /// The shortest path within the component to such a place.
    fn walk(&self, from: Place, sought: &dyn Fn(Place) -> bool) -> Option<(Path<G::Action>, Place)> {
        let mut known: HashMap<Place, Option<(Place, G::Action)>> = HashMap::from([(from, None)]);
        let mut queue = VecDeque::from([from]);
        let mut edges: Vec<Edge<G::Action>> = Vec::new();
        while let Some(place) = queue.pop_front() {
            let (state, left) = place;
            steps(self.graph, self.property, state, &mut edges);
            for edge in edges.drain(..) {
                let Some(to) = edge.to.filter(|to| self.convicted.together(state, *to)) else { continue };
                let next = (to, self.left(left & !met_by(self.property, state, &edge.action), to));
                if known.contains_key(&next) {
                    continue;
                }
                known.insert(next, Some((place, edge.action)));
                if sought(next) {
                    return Some((path_to(&known, next), next));
                }
                queue.push_back(next);
            }
        }
        None
    }
}

fn path_to<X: Clone>(known: &HashMap<Place, Option<(Place, X)>>, mut at: Place) -> Path<X> {
    let mut path = Path::new();
    while let Some(Some((parent, action))) = known.get(&at) {
        path.push((action.clone(), at.0));
        at = *parent;
    }
    path.reverse();
    path
}
