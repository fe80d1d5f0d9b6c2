//! The reference's assignors against the classes of Apache Kafka, on many random groups over several rounds each.
//! Nothing is left out: where Kafka's answer hangs on hash order or is an exception, the reference's is the same.
//! Needs Java and Maven.

#[path = "assignors/cases.rs"]
mod cases;
#[path = "assignors/faults.rs"]
mod faults;
#[path = "assignors/kafka.rs"]
mod kafka;
#[path = "assignors/model.rs"]
mod model;

use std::collections::BTreeMap;

use cases::{Case, rounds};
use muster_conformance::random::Random;
use muster_reference::assignor::{AssignError, Assignor, Shares, assign};

const GROUPS: u64 = 2_500;
const ROUNDS: usize = 5;

fn run(assignor: Assignor) -> Vec<(Case, Result<Shares, AssignError>)> {
    (0..GROUPS).flat_map(|seed| rounds(assignor, &mut Random::new(seed), ROUNDS)).collect()
}

/// One line a member, as the Java program prints them.
fn print(shares: &Result<Shares, AssignError>) -> String {
    match shares {
        Err(AssignError::QuotasDoNotAddUp) => "! IllegalStateException".to_owned(),
        Err(AssignError::MemberSetAside) => "! NullPointerException".to_owned(),
        Ok(shares) => {
            let share = |(member, partitions): (_, &Vec<_>)| {
                let mut partitions = partitions.clone();
                partitions.sort();
                let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
                format!("{member}={}", names.join(","))
            };
            shares.iter().map(share).collect::<Vec<_>>().join(" ")
        }
    }
}

fn check(assignor: Assignor) {
    let cases = run(assignor);
    let lines: Vec<String> = cases.iter().map(|(case, _)| case.line(assignor)).collect();
    let answers = kafka::answers(&lines);
    assert_eq!(answers.len(), cases.len());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for ((line, answer), (_, shares)) in lines.iter().zip(&answers).zip(&cases) {
        assert_eq!(&print(shares), answer, "{line}");
        let kind = if answer.starts_with('!') { answer.as_str() } else { "shares" };
        *seen.entry(kind).or_default() += 1;
    }
    assert!(seen["shares"] > cases.len() / 2, "{seen:?}");
}

#[test]
fn range_is_that_of_kafka() {
    check(Assignor::Range);
}

#[test]
fn round_robin_is_that_of_kafka() {
    check(Assignor::RoundRobin);
}

#[test]
fn sticky_is_that_of_kafka() {
    check(Assignor::Sticky);
}

#[test]
fn cooperative_sticky_is_that_of_kafka() {
    check(Assignor::CooperativeSticky);
}

#[test]
fn another_seed_gives_another_group() {
    let one = rounds(Assignor::Sticky, &mut Random::new(1), 2);
    let other = rounds(Assignor::Sticky, &mut Random::new(2), 2);
    assert_eq!(one, rounds(Assignor::Sticky, &mut Random::new(1), 2));
    assert_ne!(one, other);
    let first = &one[0].0;
    assert_eq!(assign(Assignor::Sticky, &first.topics, &first.subscribers, first.seen), one[0].1);
}
