//! The museum: each defect is found within its bounds, is absent from them without its mutation, and reproduces from its
//! committed trace. With `MUSTER_WRITE_MUSEUM` set the traces are written.

use std::collections::BTreeSet;
use std::path::Path;

use muster_model::check::{Continue, Progress};
use muster_model::liveness::LivenessId;
use muster_model::museum::{Broken, Bug, Exhibit, Mismatch, all, find, replay};
use muster_model::property::PropertyId;

// As in the binary: glibc's malloc makes two searches at a time slower than one after the other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Steps of the shortest counterexample, and states without the defect.
const EXHIBITS: [(&str, usize, usize); 39] = [
    ("stored_offset_outlives_revocation", 45, 13_295),
    ("commit_of_revoked_partition", 35, 53_139),
    ("ack_after_revocation", 34, 53_139),
    ("commits_reordered", 18, 38),
    ("commit_past_unfinished", 13, 38),
    ("position_committed_before_poll_returns", 12, 23),
    ("buffer_of_returned_partition_dropped", 25, 3_555),
    ("lost_sync_answer_ignored", 45, 228_802),
    ("failed_fetch_taken_for_no_offset", 40, 228_802),
    ("records_handed_out_after_last_commit", 28, 2_415),
    ("buffer_outlives_revocation", 45, 13_295),
    ("moving_partition_not_withheld", 24, 5_265),
    ("laggard_claims_ignored", 32, 1_026_985),
    ("every_claim_believed", 17, 703),
    ("partitions_kept_without_member_id", 38, 51_392),
    ("assigns_from_own_subscription", 10, 589),
    ("lost_partitions_kept", 42, 72_085),
    ("old_claim_taken_for_new", 24, 5_793),
    ("revocation_without_rejoin", 19, 703),
    ("rebalance_timeout_zero", 16, 383),
    ("idle_member_sends_no_heartbeat", 20, 1_033),
    ("commit_never_lets_it_join", 21, 383),
    ("delta_taken_for_whole", 38, 927),
    ("last_read_committed", 14, 23),
    ("restarted_leader_not_told", 23, 253),
    ("offsets_expire_during_rebalance", 21, 1_575),
    ("assignment_without_all_members", 9, 647),
    ("stale_commit_accepted", 22, 88_984),
    ("generations_start_again", 11, 15),
    ("everybody_leads", 8, 319),
    ("everybody_gets_everything", 12, 319),
    ("instance_joins_twice", 2, 183),
    ("replaced_member_gets_nothing", 9, 10_891),
    ("replacement_not_persisted", 10, 503),
    ("older_chunk_of_log_wins", 20, 4_931),
    ("load_and_unload_out_of_order", 15, 115),
    ("stale_write_of_earlier_term", 21, 511),
    ("plain_commit_races_txn", 19, 81),
    ("txn_commit_without_member", 14, 81),
];

fn on(_: Progress) -> Continue {
    Continue::Yes
}

fn shown() -> impl Iterator<Item = &'static Bug> {
    all().filter(|bug| bug.shown().is_some())
}

#[test]
fn each_defect_is_found_and_absent_without_its_mutation() {
    let mut seen = Vec::new();
    for bug in shown() {
        let found = bug.find(&mut on).unwrap().unwrap_or_else(|| panic!("{} is not found", bug.id));
        assert!(!found.reason.is_empty());
        let fixed = bug.check_without(&mut on).unwrap();
        assert!(fixed.undecided.is_none() && fixed.is_as_expected(), "{}", bug.id);
        seen.push((bug.id, found.steps.len(), fixed.states));
        if std::env::var_os("MUSTER_WRITE_MUSEUM").is_some() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("museum/{}.json", bug.id));
            found.narration(bug).unwrap().trace.save(&file).unwrap();
        }
    }
    assert_eq!(seen, EXHIBITS);
}

#[test]
fn each_committed_trace_shows_its_defect() {
    for bug in shown() {
        let trace = bug.trace().unwrap_or_else(|| panic!("{} has no trace", bug.id)).unwrap();
        let found = replay(bug, &trace).unwrap_or_else(|why| panic!("{}: {why}", bug.id));
        assert_eq!(found.narration(bug).unwrap().trace, trace, "{}", bug.id);
    }
}

#[test]
fn a_trace_that_stops_too_early_or_is_of_another_defect_is_refused() {
    let bug = find("commits_reordered").unwrap();
    let mut trace = bug.trace().unwrap().unwrap();
    trace.steps.pop();
    assert_eq!(replay(bug, &trace).unwrap_err(), Mismatch::Holds);
    let other = find("everybody_leads").unwrap();
    assert!(matches!(replay(other, &trace).unwrap_err(), Mismatch::Step(_)));
}

#[test]
fn every_property_is_broken_by_an_exhibit() {
    let broken: BTreeSet<Broken> = shown().filter_map(|bug| Some(bug.shown()?.property)).collect();
    let safety = PropertyId::ALL.iter().map(|property| Broken::Safety(*property));
    let liveness = LivenessId::ALL.iter().map(|property| Broken::Liveness(*property));
    assert_eq!(broken, safety.chain(liveness).collect());
}

#[test]
fn the_catalogue_is_complete() {
    let ids: BTreeSet<&str> = all().map(|bug| bug.id).collect();
    assert_eq!(ids.len(), all().count(), "an id is used twice");
    assert!(shown().count() >= 30, "{}", shown().count());
    for bug in all() {
        assert!(bug.id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", bug.id);
        match bug.exhibit {
            Exhibit::Shown(_) => assert!(bug.story.split(". ").count() >= 2, "{} has no story", bug.id),
            Exhibit::Unshown(why) => assert!(!why.is_empty() && !bug.sources.is_empty(), "{}", bug.id),
        }
        for source in bug.sources {
            assert!(find(&source.name()).is_some() && source.url().starts_with("https://"));
        }
    }
}
