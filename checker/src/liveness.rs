//! Does something happen in the end? Properties of behaviours, under fairness that each states for itself.
//!
//! A behaviour is a path from a first state, without end. It may stay where it is for ever, wherever fairness lets it:
//! nothing has to happen but what a [`Fairness`] says must. Without any, every property of this kind is violated by
//! doing nothing; [`Fairness::progress`] says that what can go on does.
//!
//! A violation is a set of states from each of which the others are reached without leaving it, in which a behaviour
//! can go round for ever and be fair: found as strongly connected components of the stored graph, and where strong
//! fairness is not met, of what is left of them without the states that ask for it (Emerson and Lei 1987, Streett 1982).
//!
//! Successors that lie outside the boundary are known to exist and to enable what they are steps of, but not where
//! they lead. So a violation is one, whatever is outside; where none is found and something that is awaited could go
//! on outside, the verdict is [`Outcome::Undecided`].
//!
//! ```
//! use muster_checker::liveness::{Edge, Fairness, Form, Graph, Outcome, Property, check};
//!
//! /// A light that may be switched on, and that may flicker before.
//! struct Light;
//! impl Graph for Light {
//!     type Action = &'static str;
//!     fn len(&self) -> usize {
//!         3
//!     }
//!     fn initial(&self) -> Vec<u32> {
//!         vec![0]
//!     }
//!     fn successors(&self, state: u32, edges: &mut Vec<Edge<&'static str>>) {
//!         match state {
//!             0 => edges.extend([Edge::to("flicker", 1), Edge::to("switch", 2)]),
//!             1 => edges.push(Edge::to("dim", 0)),
//!             _ => {}
//!         }
//!     }
//! }
//!
//! let on = |fairness| Property {
//!     name: "the light is on in the end".to_owned(),
//!     form: Form::EventuallyAlways(Box::new(|state| state == 2)),
//!     fairness: vec![Fairness::progress(), fairness],
//!     budgeted: Box::new(|_, _| false),
//! };
//! // While it flickers the switch is out of reach, so that a weakly fair hand may never get to it; a strongly fair one does.
//! let weak = check(&Light, &on(Fairness::weak("hand", |_, action| *action == "switch")))?;
//! let Outcome::Violated(lasso) = weak else { panic!() };
//! assert_eq!((lasso.stem.len(), lasso.cycle.len()), (0, 2));
//! let strong = check(&Light, &on(Fairness::strong("hand", |_, action| *action == "switch")))?;
//! assert!(matches!(strong, Outcome::Holds));
//! # Ok::<(), muster_checker::liveness::TooManyConstraints>(())
//! ```

mod components;
mod cycle;
mod fair;
mod model;
mod region;
mod stem;
mod steps;

use std::fmt;

use components::components;
use fair::Judge;
use region::Region;

pub(crate) use model::decide;
pub use model::{Behaviour, Liveness, LivenessVerdict};
pub use steps::Step;

/// A step, as a graph tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge<X> {
    /// What is done.
    pub action: X,
    /// Where it leads; `None` is outside the boundary.
    pub to: Option<u32>,
}

impl<X> Edge<X> {
    /// A step within the boundary.
    pub fn to(action: X, state: u32) -> Self {
        Self { action, to: Some(state) }
    }

    /// A step that leaves the boundary.
    pub fn cut(action: X) -> Self {
        Self { action, to: None }
    }
}

/// A stored graph, each of whose states can be reached. Its states are numbered from 0, with gaps or without.
///
/// What is reported depends on the order of first states and of successors, and not on the numbers.
pub trait Graph {
    /// A step's name.
    type Action: Clone;

    /// One more than the largest number of a state.
    fn len(&self) -> usize;

    /// Whether there are no states.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a number below [`Self::len`] is a state's.
    fn contains(&self, _state: u32) -> bool {
        true
    }

    /// The first states.
    fn initial(&self) -> Vec<u32>;

    /// Adds the steps from a state to `edges`, those that leave the boundary among them.
    fn successors(&self, state: u32, edges: &mut Vec<Edge<Self::Action>>);
}

/// Whether a state is such.
pub type StateTest<'a> = Box<dyn Fn(u32) -> bool + 'a>;
/// Whether a step from a state is such.
pub type StepTest<'a, X> = Box<dyn Fn(u32, &X) -> bool + 'a>;

/// What is claimed of every fair behaviour.
pub enum Form<'a, X> {
    /// It comes to such a state.
    Eventually(StateTest<'a>),
    /// It comes to such a state again and again.
    AlwaysEventually(StateTest<'a>),
    /// From some moment on all of its states are such.
    EventuallyAlways(StateTest<'a>),
    /// Whenever it is in a state of the first kind, it is in one of the second then or later.
    LeadsTo(StateTest<'a>, StateTest<'a>),
    /// It takes such steps only so many times, and then never again.
    FinitelyOften(StepTest<'a, X>),
}

impl<X> fmt::Debug for Form<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eventually(_) => "Eventually",
            Self::AlwaysEventually(_) => "AlwaysEventually",
            Self::EventuallyAlways(_) => "EventuallyAlways",
            Self::LeadsTo(..) => "LeadsTo",
            Self::FinitelyOften(_) => "FinitelyOften",
        })
    }
}

