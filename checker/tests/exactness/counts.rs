//! Unique states, generated states and steps to the farthest state, of each model in every way to run it.

use stateright::actor::{LossyNetwork, Network};

use crate::actors::small::Table;
use crate::actors::{group, mutex, paxos, small, two_phase};
use crate::agreement::agreed_with_stateright as agreed;

const LOSSY: [LossyNetwork; 2] = [LossyNetwork::No, LossyNetwork::Yes];

fn group_of(consumers: u8, partitions: u8, records: u8, generations: u8) -> group::Model {
    group::model(group::Bounds { consumers, partitions, records, generations })
}

#[test]
fn a_group() {
    assert_eq!(agreed(&group_of(2, 1, 1, 1)), (71, 123, 12));
    assert_eq!(agreed(&group_of(2, 1, 1, 2)), (1897, 4821, 23));
    assert_eq!(agreed(&group_of(3, 1, 1, 1)), (169, 304, 12));
}

#[test]
fn two_phase_commit() {
    assert_eq!(agreed(&two_phase::model(1)), (12, 16, 4));
    assert_eq!(agreed(&two_phase::model(2)), (56, 118, 7));
    assert_eq!(agreed(&two_phase::model(4)), (1568, 6242, 13));
}

#[test]
fn mutual_exclusion() {
    assert_eq!(agreed(&mutex::model(2, 2, true)), (125, 176, 16));
    assert_eq!(agreed(&mutex::model(3, 1, true)), (2047, 5486, 18));
    assert_eq!(agreed(&mutex::model(3, 1, false)), (2849, 8245, 18));
}

#[test]
fn paxos() {
    let of = |acceptors, proposers, lossy| {
        paxos::model(paxos::Bounds { acceptors, proposers, lossy, keeps_promises: true })
    };
    assert_eq!(agreed(&of(3, 1, LossyNetwork::No)), (176, 382, 10));
    assert_eq!(agreed(&of(2, 2, LossyNetwork::No)), (289, 649, 16));
    assert_eq!(agreed(&of(2, 2, LossyNetwork::Yes)), (2044, 6247, 16));
}

#[test]
fn ping_pong_over_every_network() {
    let counts = LOSSY.map(|lossy| {
        Network::<u8>::names()
            .into_iter()
            .map(|name| agreed(&small::ping_pong(name.parse().unwrap(), Table { most: 4, lossy })))
            .collect::<Vec<_>>()
    });
    let lossless = [(5, 5, 4), (5, 5, 4), (5, 5, 4)];
    let lossy = [(10, 10, 5), (62, 145, 9), (10, 10, 5)];
    assert_eq!(counts, [lossless, lossy]);
}

#[test]
fn crashes_over_every_network() {
    let counts = LOSSY.map(|lossy| {
        let networks = Network::<()>::names().into_iter();
        let models = networks.flat_map(|name| {
            (0..3).map(move |crashes| small::counters(name.parse().unwrap(), lossy, crashes, 3))
        });
        models.map(|model| agreed(&model)).collect::<Vec<_>>()
    });
    // With at most none, one and two down: ordered, duplicating, not duplicating.
    let lossless = [
        [(39, 59, 10), (596, 1517, 23), (683, 2006, 23)],
        [(55, 102, 8), (280, 877, 11), (324, 1115, 11)],
        [(39, 53, 10), (596, 1411, 23), (683, 1900, 23)],
    ];
    let lossy = [
        [(52, 115, 10), (597, 2101, 23), (684, 2676, 23)],
        [(192, 408, 10), (948, 3443, 13), (1080, 4331, 13)],
        [(52, 107, 10), (597, 1995, 23), (684, 2570, 23)],
    ];
    assert_eq!(counts, [lossless.concat(), lossy.concat()]);
}

#[test]
fn random_choices() {
    assert_eq!(agreed(&small::dice(2, 3, true)), (56, 113, 5));
    assert_eq!(agreed(&small::dice(3, 2, true)), (245, 667, 9));
    assert_eq!(agreed(&small::dice(3, 2, false)), (118, 211, 6));
}

#[test]
fn timers() {
    assert_eq!(agreed(&small::waiters(6, true)), (64, 193, 6));
}
