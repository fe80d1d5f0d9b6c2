//! Every shipped scenario, searched to the end: its size, its depth and its verdicts.

use std::sync::Mutex;
use std::thread;

use muster_model::check::{Continue, Verdict, check};
use muster_model::scenarios::shipped;

// As in the binary: glibc's malloc makes two searches at a time slower than one after the other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Unique states, and steps from the first state to the farthest.
const SIZES: [(&str, usize, usize); 36] = [
    ("basic", 8_101, 42),
    ("three_records", 7_291, 41),
    ("three_partitions", 1_147_603, 52),
    ("two_topics", 168_091, 48),
    ("three_consumers", 126_025, 57),
    ("crash", 372_739, 62),
    ("give_up", 575_204, 60),
    ("expire", 258_092, 57),
    ("leave", 283_751, 60),
    ("discovery", 127_117, 60),
    ("release_3_9", 250_795, 57),
    ("round_robin", 8_101, 42),
    ("cooperative", 29_119, 49),
    ("cooperative_leave", 23_173, 55),
    ("cooperative_expire", 322_406, 54),
    ("grow", 258_233, 66),
    ("cooperative_grow", 44_197, 56),
    ("lost_suffix", 230_844, 57),
    ("tools", 318_764, 59),
    ("static_restart", 229_701, 57),
    ("static_twins", 595_693, 59),
    ("static_leave", 12_257, 48),
    ("static_expire", 137_087, 55),
    ("auto_commit", 6_713, 46),
    ("commit_sync", 203_728, 57),
    ("commit_on_revocation", 6_713, 46),
    ("poll_timeout", 153_581, 57),
    ("cooperative_poll_timeout", 94_861, 57),
    ("subscribe", 29_832, 56),
    ("cooperative_subscribe", 41_931, 62),
    ("cooperative_auto", 10_081, 47),
    ("sticky", 435_766, 63),
    ("sticky_mixed", 193_515, 49),
    ("cooperative_static", 132_740, 57),
    ("cooperative_mixed", 6_229, 46),
    ("hand_off", 2_379, 33),
];

/// What fits a check of seconds.
const MOST_STATES: usize = 7_000_000;

#[test]
fn every_shipped_scenario_is_as_expected_and_has_its_size() {
    let queue = Mutex::new(shipped());
    let sizes = Mutex::new(Vec::new());
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(scenario) = next() {
                    let report = check(&scenario, &mut |_| Continue::Yes);
                    let name = &scenario.name;
                    assert_eq!(report.undecided, None, "{name}");
                    for (property, verdict) in &report.verdicts {
                        let violated = scenario.expected_violations.contains(property);
                        let expected = match verdict {
                            Verdict::Holds => !violated,
                            Verdict::Violated(_) => violated,
                            Verdict::Undecided => false,
                        };
                        assert!(
                            expected,
                            "{name}: {property} {}",
                            if violated { "holds" } else { "is violated" }
                        );
                    }
                    assert!(report.is_as_expected(), "{name}");
                    sizes.lock().unwrap().push((scenario.name, report.states, report.depth));
                }
            });
        }
    });
    let mut sizes = sizes.into_inner().unwrap();
    sizes.sort_by_key(|(name, ..)| SIZES.iter().position(|(n, ..)| n == name));
    let expected: Vec<_> = SIZES.iter().map(|(n, s, d)| ((*n).to_owned(), *s, *d)).collect();
    assert_eq!(sizes, expected);
    assert!(sizes.iter().map(|(_, states, _)| states).sum::<usize>() <= MOST_STATES);
}
