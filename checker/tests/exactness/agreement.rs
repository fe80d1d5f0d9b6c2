//! The engine in every way that it can be run, against the search of whole states.

use std::fmt::Debug;
use std::hash::Hash;

use muster_checker::{ActorReport, Checker, Continue, Counterexample, Ending, Explorable, Storage, Verdict};
use stateright::Model;
use stateright::actor::{ActorModel, ActorModelAction, ActorModelState};

use crate::baseline;
use crate::exact::{Space, explore};

/// An actor that stateright's checkers run too.
pub(crate) trait Checkable: Explorable<State: Eq, Timer: Ord> + Clone + Send + Sync + 'static {}
impl<A: Explorable<State: Eq, Timer: Ord> + Clone + Send + Sync + 'static> Checkable for A {}

/// A model's configuration.
pub(crate) trait Given: Clone + Send + Sync + 'static {}
impl<T: Clone + Send + Sync + 'static> Given for T {}

/// A history that the search of whole states can compare.
pub(crate) trait Comparable: Clone + Debug + Eq + Hash + Send + Sync + 'static {}
impl<T: Clone + Debug + Eq + Hash + Send + Sync + 'static> Comparable for T {}

/// Every way to run the engine.
const WAYS: [(usize, Storage); 4] =
    [(1, Storage::Fast), (2, Storage::Fast), (1, Storage::Compact), (2, Storage::Compact)];

type Path<A, H> = Counterexample<
    ActorModelState<A, H>,
    ActorModelAction<
        <A as stateright::actor::Actor>::Msg,
        <A as stateright::actor::Actor>::Timer,
        <A as stateright::actor::Actor>::Random,
    >,
>;

/// The whole space by the engine.
pub(crate) fn run<A: Checkable, C: Given, H: Comparable>(
    model: &ActorModel<A, C, H>,
    (threads, storage): (usize, Storage),
) -> ActorReport<A, H> {
    Checker::new(model).threads(threads).storage(storage).run(&mut |_| Continue::Yes).unwrap()
}

/// The one path of a verdict, if it has one.
pub(crate) fn path<A: Checkable, H>(report: &ActorReport<A, H>, property: &str) -> Option<Path<A, H>>
where
    H: Comparable,
{
    match report.verdict(property)? {
        Verdict::Violated(path) | Verdict::Found(path) => Some(path.clone()),
        Verdict::Holds | Verdict::Never => None,
        Verdict::Undecided => panic!("{property}: undecided in an exhausted space"),
    }
}

/// Asserts that the engine, however it is run, sees exactly the space, and returns it.
pub(crate) fn agreed<A: Checkable, C: Given, H: Comparable>(model: &ActorModel<A, C, H>) -> Space {
    let truth = explore(model);
    assert_sees(model, &truth);
    truth
}

/// Asserts that the engine, however it is run, sees exactly this space.
pub(crate) fn assert_sees<A: Checkable, C: Given, H: Comparable>(model: &ActorModel<A, C, H>, truth: &Space) {
    let mut told: Option<Vec<Option<Path<A, H>>>> = None;
    for way in WAYS {
        let report = run(model, way);
        assert_eq!(report.ending, Ending::Exhausted, "{way:?}");
        let paths: Vec<_> = model.properties.iter().map(|p| path::<A, H>(&report, p.name)).collect();
        let found = model.properties.iter().zip(&paths);
        let nearest = found.filter_map(|(p, path)| Some((p.name, path.as_ref()?.actions.len()))).collect();
        let seen = Space { unique: report.unique, generated: report.generated, depth: report.depth, nearest };
        assert_eq!(&seen, truth, "{way:?}");
        for (property, path) in model.properties.iter().zip(&paths) {
            if let Some(path) = path {
                walk(model, path);
                let sought = property.expectation == stateright::Expectation::Sometimes;
                assert_eq!((property.condition)(model, path.states.last().unwrap()), sought);
            }
        }
        match &told {
            None => told = Some(paths),
            Some(first) => assert!(same(first, &paths), "{way:?}: other paths than {:?}", WAYS[0]),
        }
    }
}

/// The counts of the space that the engine and stateright agree on.
pub(crate) fn agreed_with_stateright<A: Checkable, C: Given, H: Comparable>(
    model: &ActorModel<A, C, H>,
) -> (u64, u64, usize) {
    let truth = agreed(model);
    let counts = (truth.unique, truth.generated, truth.depth);
    assert_eq!(baseline::counts(model), counts, "stateright counts otherwise");
    counts
}

/// Takes a path's steps on the model.
fn walk<A: Checkable, C: Given, H: Comparable>(model: &ActorModel<A, C, H>, path: &Path<A, H>) {
    assert_eq!(path.states.len(), path.actions.len() + 1);
    assert!(model.init_states().contains(&path.states[0]));
    for (action, ends) in path.actions.iter().zip(path.states.windows(2)) {
        let mut actions = Vec::new();
        model.actions(&ends[0], &mut actions);
        assert!(actions.contains(action), "{action:?} is no action of {:?}", ends[0]);
        assert_eq!(model.next_state(&ends[0], action.clone()).as_ref(), Some(&ends[1]));
        assert!(model.within_boundary(&ends[1]));
    }
}

fn same<A: Checkable, H: Comparable>(some: &[Option<Path<A, H>>], others: &[Option<Path<A, H>>]) -> bool {
    some.iter().zip(others).all(|pair| match pair {
        (Some(one), Some(other)) => one.actions == other.actions && one.states == other.states,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    })
}
