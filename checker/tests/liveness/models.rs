//! Properties of behaviours of actor models: what stateright says of the same stands beside it where it is wrong.

use std::borrow::Cow;

use muster_checker::liveness::{Behaviour, Liveness, LivenessVerdict};
use muster_checker::{
    Checker, Continue, Explorable, History, ModelAction, ModelState, NormalForm, Numbers, Refused, Storage,
};
use stateright::actor::{Actor, ActorModel, ActorModelAction, Id, LossyNetwork, Network, Out, model_timeout};
use stateright::{Checker as _, Expectation, Model};

use crate::actors::endless::{self, Walker};
use crate::actors::mutex::{self, Doing, Timer};
use crate::actors::small;

type Of<A, H> = LivenessVerdict<ModelState<A, H>, ModelAction<A>>;

fn decide<A: Explorable, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    property: &Liveness<'_, A, H>,
) -> Of<A, H> {
    let by = |threads, storage| {
        let checker = Checker::new(model).threads(threads).storage(storage);
        checker.explore(&mut |_| Continue::Yes, |explored| explored.liveness(property)).unwrap().unwrap()
    };
    let verdict = by(1, Storage::Fast);
    assert!(verdict == by(2, Storage::Compact), "the verdict hangs on how states are found and kept");
    verdict
}

/// What stateright says of `eventually`: whether its breadth-first and its depth-first search find a counterexample.
fn stateright_finds(
    map: &[(u8, u8)],
    such: fn(&ActorModel<Walker>, &ModelState<Walker, ()>) -> bool,
) -> [bool; 2] {
    let model = || endless::walk(map).property(Expectation::Eventually, "it", such);
    let (bfs, dfs) = (model().checker().spawn_bfs().join(), model().checker().spawn_dfs().join());
    [bfs.discovery("it").is_some(), dfs.discovery("it").is_some()]
}

/// The places on the way, and which of them it comes back to; every line is taken if it stays possible.
fn places(map: &[(u8, u8)], wanted: u8) -> Option<(Vec<u8>, usize)> {
    let it =
        Liveness::eventually("it", move |state: &ModelState<Walker, ()>| *state.actor_states[0] == wanted);
    match decide(&endless::walk(map), &it.weakly_fair("everyone", |_| true)) {
        LivenessVerdict::Holds => None,
        LivenessVerdict::Violated(Behaviour { states, back_to, .. }) => {
            Some((states.iter().map(|state| *state.actor_states[0]).collect(), back_to))
        }
        LivenessVerdict::Undecided => panic!("undecided in an exhausted space"),
    }
}

#[test]
fn a_cycle_is_a_counterexample_and_stateright_misses_it() {
    let map = [(0, 1), (1, 2), (2, 1)];
    assert_eq!(places(&map, 3), Some((vec![0, 1, 2, 1], 1)));
    assert_eq!(stateright_finds(&map, |_, state| *state.actor_states[0] == 3), [false; 2]);
}

#[test]
fn a_self_loop_is_a_counterexample_and_stateright_misses_it() {
    let map = [(0, 1), (1, 1)];
    assert_eq!(places(&map, 3), Some((vec![0, 1, 1], 1)));
    assert_eq!(stateright_finds(&map, |_, state| *state.actor_states[0] == 3), [false; 2]);
}

#[test]
fn a_join_hides_nothing_and_stateright_misses_it() {
    let map = [(0, 1), (0, 2), (1, 3), (2, 3)];
    let (wanted, missed) = (places(&map, 1), places(&map, 2));
    assert_eq!((wanted, missed), (Some((vec![0, 2, 3], 2)), Some((vec![0, 1, 3], 2))));
    // Each of its searches misses the one on the side from which it comes to the join first.
    assert_eq!(stateright_finds(&map, |_, state| *state.actor_states[0] == 1), [false, true]);
    assert_eq!(stateright_finds(&map, |_, state| *state.actor_states[0] == 2), [true, false]);
}

