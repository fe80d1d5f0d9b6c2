//! A model that allows what Kafka does not is noticed by Kafka's own coordinator: each defect of the model's coordinator, by a
//! shortest trace of arbitrary clients to the step that it changes; and each error answer, in place of which the model would
//! accept. Needs Java and Maven.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::System as _;
use muster_conformance::bottle::Bottle;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::Runner;
use muster_conformance::suite::{self, Extent};
use muster_model::mutation::Mutation;
use muster_model::relation::shortest_difference;
use muster_model::trace::{Release, Response, Serving, Trace};
use muster_specs::{Rule, Side};

/// One JVM for all tests of this file; it ends with the process.
static KAFKA_4_3_1: LazyLock<Bottle> = LazyLock::new(|| {
    Bottle::start(&"4.3.1".parse().expect("a version")).expect("Java, Maven and Maven Central")
});

fn judge(trace: &Trace) -> Report {
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 1, stop: &never, confirm: 0, progress: &|_| {} }.run(&*KAFKA_4_3_1, &[trace]);
    assert_eq!(run.ended, None);
    let out = tempfile::tempdir().expect("a folder");
    Report::new(&KAFKA_4_3_1.name(), &run, 1, Duration::ZERO, out.path(), "muster conform bottle 4.3.1")
}

/// The defects of the model's coordinator, and the step of the shortest trace that Kafka answers otherwise.
const DIVERGES_AT: &[(&str, usize)] = &[
    ("accept_stale_commit", 3),
    ("accept_commit_of_unknown_member", 2),
    ("accept_commit_while_completing", 3),
    ("keep_generation_on_rebalance", 3),
    ("reset_generation_when_empty", 5),
    ("name_every_member_leader", 4),
    ("hand_out_whole_assignment", 5),
    ("assign_to_wrong_member", 5),
    ("stable_on_follower_sync", 5),
    ("complete_join_at_once", 3),
    ("skip_member_id_required", 1),
    ("hide_rebalance_from_heartbeat", 3),
    ("accept_stale_sync", 3),
    ("answer_offset_past_committed", 2),
    ("keep_member_that_leaves", 2),
    ("take_replaced_member_for_unknown", 2),
    ("remove_static_members_not_rejoined", 5),
    ("admit_known_instance", 2),
    ("accept_commit_of_replaced_member", 2),
    ("forget_offsets_on_rebalance", 4),
    ("answer_replacement_while_completing", 3),
    ("admit_while_completing", 3),
    ("keep_replacement_in_memory", 6),
    ("hide_leadership_from_returned", 4),
    ("delete_group_with_members", 3),
    ("delete_offset_of_subscribed_topic", 3),
    ("restore_older_record", 6),
    ("unload_after_load", 4),
    ("replicate_write_of_earlier_term", 5),
    ("accept_txn_commit_of_anyone", 2),
    ("commit_over_later_offset", 4),
];

#[test]
fn each_defect_of_the_model_is_noticed_by_kafka_at_the_step_that_it_changes() {
    let mut noticed = Vec::new();
    for mutation in Mutation::ALL.iter().filter(|m| m.rule().side() == Side::Coordinator) {
        let found = shortest_difference(*mutation);
        let found = found.unwrap_or_else(|| panic!("{mutation} is not seen from outside"));
        let report = judge(&found.trace);
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{mutation}: {report}");
        let finding = &report.failures.first().expect("a divergence").finding;
        assert_eq!(finding.step + 1, found.trace.steps.len(), "{mutation}: {report}");
        eprintln!(
            "    (\"{mutation}\", {}), // {} {:?}: {}",
            finding.step + 1,
            found.trace.scenario,
            finding.rule,
            finding.divergence
        );
        noticed.push((mutation.id(), finding.step + 1));
        let corrected = judge(&found.corrected());
        assert_eq!(corrected.conclusion(), Conclusion::Conforms, "{mutation}: {corrected}");
    }
    assert_eq!(noticed, DIVERGES_AT);
}

/// Replaces an error by acceptance.
fn accepting(response: &Response) -> Option<Response> {
    let none = || "NONE".to_owned();
    let mut accepted = response.clone();
    match &mut accepted {
        Response::FindCoordinator { error }
        | Response::JoinGroup { error, .. }
        | Response::SyncGroup { error, .. }
        | Response::Heartbeat { error }
        | Response::OffsetFetch { error, .. }
        | Response::DeleteGroups { error }
        | Response::DescribeGroups { error, .. }
        | Response::ListGroups { error, .. } => *error = none(),
        Response::LeaveGroup { error, members } => {
            *error = none();
            for (_, error) in members {
                *error = none();
            }
        }
        Response::OffsetDelete { error, errors } => {
            *error = none();
            for error in errors.values_mut().flat_map(BTreeMap::values_mut) {
                *error = none();
            }
        }
        Response::OffsetCommit { errors } | Response::TxnOffsetCommit { errors } => {
            for error in errors.values_mut().flat_map(BTreeMap::values_mut) {
                *error = none();
            }
        }
    }
    (accepted != *response).then_some(accepted)
}

/// For each rule of the coordinator that answers with an error the shortest trace that ends with it, in which the error is
/// not there.
fn accepting_traces() -> BTreeMap<Rule, Trace> {
    let mut shortest: BTreeMap<Rule, Trace> = BTreeMap::new();
    let traces = suite::traces(Release::V4_3, Extent::Small).expect("complete files");
    for trace in traces.iter().filter(|trace| trace.setting.serving == Serving::Active) {
        for (at, step) in trace.steps.iter().enumerate() {
            let [answer] = step.answers.as_slice() else { continue };
            let Some(response) = accepting(&answer.response) else { continue };
            let Some(rule) = step.rules.iter().copied().find(|rule| rule.side() == Side::Coordinator) else {
                continue;
            };
            if shortest.get(&rule).is_some_and(|known| known.steps.len() <= at + 1) {
                continue;
            }
            let mut steps = trace.steps[..=at].to_vec();
            if let Some(last) = steps.last_mut() {
                last.answers[0].response = response;
            }
            let name = format!("{rule}-accepted");
            shortest.insert(rule, Trace { name, steps, ..trace.clone() });
        }
    }
    shortest
}

#[test]
fn each_error_that_a_model_would_leave_out_is_noticed_by_kafka() {
    let traces = accepting_traces();
    for (rule, trace) in &traces {
        let report = judge(trace);
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{rule}: {report}");
        let step = report.failures.first().map(|failure| failure.finding.step + 1);
        assert_eq!(step, Some(trace.steps.len()), "{rule}: {report}");
    }
    assert!(traces.len() >= 20, "{:?}", traces.keys());
}
