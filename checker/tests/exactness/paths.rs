//! Shortest paths, and what is said when the search ends early.

use muster_checker::{
    Checker, Continue, Ending, Limit, PartBoundary, PartProperty, Parts, Reads, Stop, Verdict,
};
use stateright::actor::LossyNetwork;

use crate::actors::mutex::{self, Doing};
use crate::actors::{group, paxos};
use crate::agreement::agreed;
use crate::exact::levels;

const TWO: group::Bounds = group::Bounds { consumers: 2, partitions: 1, records: 1, generations: 2 };

#[test]
fn mutual_exclusion_needs_ties_broken() {
    assert_eq!(agreed(&mutex::model(2, 1, false)).nearest.get("one inside"), Some(&6));
    assert_eq!(agreed(&mutex::model(3, 1, false)).nearest.get("one inside"), Some(&10));
    assert_eq!(agreed(&mutex::model(3, 1, true)).nearest.get("one inside"), None);
}

#[test]
fn paxos_needs_its_promises_kept() {
    let of = |keeps_promises| {
        let bounds = paxos::Bounds { acceptors: 2, proposers: 2, lossy: LossyNetwork::No, keeps_promises };
        agreed(&paxos::model(bounds))
    };
    assert_eq!(of(false).nearest.get("one value is chosen"), Some(&12));
    assert_eq!(of(true).nearest.get("one value is chosen"), None);
}

/// A run that stops at the first violation tells the path that one to the end tells.
#[test]
fn stopping_early_changes_no_path() {
    let model = mutex::model(3, 1, false);
    let told = [Stop::Exhausted, Stop::Violated].map(|stop| {
        let report = Checker::new(&model).stop(stop).threads(2).run(&mut |_| Continue::Yes).unwrap();
        let Some(Verdict::Violated(path)) = report.verdict("one inside") else { panic!("no violation") };
        (report.ending, path.actions.clone())
    });
    assert_eq!(told[0].1, told[1].1);
    assert_eq!(told.map(|(ending, _)| ending), [Ending::Exhausted, Ending::NotExhausted(Limit::Decided)]);
}

/// What lies within a depth is what lies within it, on any number of threads.
#[test]
fn a_bound_on_depth_cuts_there() {
    let model = group::model(TWO);
    let levels = levels(&model);
    for (threads, depth) in [(1, 0), (1, 1), (2, 7), (2, 13)] {
        let report =
            Checker::new(&model).threads(threads).max_depth(depth).run(&mut |_| Continue::Yes).unwrap();
        assert_eq!(report.unique, levels[..=depth].iter().sum::<usize>() as u64);
        assert_eq!((report.depth, report.ending), (depth, Ending::NotExhausted(Limit::Depth(depth))));
        let verdict = report.verdict("one owner in a generation");
        assert!(matches!(verdict, Some(Verdict::Undecided)), "{verdict:?}");
    }
}

/// A depth that nothing lies behind cuts nothing off.
#[test]
fn a_bound_on_depth_past_the_end_is_none() {
    let model = group::model(TWO);
    let past = levels(&model).len();
    let report = Checker::new(&model).max_depth(past).run(&mut |_| Continue::Yes).unwrap();
    assert_eq!((report.depth, report.ending), (past - 1, Ending::Exhausted));
}

#[test]
fn a_run_can_be_cancelled() {
    let model = group::model(TWO);
    let report = Checker::new(&model)
        .run(&mut |progress| if progress.states < 100 { Continue::Yes } else { Continue::No })
        .unwrap();
    assert_eq!(report.ending, Ending::NotExhausted(Limit::Cancelled));
    assert!(report.unique < 1897);
}

/// A property over parts and one of whole states that say the same are decided alike.
#[test]
fn a_property_over_parts_is_decided_like_one_of_states() {
    let model = mutex::model(3, 1, false);
    for threads in [1, 2] {
        let inside = PartProperty::always(
            "one inside, by parts",
            Reads::actors(0..3),
            |parts: &Parts<'_, mutex::Process>| {
                let all = (0..3).filter_map(|actor| parts.actor(actor));
                all.filter(|state| state.doing == Doing::Inside).count() <= 1
            },
        );
        let report =
            Checker::new(&model).threads(threads).property(inside).run(&mut |_| Continue::Yes).unwrap();
        let actions = ["one inside", "one inside, by parts"].map(|name| match report.verdict(name) {
            Some(Verdict::Violated(path)) => path.actions.clone(),
            other => panic!("{name}: {other:?}"),
        });
        assert_eq!(actions[0], actions[1]);
    }
}

/// A boundary of sums that says what the model's own says cuts the same space.
#[test]
fn a_boundary_over_parts_cuts_what_the_models_does() {
    let model = mutex::model(3, 2, true).within_boundary(|(), state| {
        state.actor_states.iter().filter(|state| state.doing != Doing::Other).count() <= 1
    });
    let truth = agreed(&model);
    let unbounded = model.clone().within_boundary(|(), _| true);
    for threads in [1, 2] {
        let boundary = PartBoundary::sums([1], |_, state: &mutex::State, counts| {
            counts[0] = u64::from(state.doing != Doing::Other);
        });
        let report =
            Checker::new(&unbounded).threads(threads).boundary(boundary).run(&mut |_| Continue::Yes).unwrap();
        assert_eq!(
            (report.unique, report.generated, report.depth),
            (truth.unique, truth.generated, truth.depth)
        );
    }
}