#[test]
fn a_dead_end_is_found_by_both() {
    let map = [(0, 1), (0, 2)];
    assert_eq!(places(&map, 1), Some((vec![0, 2], 1)));
    assert_eq!(stateright_finds(&map, |_, state| *state.actor_states[0] == 1), [true; 2]);
    assert_eq!(places(&[(0, 1)], 1), None);
    assert_eq!(stateright_finds(&[(0, 1)], |_, state| *state.actor_states[0] == 1), [false; 2]);
}

fn delivered() -> Liveness<'static, endless::Courier, ()> {
    Liveness::eventually("delivered", |state: &ModelState<endless::Courier, ()>| *state.actor_states[1])
        .weakly_fair("sending", |action| matches!(action, ActorModelAction::Timeout(..)))
}

/// A network that may lose whatever is sent: only one that delivers what is sent often enough delivers in the end.
#[test]
fn what_is_lost_again_and_again_needs_strong_fairness() {
    let deliver = |action: &ModelAction<endless::Courier>| matches!(action, ActorModelAction::Deliver { .. });
    let weak = decide(&endless::courier(), &delivered().weakly_fair("delivering", deliver));
    let LivenessVerdict::Violated(behaviour) = weak else { panic!("{weak:?}") };
    let actions = &behaviour.actions[behaviour.back_to..];
    assert!(actions.iter().any(|action| matches!(action, ActorModelAction::Drop(_))), "{actions:?}");
    assert!(actions.iter().any(|action| matches!(action, ActorModelAction::Timeout(..))), "{actions:?}");
    let strong = decide(&endless::courier(), &delivered().strongly_fair("delivering", deliver));
    assert!(matches!(strong, LivenessVerdict::Holds), "{strong:?}");
    let nobody = decide(&endless::courier(), &delivered());
    assert!(matches!(nobody, LivenessVerdict::Violated(_)), "{nobody:?}");
}

fn inside(state: &ModelState<mutex::Process, ()>) -> bool {
    state.actor_states[0].doing == Doing::Inside
}

/// Whoever waits for the lock gets it, if nobody keeps it for ever.
#[test]
fn who_waits_for_the_lock_gets_it_if_the_others_leave() {
    let model = mutex::model(2, 2, true);
    let property = |leaver: usize| {
        let waits = |state: &ModelState<mutex::Process, ()>| match &state.actor_states[0].doing {
            Doing::Waiting(..) => true,
            Doing::Other | Doing::Inside => false,
        };
        let leaves = move |action: &_| {
            *action == ActorModelAction::Timeout(Id::from(leaver), Timer::Leave(leaver.into()))
        };
        let every = (0..2).fold(Liveness::leads_to("gets it", waits, inside), |property, to| {
            let delivers = move |action: &_| {
                matches!(action, ActorModelAction::Deliver { dst, .. } if usize::from(*dst) == to)
            };
            property.weakly_fair("delivering", delivers)
        });
        every.weakly_fair("leaving", leaves)
    };
    let verdict = decide(&model, &property(1));
    assert!(matches!(verdict, LivenessVerdict::Holds), "{verdict:?}");
    // If only the waiting one itself ever leaves, the other may stay inside.
    let LivenessVerdict::Violated(behaviour) = decide(&model, &property(0)) else { panic!("it holds") };
    assert_eq!(behaviour.back_to, behaviour.actions.len(), "it stays there");
    assert_eq!(behaviour.states[behaviour.back_to].actor_states[1].doing, Doing::Inside);
}

#[test]
fn what_lies_outside_the_boundary_is_undecided() {
    let table = small::Table { most: 3, lossy: LossyNetwork::No };
    let model = small::ping_pong(Network::new_ordered([]), table);
    let reaches = |count: u8| {
        Liveness::eventually("reaches", move |state: &ModelState<_, _>| {
            state.actor_states.iter().any(|has: &std::sync::Arc<u8>| **has >= count)
        })
        .weakly_fair("everyone", |_| true)
    };
    assert!(matches!(decide(&model, &reaches(3)), LivenessVerdict::Holds));
    assert!(matches!(decide(&model, &reaches(5)), LivenessVerdict::Undecided));
    // If the boundary is the deliveries' budget, the game ends there.
    let budgeted = reaches(5).budgeted(|action| matches!(action, ActorModelAction::Deliver { .. }));
    let LivenessVerdict::Violated(behaviour) = decide(&model, &budgeted) else { panic!("no violation") };
    assert_eq!(behaviour.back_to, behaviour.actions.len());
}

