//! Each defect breaks the properties that it is listed with, and each property is broken by some defect. That the
//! same scenarios hold without the defect is shown by `shipped.rs`, where all of them are searched to the end.

use std::collections::BTreeSet;

use muster_model::check::{Continue, Progress, check, find_violation};
use muster_model::mutation::Mutation;
use muster_model::property::PropertyId;
use muster_model::scenarios::showing;

/// Steps of a shortest path, by defect and property.
const STEPS: [(&str, &str, usize); 52] = [
    ("accept_stale_commit", "stale_commit_fenced", 22),
    ("accept_commit_of_unknown_member", "stale_commit_fenced", 15),
    ("keep_generation_on_rebalance", "generation_monotonic", 11),
    ("reset_generation_when_empty", "generation_monotonic", 4),
    ("name_every_member_leader", "one_leader", 8),
    ("hand_out_whole_assignment", "one_owner_per_generation", 12),
    ("assign_to_wrong_member", "assignment_complete", 10),
    ("stable_on_follower_sync", "assignment_complete", 10),
    ("accept_stale_sync", "even_assignment", 15),
    ("answer_offset_past_committed", "no_record_skipped", 30),
    ("assign_twice", "assignment_disjoint", 9),
    ("skip_partition", "assignment_complete", 6),
    ("assign_from_own_subscription", "assignment_complete", 10),
    ("assign_all_to_first", "even_assignment", 10),
    ("merge_assignment", "live_owners_disjoint", 22),
    ("keep_stored_offsets", "committed_offset_monotonic", 47),
    ("assign_moving_at_once", "live_owners_disjoint", 24),
    ("assign_moving_at_once", "committed_offset_monotonic", 32),
    ("keep_revoked_partitions", "live_owners_disjoint", 30),
    ("skip_rejoin_after_revocation", "withheld_comes_back", 19),
    ("claim_without_generation", "sticky_keeps", 24),
    ("commit_before_processing", "no_record_skipped", 12),
    ("admit_known_instance", "one_member_per_instance", 2),
    ("accept_commit_of_replaced_member", "stale_commit_fenced", 12),
    ("skip_commit_before_join", "handover_repeats_nothing", 25),
    ("skip_commit_on_close", "handover_repeats_nothing", 23),
    ("skip_commit_on_revocation", "handover_repeats_nothing", 25),
    ("keep_lost_partitions", "committed_offset_monotonic", 42),
    ("commit_revoked_partition", "committed_offset_monotonic", 35),
    ("store_after_revocation", "committed_offset_monotonic", 34),
    ("commit_out_of_order", "committed_offset_monotonic", 18),
    ("commit_past_unprocessed", "no_record_skipped", 13),
    ("drop_buffer_of_returned", "no_record_skipped", 25),
    ("keep_partitions_without_member_id", "live_owners_disjoint", 38),
    ("keep_assignment_after_lost_sync", "committed_offset_monotonic", 45),
    ("take_failed_fetch_for_no_offset", "committed_offset_monotonic", 40),
    ("heed_highest_claims_only", "moving_partition_withheld", 32),
    ("believe_every_claim", "assignment_disjoint", 17),
    ("forget_offsets_on_rebalance", "committed_offset_monotonic", 21),
    ("poll_while_revoking", "handover_repeats_nothing", 28),
    ("keep_buffer_over_revocation", "committed_offset_monotonic", 45),
    ("answer_replacement_while_completing", "assignment_complete", 9),
    ("admit_while_completing", "even_assignment", 9),
    ("keep_replacement_in_memory", "acknowledged_is_durable", 10),
    ("delete_group_with_members", "committed_offset_monotonic", 15),
    ("delete_group_with_members", "generation_monotonic", 7),
    ("delete_offset_of_subscribed_topic", "committed_offset_monotonic", 15),
    ("restore_older_record", "acknowledged_is_durable", 20),
    ("unload_after_load", "committed_offset_monotonic", 15),
    ("replicate_write_of_earlier_term", "committed_offset_monotonic", 21),
    ("accept_txn_commit_of_anyone", "stale_commit_fenced", 14),
    ("commit_over_later_offset", "committed_offset_monotonic", 19),
];

fn on(_: Progress) -> Continue {
    Continue::Yes
}

#[test]
fn each_defect_breaks_what_it_is_listed_with() {
    let mut found = Vec::new();
    for mutation in Mutation::ALL {
        let scenario = showing(*mutation).unwrap();
        assert_eq!(scenario.expected_violations, mutation.breaks());
        for property in mutation.breaks() {
            let counterexample = find_violation(&scenario, *property, &mut on).unwrap();
            let counterexample = counterexample.unwrap_or_else(|| panic!("{mutation} keeps {property}"));
            assert!(!counterexample.reason.is_empty());
            found.push((mutation.id(), property.id(), counterexample.steps.len()));
        }
    }
    assert_eq!(found, STEPS);
}

#[test]
fn each_property_is_broken_by_some_defect() {
    let broken: BTreeSet<PropertyId> = Mutation::ALL.iter().flat_map(|m| m.breaks()).copied().collect();
    assert_eq!(broken, PropertyId::ALL.iter().copied().collect());
}

#[test]
fn a_defect_that_is_listed_with_none_breaks_none() {
    for mutation in Mutation::ALL.iter().filter(|m| m.breaks().is_empty()) {
        let scenario = showing(*mutation).unwrap();
        let report = check(&scenario, &mut on);
        assert_eq!(report.undecided, None);
        let broken: Vec<PropertyId> = report.violations().map(|violation| violation.property).collect();
        assert_eq!(broken, [], "{mutation}");
    }
}
