//! The generated traces: what they cover, and that they are what the model does.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use muster_model::generate::{Extent, Suite, suite};
use muster_model::trace::{Event, Release};
use muster_specs::{Chapter, Exception, Lacks, Rule, Side};

/// Made once for all tests.
fn suite_of(release: Release) -> &'static Suite {
    static OF_3_9: LazyLock<Suite> = LazyLock::new(|| suite(Release::V3_9, Extent::Small));
    static OF_4_3: LazyLock<Suite> = LazyLock::new(|| suite(Release::V4_3, Extent::Small));
    match release {
        Release::V3_9 => &OF_3_9,
        Release::V4_3 => &OF_4_3,
    }
}

#[test]
fn every_transition_of_the_stated_scenarios_is_taken() {
    let suite = suite_of(Release::V4_3);
    assert_eq!(suite.covered(), suite.reachable());
    assert_eq!(suite.covered_by(suite.traces.iter().map(|t| t.name.as_str())), suite.reachable());
    assert!(suite.covered_by([suite.traces[0].name.as_str()]) < 50);
    let sizes: Vec<_> =
        suite.scenarios.iter().map(|s| (s.scenario.as_str(), s.places, s.reachable)).collect();
    assert_eq!(
        sizes,
        [
            ("arbitrary", 353, 17_253),
            ("arbitrary_protocols", 173, 8_459),
            ("arbitrary_static", 665, 45_430),
            ("arbitrary_static_full", 35, 1_800),
            ("arbitrary_failover", 279, 13_516),
            ("loading", 1, 49),
            ("not_coordinator", 1, 49),
            ("not_available", 1, 49),
            ("arbitrary_tools", 185, 4_109),
            ("arbitrary_retention", 289, 6_624),
            ("arbitrary_replication", 342, 16_654),
            ("arbitrary_appends", 130, 6_061),
            ("arbitrary_appends_static", 186, 11_159),
            ("arbitrary_lost_suffix", 493, 20_480),
            ("arbitrary_transactions", 864, 17_189),
            ("arbitrary_open_offsets", 96, 1_981)
        ]
    );
}

#[test]
fn the_scala_coordinator_has_a_relation_of_its_own() {
    let suite = suite_of(Release::V3_9);
    assert_eq!(suite.covered(), suite.reachable());
    assert_eq!((suite.scenarios[0].places, suite.scenarios[0].reachable), (219, 10_749));
}

#[test]
fn every_rule_of_the_coordinator_is_followed_by_some_trace() {
    for release in [Release::V3_9, Release::V4_3] {
        let suite = suite_of(release);
        let followed: BTreeSet<Rule> =
            suite.traces.iter().flat_map(|t| &t.steps).flat_map(|s| s.rules.iter().copied()).collect();
        let excepted: BTreeSet<Rule> = Exception::all()
            .unwrap()
            .iter()
            .filter(|exception| exception.lacks == Lacks::Trace)
            .map(|exception| exception.rule)
            .collect();
        assert_eq!(followed.intersection(&excepted).collect::<Vec<_>>(), Vec::<&Rule>::new());
        let wanted = |r: &&Rule| r.side() == Side::Coordinator && !excepted.contains(r);
        let missing: Vec<_> = Rule::ALL.iter().filter(wanted).filter(|r| !followed.contains(r)).collect();
        // Failed appends and transactions are in the scenarios of 4.3 alone.
        let of_4_3 = |r: &&Rule| **r == Rule::UndoReplacement || r.chapter() == Chapter::Transactions;
        let unreached: Vec<&Rule> = match release {
            Release::V3_9 => Rule::ALL.iter().filter(of_4_3).collect(),
            Release::V4_3 => Vec::new(),
        };
        assert_eq!(missing, unreached, "rules that no trace of {release} follows");
    }
}

/// A connection serves one request at a time: nothing is sent where an answer is awaited.
#[test]
fn no_request_is_sent_on_a_connection_that_waits() {
    for trace in &suite_of(Release::V4_3).traces {
        let mut waiting = BTreeSet::new();
        for (i, step) in trace.steps.iter().enumerate() {
            if let Event::Request { connection, .. } = &step.event {
                assert!(waiting.insert(connection.clone()), "{} step {i}: {connection} waits", trace.name);
            }
            for answer in &step.answers {
                assert!(waiting.remove(&answer.connection), "{} step {i}: an answer to nothing", trace.name);
            }
        }
    }
}
