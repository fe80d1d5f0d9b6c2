//! Can a behaviour stay in a component for ever and be fair?

use super::components::Marks;
use super::region::Region;
use super::{Edge, Form, Graph, MOST_CONSTRAINTS, Property, Strength, steps};

/// A set of constraints, one bit each.
pub(super) type Constraints = u64;

/// That a round passes a state or takes a step that counts, beside the constraints.
pub(super) const COUNTS: Constraints = 1 << MOST_CONSTRAINTS;

/// Which constraints a step meets, and whether it counts.
pub(super) fn met_by<X>(property: &Property<'_, X>, from: u32, action: &X) -> Constraints {
    let constraints = property.fairness.iter().enumerate();
    let met = constraints.filter(|(_, fair)| (fair.steps)(from, action)).fold(0, |met, (i, _)| met | 1 << i);
    let counts = match &property.form {
        Form::FinitelyOften(such) => such(from, action),
        Form::Eventually(_) | Form::AlwaysEventually(_) | Form::EventuallyAlways(_) | Form::LeadsTo(..) => {
            false
        }
    };
    met | if counts { COUNTS } else { 0 }
}

/// The constraints of a strength.
pub(super) fn of_strength<X>(property: &Property<'_, X>, strength: Strength) -> Constraints {
    let constraints = property.fairness.iter().enumerate();
    constraints.filter(|(_, fair)| fair.strength == strength).fold(0, |of, (i, _)| of | 1 << i)
}

/// What is true of some states that a behaviour goes round in for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// Constraints of which a step is taken.
    pub(super) taken: Constraints,
    /// Constraints of which a step can be taken in some state.
    pub(super) somewhere: Constraints,
    /// Constraints of which a step can be taken in every state.
    pub(super) everywhere: Constraints,
}

impl Round {
    /// Of no states.
    pub(super) const NONE: Self = Self { taken: 0, somewhere: 0, everywhere: Constraints::MAX };

    /// With one more state, in which steps of these constraints can be taken.
    pub(super) fn passes(&mut self, enabled: Constraints) {
        self.somewhere |= enabled;
        self.everywhere &= enabled;
    }

    /// The constraints that are not met.
    pub(super) fn unmet<X>(&self, property: &Property<'_, X>) -> Constraints {
        let weak = self.everywhere & of_strength(property, Strength::Weak);
        let strong = self.somewhere & of_strength(property, Strength::Strong);
        (weak | strong) & !self.taken
    }
}

/// States in which a fair behaviour can go round for ever, by component.
pub(super) struct Convicted {
    /// Of each state, 0 is none.
    components: Vec<u32>,
}

impl Convicted {
    pub(super) fn contains(&self, state: u32) -> bool {
        self.components[state as usize] != 0
    }

    /// Whether two such states are in one component.
    pub(super) fn together(&self, one: u32, other: u32) -> bool {
        self.components[one as usize] == self.components[other as usize]
    }
}

/// Judges component after component.
pub(super) struct Judge<'a, G: Graph> {
    graph: &'a G,
    property: &'a Property<'a, G::Action>,
    region: &'a Region,
    /// Whether the components of the whole region are being judged, and not those of a rest.
    whole: bool,
    /// Whether what is awaited could go on outside the boundary.
    open: bool,
    convicted: Option<Convicted>,
    count: u32,
    /// What is left of components without the states that ask for what is never done there.
    rests: Vec<Vec<u32>>,
    edges: Vec<Edge<G::Action>>,
}

impl<'a, G: Graph> Judge<'a, G> {
    pub(super) fn new(graph: &'a G, property: &'a Property<'a, G::Action>, region: &'a Region) -> Self {
        Self {
            graph,
            property,
            region,
            whole: true,
            open: false,
            convicted: None,
            count: 0,
            rests: Vec::new(),
            edges: Vec::new(),
        }
    }

    pub(super) fn whole_graph_is_judged(&mut self) {
        self.whole = false;
    }

    pub(super) fn next_rest(&mut self) -> Option<Vec<u32>> {
        self.rests.pop()
    }

    /// What is convicted, and whether something is left open.
    pub(super) fn into_verdict(self) -> (Option<Convicted>, bool) {
        (self.convicted, self.open)
    }

    /// Judges a component, whose states are here.
    pub(super) fn judge(&mut self, members: &[u32], marks: &Marks) {
        let steps_count = matches!(self.property.form, Form::FinitelyOften(_));
        if !steps_count && !members.iter().any(|state| self.region.counts(*state)) {
            return;
        }
        let mut round = Round::NONE;
        for state in members {
            let (enabled, taken) = self.look(*state, marks);
            round.passes(enabled);
            round.taken |= taken;
        }
        if steps_count && round.taken & COUNTS == 0 {
            return;
        }
        let unmet = round.unmet(self.property);
        if unmet == 0 {
            self.convict(members);
        } else if unmet & of_strength(self.property, Strength::Weak) == 0 {
            // What is asked for strongly and never done here is not asked for in the rest.
            let rest = members.iter().copied().filter(|state| self.look(*state, marks).0 & unmet == 0);
            let rest: Vec<u32> = rest.collect();
            if !rest.is_empty() {
                self.rests.push(rest);
            }
        }
    }

    /// The constraints of which a step can be taken in a state, and of which one is that stays here.
    fn look(&mut self, state: u32, marks: &Marks) -> (Constraints, Constraints) {
        steps(self.graph, self.property, state, &mut self.edges);
        let (mut enabled, mut taken) = (0, 0);
        for edge in &self.edges {
            let met = met_by(self.property, state, &edge.action);
            enabled |= met;
            match edge.to {
                None => self.open |= self.whole,
                Some(to) if marks.is_here(to) => taken |= met,
                Some(_) => {}
            }
        }
        (enabled, taken)
    }

    fn convict(&mut self, members: &[u32]) {
        let states = self.graph.len();
        let convicted = self.convicted.get_or_insert_with(|| Convicted { components: vec![0; states] });
        self.count += 1;
        for state in members {
            convicted.components[*state as usize] = self.count;
        }
    }
}
