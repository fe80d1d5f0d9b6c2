//! Random actor models: the stored graph of the engine against one of whole states, written down.

use std::collections::HashMap;

use muster_checker::liveness::{
    Edge, Fairness, Form, Graph, Liveness, LivenessVerdict, Outcome, Property, check,
};
use muster_checker::{Checker, Continue, ModelAction, ModelState};
use proptest::prelude::*;
use stateright::Model;
use stateright::actor::{ActorModel, ActorModelAction, Network};

use crate::automata::{ACTORS, Automaton, History, automaton, model};

/// A space beyond this is left out.
const MOST_STATES: usize = 1500;

type State = ModelState<Automaton, History>;
type Action = ModelAction<Automaton>;

/// Whole states, and their steps.
struct Written {
    states: Vec<State>,
    edges: Vec<Vec<Edge<Action>>>,
}

impl Written {
    fn of(model: &ActorModel<Automaton, (), History>) -> Option<Self> {
        let mut states: Vec<State> =
            model.init_states().into_iter().filter(|state| model.within_boundary(state)).collect();
        let mut numbers: HashMap<State, u32> = states.iter().cloned().zip(0..).collect();
        let mut edges = Vec::new();
        while edges.len() < states.len() {
            if states.len() > MOST_STATES {
                return None;
            }
            let next = model.next_steps(&states[edges.len()]).into_iter().map(|(action, next)| {
                if !model.within_boundary(&next) {
                    return Edge::cut(action);
                }
                let new = u32::try_from(numbers.len()).unwrap();
                let number = *numbers.entry(next.clone()).or_insert(new);
                if number == new {
                    states.push(next);
                }
                Edge::to(action, number)
            });
            let next = next.collect();
            edges.push(next);
        }
        Some(Self { states, edges })
    }
}

impl Graph for Written {
    type Action = Action;

    fn len(&self) -> usize {
        self.states.len()
    }

    fn initial(&self) -> Vec<u32> {
        (0..u32::try_from(self.states.len().min(1)).unwrap()).collect()
    }

    fn successors(&self, state: u32, edges: &mut Vec<Edge<Action>>) {
        edges.extend(self.edges[state as usize].iter().cloned());
    }
}

fn is_fault(action: &Action) -> bool {
    matches!(action, ActorModelAction::Crash(_) | ActorModelAction::Drop(_))
}

fn is_delivery(action: &Action) -> bool {
    matches!(action, ActorModelAction::Deliver { .. })
}

fn first_is(state: &State, number: u8) -> bool {
    *state.actor_states[0] == number
}

/// The same property of the model and of the graph.
fn pair(
    graph: &Written,
    kind: usize,
    strong: bool,
) -> (Liveness<'static, Automaton, History>, Property<'_, Action>) {
    let (two, one) = (|state: &State| first_is(state, 2), |state: &State| first_is(state, 1));
    let on_graph = |number: u8| Box::new(move |state: u32| first_is(&graph.states[state as usize], number));
    let (of_model, form) = match kind {
        0 => (Liveness::eventually("it", two), Form::Eventually(on_graph(2))),
        1 => (Liveness::always_eventually("it", two), Form::AlwaysEventually(on_graph(2))),
        2 => (Liveness::eventually_always("it", two), Form::EventuallyAlways(on_graph(2))),
        3 => (
            Liveness::finitely_often("it", |step| is_delivery(step.action)),
            Form::FinitelyOften(Box::new(|_, action| is_delivery(action))),
        ),
        _ => (Liveness::leads_to("it", one, two), Form::LeadsTo(on_graph(1), on_graph(2))),
    };
    let of_model = of_model.weakly_fair("everyone else", |action| !is_fault(action)).budgeted(is_fault);
    let of_model = if strong {
        of_model.strongly_fair("delivering", is_delivery)
    } else {
        of_model.weakly_fair("delivering", is_delivery)
    };
    let everyone = Fairness::weak("everyone else", |_, action| !is_fault(action));
    let delivering = if strong {
        Fairness::strong("delivering", |_, action| is_delivery(action))
    } else {
        Fairness::weak("delivering", |_, action| is_delivery(action))
    };
    let property = Property {
        name: "it".to_owned(),
        form,
        fairness: vec![everyone, delivering],
        budgeted: Box::new(|_, action| is_fault(action)),
    };
    (of_model, property)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn the_stored_graph_is_the_models(
        automata in prop::collection::vec(automaton(), ACTORS),
        network in prop::sample::select(Network::<u8>::names()),
        lossy: bool,
        crashes in 0..2_usize,
        strong: bool,
    ) {
        let model = model(automata, network, lossy, crashes);
        if let Some(written) = Written::of(&model) {
            for kind in 0..5 {
                let (property, of_graph) = pair(&written, kind, strong);
                let truth = check(&written, &of_graph).unwrap();
                let checker = Checker::new(&model).threads(2);
                let verdict =
                    checker.explore(&mut |_| Continue::Yes, |e| e.liveness(&property)).unwrap().unwrap();
                match (&truth, &verdict) {
                    (Outcome::Holds, LivenessVerdict::Holds) => {}
                    (Outcome::Undecided, LivenessVerdict::Undecided) => {}
                    (Outcome::Violated(_), LivenessVerdict::Violated(behaviour)) => {
                        let (first, last) = (&behaviour.states[behaviour.back_to], behaviour.states.last());
                        prop_assert_eq!(Some(first), last);
                        for (ends, action) in behaviour.states.windows(2).zip(&behaviour.actions) {
                            let next = model.next_state(&ends[0], action.clone());
                            prop_assert_eq!(next.as_ref(), Some(&ends[1]));
                        }
                    }
                    _ => prop_assert!(false, "{:?} of the model, {:?} of the graph", verdict, truth),
                }
            }
        }
    }
}