#[test]
fn what_was_not_explored_is_undecided() {
    let walk = endless::walk(&[(0, 1), (1, 2)]);
    let it = Liveness::eventually("it", |state: &ModelState<Walker, ()>| *state.actor_states[0] == 1)
        .weakly_fair("everyone", |_| true)
        .budgeted(|_| true);
    let cut = Checker::new(&walk).max_depth(1);
    let verdict = cut.explore(&mut |_| Continue::Yes, |explored| explored.liveness(&it)).unwrap().unwrap();
    assert!(matches!(verdict, LivenessVerdict::Undecided), "{verdict:?}");
    assert!(matches!(decide(&walk, &it), LivenessVerdict::Holds));
}

#[test]
fn too_many_constraints_are_refused() {
    let none = Liveness::eventually("it", |_: &ModelState<Walker, ()>| true);
    let many = (0..63).fold(none, |property, _| property.weakly_fair("everyone", |_| true));
    let walk = endless::walk(&[(0, 1)]);
    let refused =
        Checker::new(&walk).explore(&mut |_| Continue::Yes, |explored| explored.liveness(&many)).unwrap();
    assert!(matches!(refused, Err(Refused::TooManyConstraints(_))), "{refused:?}");
}

/// A term that is counted up for ever is finitely many states in normal form, and a round of it is a cycle.
struct Terms;

impl NormalForm<Voter> for Terms {
    fn state(&self, _: usize, state: &mut (i64, bool), numbers: &mut dyn Numbers) {
        state.0 = numbers.source(0, state.0);
    }

    fn timer(&self, _: usize, _: &mut u8, _: &mut dyn Numbers) {}

    fn message(&self, message: &mut i64, numbers: &mut dyn Numbers) {
        *message = numbers.number(0, *message);
    }
}

/// Calls a vote of the next term, and calls another rather than count it.
#[derive(Clone, Debug)]
struct Voter;

impl Actor for Voter {
    type Msg = i64;
    type Timer = u8;
    type State = (i64, bool);
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> (i64, bool) {
        out.set_timer(0, model_timeout());
        (0, false)
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, (i64, bool)>, timer: &u8, out: &mut Out<Self>) {
        if !state.1 {
            let term = state.0 + 1;
            *state = Cow::Owned((term, true));
            out.send(id, term);
        }
        out.set_timer(*timer, model_timeout());
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, (i64, bool)>, _: Id, term: i64, _: &mut Out<Self>) {
        if term == state.0 {
            *state = Cow::Owned((term, false));
        }
    }
}

#[test]
fn a_cycle_in_normal_form_is_told_in_real_numbers() {
    let model = ActorModel::<Voter>::new((), ()).actor(Voter).init_network(Network::new_ordered([]));
    let rests = Liveness::eventually_always("no vote is called", |state: &ModelState<Voter, ()>| {
        !state.actor_states[0].1
    })
    .weakly_fair("everyone", |_| true);
    let checker = Checker::new(&model).normal_form(Terms);
    let (unique, verdict) = checker
        .explore(&mut |_| Continue::Yes, |explored| (explored.report().unique, explored.liveness(&rests)))
        .unwrap();
    assert!(unique < 10, "{unique}");
    let LivenessVerdict::Violated(behaviour) = verdict.unwrap() else { panic!("it holds") };
    let cycle: Vec<i64> = behaviour.states[behaviour.back_to..].iter().map(|s| s.actor_states[0].0).collect();
    assert_eq!(cycle.last().unwrap() - cycle[0], 1, "{cycle:?}");
}