/// How much is asked of a fair behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// What can be done from some moment on in every state is done again and again.
    Weak,
    /// What can be done again and again is done again and again.
    Strong,
}

/// Some steps, of which one is taken often enough.
pub struct Fairness<'a, X> {
    /// Says in reports who is fair.
    pub name: String,
    /// How often is enough.
    pub strength: Strength,
    /// Which steps they are. They can be done in a state if one of them leads from it, within the boundary or out of it.
    pub steps: StepTest<'a, X>,
}

impl<'a, X> Fairness<'a, X> {
    /// Weakly fair steps.
    pub fn weak(name: impl Into<String>, steps: impl Fn(u32, &X) -> bool + 'a) -> Self {
        Self { name: name.into(), strength: Strength::Weak, steps: Box::new(steps) }
    }

    /// Strongly fair steps.
    pub fn strong(name: impl Into<String>, steps: impl Fn(u32, &X) -> bool + 'a) -> Self {
        Self { name: name.into(), strength: Strength::Strong, steps: Box::new(steps) }
    }

    /// All steps, weakly: a behaviour does not stop while anything can be done.
    pub fn progress() -> Self {
        Self::weak("progress", |_, _| true)
    }
}

impl<X> fmt::Debug for Fairness<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fairness")
            .field("name", &self.name)
            .field("strength", &self.strength)
            .finish_non_exhaustive()
    }
}

/// A claim, and what it assumes.
pub struct Property<'a, X> {
    /// Says in reports which it is.
    pub name: String,
    /// What is claimed.
    pub form: Form<'a, X>,
    /// Of whom it is assumed that they are fair; at most [`MOST_CONSTRAINTS`].
    pub fairness: Vec<Fairness<'a, X>>,
    /// Steps of which the boundary is the budget: one that leaves the boundary does not exist, and leaves nothing
    /// open. Faults are such.
    pub budgeted: StepTest<'a, X>,
}

impl<X> fmt::Debug for Property<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property")
            .field("name", &self.name)
            .field("form", &self.form)
            .field("fairness", &self.fairness)
            .finish_non_exhaustive()
    }
}

/// A behaviour that goes round for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso<X> {
    /// The state that it starts in.
    pub first: u32,
    /// The steps to the cycle, each with the state that it leads to.
    pub stem: Vec<(X, u32)>,
    /// The steps of the cycle; the last leads to where the first starts. None: it stays there for ever.
    pub cycle: Vec<(X, u32)>,
}

/// What is known of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<X> {
    /// Every fair behaviour within the boundary satisfies it, and none leaves the boundary with something awaited.
    Holds,
    /// A fair behaviour does not satisfy it.
    Violated(Lasso<X>),
    /// No violation is within the boundary, and one may lie outside.
    Undecided,
}

/// How many fairness constraints a property may have.
pub const MOST_CONSTRAINTS: usize = 62;

/// A property has more constraints than [`MOST_CONSTRAINTS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("property '{0}' has more than {MOST_CONSTRAINTS} fairness constraints")]
pub struct TooManyConstraints(pub String);

/// Decides a property. Takes some 12 bytes a state, and generates each state's successors three times.
pub fn check<G: Graph>(
    graph: &G,
    property: &Property<'_, G::Action>,
) -> Result<Outcome<G::Action>, TooManyConstraints> {
    if property.fairness.len() > MOST_CONSTRAINTS {
        return Err(TooManyConstraints(property.name.clone()));
    }
    let region = Region::of(graph, &property.form);
    let mut judge = Judge::new(graph, property, &region);
    let mut marks = region.marks(graph.len());
    components(graph, &mut marks, states(graph), &mut |members, marks| judge.judge(members, marks));
    judge.whole_graph_is_judged();
    while let Some(rest) = judge.next_rest() {
        components::open(&mut marks, &rest);
        components(graph, &mut marks, rest.iter().copied(), &mut |members, marks| {
            judge.judge(members, marks);
        });
    }
    drop(marks);
    let (convicted, open) = judge.into_verdict();
    let Some(convicted) = convicted else {
        return Ok(if open { Outcome::Undecided } else { Outcome::Holds });
    };
    let stem = stem::shortest(graph, &property.form, &|state| convicted.contains(state));
    Ok(stem.map_or(Outcome::Holds, |stem| {
        Outcome::Violated(cycle::close(graph, property, &region, &convicted, stem))
    }))
}

/// The numbers of a graph's states.
fn states<G: Graph>(graph: &G) -> impl Iterator<Item = u32> {
    (0..u32::try_from(graph.len()).unwrap_or(u32::MAX)).filter(|state| graph.contains(*state))
}

/// The steps from a state that there are: those that the boundary is the budget of are not.
fn steps<G: Graph>(
    graph: &G,
    property: &Property<'_, G::Action>,
    state: u32,
    edges: &mut Vec<Edge<G::Action>>,
) {
    edges.clear();
    graph.successors(state, edges);
    edges.retain(|edge| edge.to.is_some() || !(property.budgeted)(state, &edge.action));
}
