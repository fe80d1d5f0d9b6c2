//! Where stateright 0.31 is wrong, and the search of whole states says so: what stateright finds stands beside what is
//! there. If a release of stateright mends one of these, its test fails, and the pair can go to `counts`.

use muster_checker::{Checker, Continue, Ending, Limit, PartProperty, Reads, Verdict};
use stateright::actor::{Envelope, Id, Network};
use stateright::{Checker as _, Expectation, Model};

use crate::actors::{group, small, two_phase};
use crate::agreement::agreed;
use crate::baseline::{counts, discovered};

/// Its `HashableHashSet` hashes no length: `[{timer}, {}]` and `[{}, {timer}]` have one fingerprint. Any subset of six
/// timers may have fired; stateright sees how many have.
#[test]
fn the_same_timer_of_neighbours_is_not_one_state() {
    let model = small::waiters(6, false);
    let truth = agreed(&model);
    assert_eq!((truth.unique, truth.generated), (64, 193));
    assert_eq!(counts(&model), (7, 22, 6));
}

/// What it does not see it does not judge.
#[test]
fn an_example_in_a_state_that_is_not_seen_is_not_found() {
    let property = "the last has fired before the first";
    assert_eq!(agreed(&small::waiters(6, false)).nearest.get(property), Some(&1));
    assert_eq!(discovered(&small::waiters(6, false), property), None);
    assert_eq!(discovered(&small::waiters(6, true), property), Some(1));
}

/// Its `HashableHashMap` is the same in choices.
#[test]
fn the_same_choice_of_neighbours_is_not_one_state() {
    let model = small::drawers(6);
    let truth = agreed(&model);
    assert_eq!((truth.unique, truth.generated), (64, 193));
    assert_eq!(counts(&model), (7, 22, 6));
}

/// Its breadth-first search goes on after it has found something, and writes what it finds later over it.
#[test]
fn a_shortest_example_is_not_overwritten() {
    let model = two_phase::model(4);
    assert_eq!(agreed(&model).nearest.get("aborted"), Some(&4));
    assert_eq!(discovered(&model, "aborted"), Some(9));
}

/// A run of stateright that was cut looks like one that was not.
#[test]
fn a_cut_run_is_told_from_a_whole_one() {
    let bounds = group::Bounds { consumers: 2, partitions: 1, records: 1, generations: 2 };
    let cut = group::model(bounds).checker().target_state_count(100).spawn_bfs().join();
    assert!(cut.is_done() && cut.unique_state_count() < 1897);
    assert!(cut.discovery("an offset never goes back").is_none());
    let model = group::model(bounds);
    let report = Checker::new(&model).max_states(100).run(&mut |_| Continue::Yes).unwrap();
    assert_eq!(report.ending, Ending::NotExhausted(Limit::States(100)));
    assert!(matches!(report.verdict("an offset never goes back"), Some(Verdict::Undecided)));
}

/// Its `Network::iter_all` repeats the first message of the first flow for ever.
#[test]
fn messages_in_flight_are_each_shown_once() {
    let send = |msg| Envelope { src: Id::from(0), dst: Id::from(1), msg };
    let network = Network::new_ordered([send(1), send(2)]);
    assert_eq!(network.iter_all().take(100).map(|envelope| *envelope.msg).collect::<Vec<_>>(), [1; 100]);

    let table = small::Table { most: 0, lossy: stateright::actor::LossyNetwork::No };
    let model = small::ping_pong(Network::new_ordered([send(7), send(8)]), table);
    let both = PartProperty::sometimes("all three", Reads::default().and_messages(), |parts| {
        parts.messages().map(|envelope| *envelope.msg).collect::<Vec<_>>() == [7, 8, 0]
    });
    let report = Checker::new(&model).property(both).run(&mut |_| Continue::Yes).unwrap();
    assert!(matches!(report.verdict("all three"), Some(Verdict::Found(_))));
}

/// It takes an `eventually` for true where a behaviour goes round for ever; it is not checked as a property of states.
#[test]
fn an_eventually_is_refused() {
    let model = small::waiters(2, true).property(Expectation::Eventually, "some day", |_, _| false);
    let refused = Checker::new(&model).run(&mut |_| Continue::Yes).unwrap_err();
    assert!(refused.to_string().contains("'some day'"), "{refused}");
}
