//! Scenarios in which something has to happen in the end. They bound neither generations nor member ids: states are in
//! normal form, so that their number is finite without.

use super::{bounds, cooperating, faultless, faulty};
use crate::liveness::LivenessId;
use crate::property::PropertyId;
use crate::scenario::{Bounds, Faults, Membership, Scenario};

/// More than any state in normal form has.
const MANY: u8 = 100;

/// Every scenario whose behaviours are judged.
pub fn liveness() -> Vec<Scenario> {
    let faults = Faults::default();
    vec![
        in_the_end(faultless(
            "live",
            "two consumers join, share two partitions and get their work done",
            wide(2, 1),
        )),
        in_the_end(faulty(
            "live_crash",
            "a consumer's process ends, and starts again or does not",
            wide(1, 1),
            Faults { crash: 1, ..faults },
        )),
        in_the_end(faulty(
            "live_expire",
            "the coordinator runs out of patience with a consumer that is alive, once",
            wide(1, 1),
            Faults { expire: 1, ..faults },
        )),
        in_the_end(faulty(
            "live_leave",
            "a consumer closes while the other one works",
            wide(2, 1),
            Faults { leave: 1, ..faults },
        )),
        in_the_end(cooperating(faultless(
            "live_cooperative",
            "a partition moves to a second consumer in two rounds, and then nothing moves any more",
            wide(2, 1),
        ))),
        in_the_end(faulty(
            "live_failover",
            "the coordinator loses its log and reads it again, once, anywhere",
            wide(1, 1),
            Faults { failover: 1, ..faults },
        )),
        in_the_end(faulty(
            "live_departed",
            "a consumer closes, and a failover brings it back until its session is over",
            wide(1, 1),
            Faults { leave: 1, failover: 1, ..faults },
        )),
        in_the_end(lost_suffix(faulty(
            "live_lost_suffix",
            "what the coordinator wrote and did not get replicated is lost with it, once, anywhere",
            wide(1, 1),
            Faults { failover: 1, ..faults },
        ))),
        stale_sync(),
        in_the_end(faulty(
            "live_grow",
            "a partition is added, and whoever leads comes to know it and assigns it",
            wide(1, 1),
            Faults { partitions: 1, ..faults },
        )),
        overlooked(),
        in_the_end(faulty(
            "live_give_up",
            "a consumer gives up a connection, and what was on it arrives late or never",
            wide(1, 1),
            Faults { give_up: 1, ..faults },
        )),
    ]
}

/// The hazard `generation_identifies_assignment`, in the end.
fn stale_sync() -> Scenario {
    let about =
        "a SyncGroup of a generation that a failover forgot is accepted into the one that has its number";
    let faults = Faults { give_up: 1, failover: 1, ..Faults::default() };
    let scenario = in_the_end(faulty("live_stale_sync", about, wide(2, 0), faults));
    Scenario {
        expected_violations: vec![PropertyId::AssignmentComplete],
        expected_stuck: vec![LivenessId::EveryPartitionOwned],
        ..scenario
    }
}

/// The hazard `leader_notices_new_partitions`, in the end.
fn overlooked() -> Scenario {
    let about =
        "a partition is added while a static leader is away, and it takes what it finds for what is assigned";
    let faults = Faults { crash: 1, partitions: 1, ..Faults::default() };
    let bounds = Bounds { consumers: 1, ..wide(1, 1) };
    Scenario {
        membership: Membership::Static,
        expected_stuck: vec![LivenessId::EveryPartitionOwned, LivenessId::EveryRecordCommitted],
        ..in_the_end(faulty("live_overlooked", about, bounds, faults))
    }
}

fn lost_suffix(scenario: Scenario) -> Scenario {
    Scenario { replication: true, ..scenario }
}

fn wide(partitions: u8, records: u8) -> Bounds {
    Bounds { generations: MANY.cast_signed(), ..bounds(2, partitions, records, 0, MANY) }
}

fn in_the_end(scenario: Scenario) -> Scenario {
    Scenario { liveness: LivenessId::ALL.to_vec(), ..scenario }
}
