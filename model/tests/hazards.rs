//! Each hazard's scenario shows that its claim is false and keeps every safety property; each remedy's is searched to
//! the end, and the claim holds there.

use std::collections::BTreeSet;

use muster_model::check::{Continue, Verdict, check};
use muster_model::hazard::{GUIDES, MISCONCEPTIONS, PITFALLS, hazards, page};
use muster_model::property::PropertyId;
use muster_model::scenario::Scenario;
use muster_model::scenarios::all;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The steps of a shortest path to a state in which the claim is false.
const FALSE_AFTER: [(&str, usize); 18] = [
    ("processed_exactly_once", 24),
    ("no_two_processors_at_once", 20),
    ("no_stale_overwrite", 26),
    ("record_order_preserved", 26),
    ("order_across_topics", 15),
    ("unrelated_members_undisturbed", 15),
    ("unrelated_commits_undisturbed", 17),
    ("slow_member_delays_nobody", 20),
    ("every_member_owns_something", 10),
    ("idle_members_help", 24),
    ("even_load_across_topics", 10),
    ("late_commit_is_harmless", 23),
    ("auto_commit_never_loses", 12),
    ("kept_static_member_is_fenced", 23),
    ("fetched_offset_is_final", 28),
    ("generation_identifies_assignment", 26),
    ("leave_is_final", 14),
    ("leader_notices_new_partitions", 16),
];

/// Unique states of a scenario in which the claim holds.
const HOLDS_IN: [(&str, usize); 6] = [
    ("no_stale_overwrite_fenced", 125_878),
    ("no_stale_overwrite_offset_with_result", 129_834),
    ("record_order_preserved_offset_with_result", 129_834),
    ("unrelated_members_undisturbed_cooperative", 4_433),
    ("auto_commit_never_loses_in_a_poll_loop", 2_415),
    ("fetched_offset_is_final_require_stable", 2_479),
];

#[test]
fn each_claim_is_false_after_so_many_steps() {
    let steps: Vec<(String, usize)> =
        hazards().iter().map(|h| (h.name().to_owned(), steps(&h.scenario))).collect();
    let expected: Vec<(String, usize)> = FALSE_AFTER.map(|(name, steps)| (name.to_owned(), steps)).into();
    assert_eq!(steps, expected);
}

fn steps(scenario: &Scenario) -> usize {
    let report = check(scenario, &mut |_| Continue::Yes);
    assert!(report.is_as_expected(), "{}", scenario.name);
    assert_eq!(report.undecided, None);
    let found = report.violations().find(|v| Some(v.property) == scenario.claim);
    let steps = found.map_or(0, |v| v.steps.len());
    assert_eq!(scenario.claim.map(PropertyId::id), Some(scenario.name.as_str()));
    steps
}

#[test]
fn each_remedy_makes_its_claim_true() {
    let remedies = hazards().into_iter().flat_map(|h| h.remedies);
    let states = remedies.map(|remedy| {
        let report = check(&remedy, &mut |_| Continue::Yes);
        assert_eq!(report.undecided, None, "{}", remedy.name);
        let holds = |(_, verdict): &(PropertyId, Verdict)| matches!(verdict, Verdict::Holds);
        assert!(report.verdicts.iter().all(holds), "{}", remedy.name);
        assert!(report.verdicts.iter().any(|(p, _)| Some(*p) == remedy.claim));
        (remedy.name, report.states)
    });
    let expected: Vec<(String, usize)> = HOLDS_IN.map(|(name, states)| (name.to_owned(), states)).into();
    assert_eq!(states.collect::<Vec<_>>(), expected);
}

#[test]
fn each_hazard_has_a_page_and_each_page_a_hazard() {
    let named: Vec<&str> = hazards().iter().map(muster_model::hazard::Hazard::name).collect();
    assert_eq!(named, muster_specs::hazard_names().collect::<Vec<_>>());
    assert_eq!(named.len(), muster_model::scenarios::hazards().len());
    for hazard in hazards() {
        let pages = [&hazard.scenario].into_iter().chain(&hazard.remedies).map(|s| page(&s.name));
        assert!(pages.into_iter().all(|of| of == Some(hazard.page)));
    }
    assert_eq!(page("basic"), None);
}

/// The names in backquotes of a text that look like those of scenarios.
fn quoted(text: &str) -> Vec<&str> {
    let odd = text.split('`').skip(1).step_by(2);
    odd.filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()))
        .collect()
}

#[test]
fn pages_and_the_table_name_scenarios_that_there_are() {
    let names: BTreeSet<String> = all().into_iter().map(|scenario| scenario.name).collect();
    for hazard in hazards() {
        let (_, last) = hazard.page.rsplit_once("Scenario:").unwrap();
        assert_eq!(quoted(last), [hazard.name()]);
        let in_words = hazard.page.lines().skip(1).collect::<Vec<_>>().join(" ");
        let sentences = in_words.matches(". ").count() + in_words.matches(": ").count();
        assert!((3..=30).contains(&sentences), "{}: {sentences}", hazard.name());
        for remedy in &hazard.remedies {
            assert!(hazard.page.contains(&format!("`{}`", remedy.name)), "{}", remedy.name);
        }
    }
    let rows = PITFALLS.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells: Vec<&str> = rows.filter_map(|row| row.trim_end_matches(" |").rsplit('|').next()).collect();
    let pointed: BTreeSet<String> = cells.iter().flat_map(|cell| quoted(cell)).map(str::to_owned).collect();
    assert!(cells.len() >= 20 && cells.iter().all(|cell| !quoted(cell).is_empty()));
    let unknown: Vec<&String> = pointed.difference(&names).filter(|name| *name != "misconceptions").collect();
    assert_eq!(unknown, Vec::<&String>::new());
    assert!(hazards().iter().all(|hazard| pointed.contains(hazard.name())));
    assert!(MISCONCEPTIONS.matches("**").count() >= 20);
}

#[test]
fn guides_name_scenarios_that_there_are_and_every_hazard_is_in_one() {
    let names: BTreeSet<String> = all().into_iter().map(|scenario| scenario.name).collect();
    let guides: BTreeSet<&str> = GUIDES.iter().map(|(name, _)| *name).collect();
    assert_eq!(guides.len(), GUIDES.len());
    assert!(guides.iter().all(|guide| !names.contains(*guide)), "a page hides a scenario");
    for (guide, text) in GUIDES {
        assert!(text.starts_with("# ") && text.lines().count() > 15, "{guide}");
        // Scenarios have an underscore; of words without one, these are settings and strategies of Kafka.
        let quoted = quoted(text).into_iter().filter(|word| word.contains('_'));
        let wrong: Vec<&str> = quoted.filter(|w| !names.contains(*w) && !KAFKAS_WORDS.contains(w)).collect();
        assert_eq!(wrong, Vec::<&str>::new(), "{guide}");
    }
}

/// Words of Kafka's with an underscore: values of settings, a topic, and a field.
const KAFKAS_WORDS: [&str; 4] =
    ["read_uncommitted", "read_committed", "__consumer_offsets", "require_stable"];
