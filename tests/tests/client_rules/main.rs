//! The judge of clients judges: a small client that keeps every rule passes, and one that breaks a rule is found out.
//!
//! The client is this test program itself, started again with the one test `a_member_of_a_group`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "a client waits")]

mod assignment;
mod member;
mod wire;

use std::{env, thread};

use muster_conformance::client::{ClientReport, Options, Scenario, Standing, judge};
use muster_conformance::report::Conclusion;
use muster_reference::broker::ClientRule;

/// The rule that the client breaks, and where it is seen.
const BREAKS: [(ClientRule, Scenario); 20] = [
    (ClientRule::CommitsOwnPartitions, Scenario::Rebalance),
    (ClientRule::CommitsWhatExists, Scenario::Join),
    (ClientRule::AssignsPartitionOnce, Scenario::Rebalance),
    (ClientRule::AssignsSubscribedTopics, Scenario::Join),
    (ClientRule::LeaderAssigns, Scenario::Follow),
    (ClientRule::HeedsRefusal, Scenario::Expiry),
    (ClientRule::FetchesOwnPartitions, Scenario::Rebalance),
    (ClientRule::FetchesFromCommitted, Scenario::Rebalance),
    (ClientRule::SendsWholeSubscription, Scenario::Join),
    (ClientRule::TakesMemberId, Scenario::Join),
    (ClientRule::DropsUnknownMemberId, Scenario::HeartbeatErrors),
    (ClientRule::KeepsMemberId, Scenario::HeartbeatErrors),
    (ClientRule::RejoinsWhenTold, Scenario::CommitErrors),
    (ClientRule::LooksForCoordinator, Scenario::HeartbeatErrors),
    (ClientRule::UsesJoinedGeneration, Scenario::Join),
    (ClientRule::BacksOff, Scenario::CommitErrors),
    (ClientRule::StopsWhenFenced, Scenario::Fenced),
    (ClientRule::ComesBack, Scenario::HeartbeatErrors),
    (ClientRule::BacksOff, Scenario::FatalErrors),
    (ClientRule::LeavesWhenSlow, Scenario::MaxPoll),
];

/// The client; without a broker it says what it can break.
#[test]
fn a_member_of_a_group() {
    let Ok(bootstrap) = env::var("MUSTER_BOOTSTRAP") else {
        let mut broken: Vec<_> = BREAKS.iter().map(|(rule, _)| *rule).collect();
        broken.sort_unstable();
        broken.dedup();
        assert_eq!(broken, ClientRule::ALL, "each rule has a client that breaks it");
        return;
    };
    member::run(&bootstrap, env::var("MUSTER_BREAKS").ok().and_then(|rule| rule.parse().ok()));
}

fn judged(breaks: Option<ClientRule>, scenarios: &[Scenario]) -> ClientReport {
    let mut command = vec!["env".to_owned()];
    command.extend(breaks.map(|rule| format!("MUSTER_BREAKS={rule}")));
    command.push(env::current_exe().unwrap().display().to_string());
    command.extend(["--exact", "a_member_of_a_group", "--nocapture"].map(str::to_owned));
    let rules = ClientRule::ALL.to_vec();
    judge(&Options { command, scenarios: scenarios.to_vec(), rules, jobs: Scenario::ALL.len() }, |_| ())
        .unwrap()
}

#[test]
fn a_client_that_keeps_every_rule_passes() {
    let is_whole = |report: &ClientReport| {
        ClientRule::ALL.iter().all(|rule| matches!(report.standing(*rule), Standing::Passed(1..)))
    };
    let first = judged(None, Scenario::ALL);
    // On a busy machine a client may be too slow for a scenario, which then puts nothing to the test.
    let report = if is_whole(&first) { first } else { judged(None, Scenario::ALL) };
    assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    for rule in ClientRule::ALL {
        assert!(
            matches!(report.standing(*rule), Standing::Passed(1..)),
            "{rule} is put to the test: {report}"
        );
    }
}

#[test]
fn a_client_that_does_not_join_is_no_pass() {
    let options = Options {
        command: vec!["true".to_owned()],
        scenarios: vec![Scenario::Join],
        rules: ClientRule::ALL.to_vec(),
        jobs: 1,
    };
    let report = judge(&options, |_| ()).unwrap();
    assert_eq!(report.conclusion(), Conclusion::Undecided, "{report}");
    assert!(report.undecided[0].1.contains("no working member"), "{report}");
}

/// What is wrong with what is said of a client that breaks a rule.
fn missed(rule: ClientRule, scenario: Scenario) -> Option<String> {
    let report = judged(Some(rule), &[scenario]);
    let (text, told) = (report.to_string(), report.to_json());
    let is_found = report.standing(rule) == Standing::Failed && report.conclusion() == Conclusion::Diverges;
    let says_what = text.contains(rule.must()) && text.contains(&format!("--scenario {scenario} --"));
    let failures = told["failures"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_told = failures.iter().any(|failure| failure["rule"] == rule.id());
    (!is_found || !says_what || !is_told).then_some(format!("{rule} is broken in {scenario}: {text}"))
}

/// All at once, since most of their time is waiting. What a busy machine left unseen is looked for again, alone.
#[test]
fn each_broken_rule_is_found() {
    let unseen: Vec<_> = thread::scope(|scope| {
        let seen = |rule, scenario| missed(rule, scenario).map(|_| (rule, scenario));
        let clients = BREAKS.map(|(rule, scenario)| scope.spawn(move || seen(rule, scenario)));
        clients.into_iter().filter_map(|client| client.join().unwrap()).collect()
    });
    let missed: Vec<String> =
        unseen.into_iter().filter_map(|(rule, scenario)| missed(rule, scenario)).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
