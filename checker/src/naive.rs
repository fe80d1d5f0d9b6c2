//! The plainest search there is: whole states of the model in a table, compared by `==`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::actor::ActorModel;
use stateright::{Expectation, Model};

use crate::checker::{Explorable, History, Options, Stop};
use crate::parts::parts_of as parts;
use crate::report::{
    ActorReport, Bytes, Continue, Counterexample, Ending, Limit, ModelAction, ModelState, Progress, Report,
    Verdict,
};

struct Seen<A: Explorable, H> {
    states: Vec<ModelState<A, H>>,
    parents: Vec<Option<(usize, ModelAction<A>)>>,
    by_hash: HashMap<u64, Vec<usize>>,
}

impl<A: Explorable, H: History> Seen<A, H> {
    fn insert(&mut self, state: ModelState<A, H>, parent: Option<(usize, ModelAction<A>)>) {
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        let same = self.by_hash.entry(hasher.finish()).or_default();
        if !same.iter().any(|i| self.states[*i] == state) {
            same.push(self.states.len());
            self.states.push(state);
            self.parents.push(parent);
        }
    }

    fn path(&self, mut at: usize) -> Counterexample<ModelState<A, H>, ModelAction<A>> {
        let (mut states, mut actions) = (vec![self.states[at].clone()], Vec::new());
        while let Some((parent, action)) = &self.parents[at] {
            at = *parent;
            states.push(self.states[at].clone());
            actions.push(action.clone());
        }
        states.reverse();
        actions.reverse();
        Counterexample { states, actions }
    }
}

fn is_within<A: Explorable, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    options: &Options<A>,
    state: &ModelState<A, H>,
) -> bool {
    let Some(boundary) = &options.boundary else { return Model::within_boundary(model, state) };
    let mut sums = vec![0; boundary.limits.len()];
    for (actor, of) in state.actor_states.iter().enumerate() {
        let mut counts = vec![0; sums.len()];
        (boundary.measure)(actor, of, &mut counts);
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    sums.iter().zip(&boundary.limits).all(|(sum, limit)| sum <= limit)
}

/// Whether what is decided, each property with the state that decides it, is enough.
fn stops(stop: Stop, decided: &[(String, Expectation, Option<usize>)]) -> bool {
    match stop {
        Stop::Exhausted => false,
        Stop::Violated => decided.iter().any(|d| d.2.is_some() && matches!(d.1, Expectation::Always)),
        Stop::Decided => decided.iter().all(|d| d.2.is_some()),
    }
}

pub(crate) fn run<A: Explorable, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    options: &Options<A>,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> ActorReport<A, H> {
    let within = |state: &ModelState<A, H>| is_within(model, options, state);
    let mut seen = Seen { states: Vec::new(), parents: Vec::new(), by_hash: HashMap::new() };
    for state in model.init_states().into_iter().filter(within) {
        seen.insert(state, None);
    }
    let mut generated = seen.states.len() as u64;
    let mut decided: Vec<(String, Expectation, Option<usize>)> = Vec::new();
    if options.model_properties {
        decided.extend(model.properties.iter().map(|p| (p.name.to_owned(), p.expectation.clone(), None)));
    }
    let of_model = decided.len();
    decided.extend(options.properties.iter().map(|p| (p.name.clone(), p.expectation.clone(), None)));
    let (mut at, mut level_end, mut depth, mut limit) = (0, seen.states.len(), 0, None);
    let mut actions = Vec::new();
    while at < seen.states.len() && limit.is_none() {
        if at == level_end {
            (level_end, depth) = (seen.states.len(), depth + 1);
            limit = stops(options.stop, &decided).then_some(Limit::Decided);
        }
        let states = seen.states.len() as u64;
        let now = Progress { states, generated, depth, frontier: states - at as u64, bytes: 0 };
        if progress(now) == Continue::No {
            limit = Some(Limit::Cancelled);
        }
        if let Some(most) = options.max_states.filter(|most| states >= *most) {
            limit = Some(Limit::States(most));
        }
        let state = seen.states[at].clone();
        for (i, (_, expectation, found)) in decided.iter_mut().enumerate() {
            let holds = if i < of_model {
                (model.properties[i].condition)(model, &state)
            } else {
                let property = &options.properties[i - of_model];
                (property.condition)(&parts(&state, &property.reads))
            };
            if found.is_none() && holds == matches!(expectation, Expectation::Sometimes) {
                *found = Some(at);
            }
        }
        if let Some(most) = options.max_depth.filter(|most| depth >= *most) {
            limit = Some(Limit::Depth(most));
        } else {
            model.actions(&state, &mut actions);
            for action in actions.drain(..) {
                let next = model.next_state(&state, action.clone());
                if let Some(next) = next.filter(|next| within(next)) {
                    generated += 1;
                    seen.insert(next, Some((at, action)));
                }
            }
        }
        at += 1;
    }
    let verdict = |expectation, found: Option<usize>| match (expectation, found.map(|at| seen.path(at))) {
        (Expectation::Sometimes, Some(path)) => Verdict::Found(path),
        (_, Some(path)) => Verdict::Violated(path),
        (_, None) if limit.is_some() => Verdict::Undecided,
        (Expectation::Sometimes, None) => Verdict::Never,
        (_, None) => Verdict::Holds,
    };
    let verdicts = decided.into_iter().map(|(name, expectation, found)| (name, verdict(expectation, found)));
    let verdicts = verdicts.collect();
    let ending = limit.map_or(Ending::Exhausted, Ending::NotExhausted);
    Report { unique: seen.states.len() as u64, generated, depth, ending, verdicts, bytes: Bytes::default() }
}
