//! What has to happen in the end happens in every scenario that waits for it, and each property is kept from happening
//! by a defect, with a short way to a cycle.

use std::collections::BTreeSet;

use muster_model::actor::{GroupState, View, model_with};
use muster_model::check::{Continue, Lasso, LivenessVerdict, Report, check};
use muster_model::consumer::{Consumer, ConsumerTurn};
use muster_model::coordinator::{Coordinator, Turn};
use muster_model::liveness::{LivenessId, showing};
use muster_model::message::{JoinGroup, Request};
use muster_model::mutation::Mutation;
use muster_model::narrate::{self, Narration};
use muster_model::scenario::{Faults, Scenario};
use muster_model::scenarios::{self, find, showing as showing_one};
use muster_model::trace::{Step, Trace};
use muster_model::types::{ClientId, Connection, MemberId};
use muster_specs::Rule;
use stateright::Model as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Unique states, in normal form.
const STATES: [(&str, usize); 12] = [
    ("live", 6_797),
    ("live_crash", 43_787),
    ("live_expire", 19_848),
    ("live_leave", 28_307),
    ("live_cooperative", 8_025),
    ("live_failover", 12_908),
    ("live_departed", 42_952),
    ("live_lost_suffix", 35_342),
    ("live_stale_sync", 413_126),
    ("live_grow", 24_763),
    ("live_overlooked", 1_664),
    ("live_give_up", 98_328),
];

/// What does not happen in a correct group: by scenario and property, steps to the cycle, and of the cycle.
const STUCK: [(&str, &str, usize, usize); 3] = [
    ("live_stale_sync", "every_partition_owned", 43, 7),
    ("live_overlooked", "every_partition_owned", 21, 3),
    ("live_overlooked", "every_record_committed", 21, 3),
];

/// By defect, scenario and property: steps to the cycle, and of the cycle.
const CYCLES: [(&str, &str, &str, usize, usize); 11] = [
    ("complete_join_at_once", "live", "group_stabilises", 4, 12),
    ("complete_join_at_once", "live", "every_partition_owned", 4, 12),
    ("complete_join_at_once", "live", "no_rebalance_loop", 4, 12),
    ("complete_join_at_once", "live", "every_record_committed", 4, 12),
    ("hide_rebalance_from_heartbeat", "live", "group_stabilises", 19, 3),
    ("skip_rejoin_after_revocation", "live_cooperative", "every_partition_owned", 27, 6),
    ("skip_rejoin_after_revocation", "live_cooperative", "every_record_committed", 27, 6),
    ("ignore_new_partitions", "live_grow", "every_partition_owned", 24, 6),
    ("ignore_new_partitions", "live_grow", "every_record_committed", 24, 6),
    ("skip_partition", "live", "every_partition_owned", 21, 6),
    ("skip_partition", "live", "every_record_committed", 21, 6),
];

fn searched(scenario: &Scenario) -> Report {
    let report = check(scenario, &mut |_| Continue::Yes);
    assert_eq!(report.undecided, None, "{}", scenario.name);
    report
}

#[test]
fn it_happens_in_every_scenario_that_waits_for_it() {
    let mut stuck = Vec::new();
    let mut sizes = Vec::new();
    for scenario in scenarios::liveness() {
        let report = searched(&scenario);
        for lasso in report.lassos() {
            assert_is_a_cycle(&scenario, lasso);
            let cycle = lasso.steps.len() - lasso.back_to;
            stuck.push((scenario.name.clone(), lasso.property.id(), lasso.back_to, cycle));
        }
        let holds = |(_, verdict): &&(LivenessId, LivenessVerdict)| matches!(verdict, LivenessVerdict::Holds);
        let held = report.liveness.iter().filter(holds).count();
        assert_eq!(held + scenario.expected_stuck.len(), LivenessId::ALL.len(), "{}", scenario.name);
        assert!(report.is_as_expected(), "{}", scenario.name);
        sizes.push((scenario.name, report.states));
    }
    assert_eq!(sizes, STATES.map(|(name, states)| (name.to_owned(), states)));
    assert_eq!(stuck, STUCK.map(|(name, property, stem, cycle)| (name.to_owned(), property, stem, cycle)));
}

