//! Properties of the coordinator under arbitrary requests, timers, commits and lost records.

mod arbitrary;

use arbitrary::{Op, Setup, World, ops, setup};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// No panic; each request is answered exactly once, parked, or left unanswered for a documented reason; the leader
    /// is a member; the generation never goes back; nobody gets an assignment that was meant for another, nor from
    /// another generation; and once every record has met its fate and every timer has fired, nothing is parked.
    #[test]
    fn every_request_is_answered_once(setup in setup(), ops in ops()) {
        let mut world = World::new(setup);
        for op in ops {
            world.take(op);
        }
        world.drain();
    }

    /// What a new coordinator makes of the replicated records is what the old one kept durable.
    #[test]
    fn a_new_coordinator_knows_what_was_durable(setup in setup(), ops in ops()) {
        let mut world = World::new(Setup { lossless: true, ..setup });
        for op in ops {
            world.take(op);
            world.take(Op::Commit);
            world.check_restored();
        }
    }

    /// A decision changes nothing by itself, and is the same whenever it is made again.
    #[test]
    fn deciding_changes_nothing(setup in setup(), ops in ops()) {
        let mut world = World::new(setup);
        for op in ops {
            world.decide_twice(&op);
            world.take(op);
        }
    }
}