#[test]
fn a_defect_keeps_it_from_happening_for_ever() {
    let mut cycles = Vec::new();
    for (mutation, name) in showing() {
        let scenario = find(name).unwrap().with_mutation(mutation);
        let report = searched(&scenario);
        assert!(report.is_as_expected(), "{mutation}");
        for lasso in report.lassos() {
            assert_is_a_cycle(&scenario, lasso);
            let cycle = lasso.steps.len() - lasso.back_to;
            cycles.push((mutation.id(), name, lasso.property.id(), lasso.back_to, cycle));
        }
    }
    assert_eq!(cycles, CYCLES);
    let broken: BTreeSet<&str> = CYCLES.iter().map(|(_, _, property, ..)| *property).collect();
    assert_eq!(broken.len(), LivenessId::ALL.len());
}

/// The steps are the model's, and the last state is in lowest numbers the one that the cycle starts in.
fn assert_is_a_cycle(scenario: &Scenario, lasso: &Lasso) {
    let model = model_with(scenario, &[]);
    let after = lasso.steps.iter().skip(1).map(|(state, _)| state).chain([&lasso.last]);
    for ((before, action), after) in lasso.steps.iter().zip(after) {
        assert_eq!(model.next_state(before, action.clone()).as_ref(), Some(after));
    }
    let told = Narration::of_lasso(scenario, lasso);
    let start = lasso.steps.get(lasso.back_to).map_or(&lasso.last, |(state, _)| state);
    let members = |state: &GroupState| {
        let group = View::new(scenario, state).and_then(|view| view.coordinator.group.as_ref());
        group.map(|group| (group.phase, group.members.len(), group.pending.len()))
    };
    assert_eq!(members(start), members(&lasso.last));
    let back_to = told.trace.back_to.unwrap_or(usize::MAX);
    assert!(back_to <= told.trace.steps.len() && back_to <= lasso.back_to);
    assert_eq!(told.text().contains("again and again"), back_to < told.trace.steps.len());
}

/// A rebalance that never ends is told as the cycle that it is, and its file says where that begins.
#[test]
fn a_cycle_is_saved_and_told() {
    let scenario = showing_one(Mutation::CompleteJoinAtOnce).unwrap();
    assert_eq!(scenario.name, "live");
    let report = searched(&scenario);
    let lasso = report.lassos().find(|lasso| lasso.property == LivenessId::NoRebalanceLoop).unwrap();
    let told = Narration::of_lasso(&scenario, lasso);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loop.json");
    told.trace.save(&file).unwrap();
    let loaded = Trace::load(&file).unwrap();
    assert_eq!((loaded.back_to, loaded.violates.as_deref()), (told.trace.back_to, Some("no_rebalance_loop")));
    let (before, cycle) = loaded.steps.split_at(loaded.back_to.unwrap());
    let starts = |steps: &[Step]| steps.iter().any(|step| step.rules.contains(&Rule::StartRebalance));
    assert!(!before.is_empty() && starts(cycle));
    assert!(narrate::text(&loaded).contains("-- from here on, again and again --"));
}

/// A request that replaces a later one of its member leaves a client without an answer, which then gives up; one that
/// replaces an earlier one does not.
#[test]
fn who_is_left_without_an_answer_gives_up_in_the_end() {
    let scenario = Scenario { faults: Faults { give_up: 1, ..Faults::default() }, ..find("live").unwrap() };
    let client = ClientId(0);
    let mut consumer = Consumer::started(&scenario);
    _ = ConsumerTurn::start(&scenario, client, &mut consumer);
    let Some(Request::JoinGroup(join)) = consumer.outbox.clone() else { panic!("{consumer:?}") };
    let mut coordinator = Coordinator::new();
    let mut ask = |number: u8, member: Option<MemberId>| {
        let request = Request::JoinGroup(JoinGroup { member, ..join.clone() });
        Turn::request(&scenario, &mut coordinator, Connection { client, number }, &request).unanswered
    };
    let known = Some(MemberId(0));
    assert!(ask(0, None).is_empty() && ask(1, known).is_empty());
    assert_eq!((ask(0, known), ask(1, known)), (vec![client], vec![]));
    _ = ConsumerTurn::unanswered(&scenario, client, &mut consumer);
    assert_eq!((consumer.connection, consumer.faults.give_up), (1, 0));
}
