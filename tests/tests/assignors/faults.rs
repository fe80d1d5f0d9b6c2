//! What goes wrong in Kafka's sticky assignors, and what it takes. `assignors.rs` shows that Kafka's own classes do the
//! same in each of these groups.

use std::collections::BTreeSet;

use super::cases::Case;
use super::{kafka, print, run};
use muster_reference::assignor::{
    AssignError, Assignor, Shares, Subscriber, TopicPartition, assign, highest_generation,
};
use muster_reference::coordinator::Generation;

/// What is wrong with an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// There is none: the leader's poll throws.
    Exception,
    /// Two members own a partition.
    GivenTwice,
    /// A member owns what it does not subscribe to.
    NotSubscribed,
    /// Nobody owns a partition, and nobody is to let go of it first.
    GivenToNobody,
    /// Two members with the same subscription differ by two or more.
    Uneven,
}

/// What is odd about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Oddity {
    /// A member owns a partition that does not exist: its topic was deleted and made anew with fewer.
    TopicShrank,
    /// A member claims what it does not subscribe to any more.
    Unsubscribed,
    /// A member subscribes to nothing, as with a pattern that no topic matches.
    NoSubscription,
}

fn faults(assignor: Assignor, case: &Case, shares: &Result<Shares, AssignError>) -> BTreeSet<Fault> {
    let Ok(shares) = shares else { return BTreeSet::from([Fault::Exception]) };
    let mut found = BTreeSet::new();
    let mut given = BTreeSet::new();
    if !shares.values().flatten().all(|partition| given.insert(partition)) {
        found.insert(Fault::GivenTwice);
    }
    let foreign = |s: &Subscriber| shares[&s.member].iter().any(|p| !s.topics.contains(&p.topic));
    if case.subscribers.iter().any(foreign) {
        found.insert(Fault::NotSubscribed);
    }
    let subscribed = case.subscribers.iter().flat_map(|s| &s.topics);
    let all = subscribed.flat_map(|topic| {
        let count = case.topics.get(topic).copied().unwrap_or(0);
        (0..count).map(|partition| TopicPartition { topic: topic.clone(), partition })
    });
    let claimed = |p: &TopicPartition| case.subscribers.iter().any(|s| s.owned.contains(p));
    let waits = |p: &TopicPartition| assignor.is_cooperative() && claimed(p);
    if all.into_iter().any(|p| !given.contains(&p) && !waits(&p)) {
        found.insert(Fault::GivenToNobody);
    }
    let alike = case.subscribers.iter().all(|s| s.topics == case.subscribers[0].topics);
    let loads = || case.subscribers.iter().map(|s| shares[&s.member].len());
    let apart = loads().max().unwrap_or(0) - loads().min().unwrap_or(0);
    if alike && !assignor.is_cooperative() && apart > 1 {
        found.insert(Fault::Uneven);
    }
    found
}

fn oddities(case: &Case) -> BTreeSet<Oddity> {
    let owned = || case.subscribers.iter().flat_map(|s| s.owned.iter().map(move |p| (s, p)));
    let mut found = BTreeSet::new();
    if owned().any(|(_, p)| case.topics.get(&p.topic).is_some_and(|count| *count <= p.partition)) {
        found.insert(Oddity::TopicShrank);
    }
    if owned().any(|(s, p)| !s.topics.contains(&p.topic)) {
        found.insert(Oddity::Unsubscribed);
    }
    if case.subscribers.iter().any(|s| s.topics.is_empty()) {
        found.insert(Oddity::NoSubscription);
    }
    found
}

#[test]
fn without_an_odd_group_nothing_goes_wrong() {
    let (mut plain, mut seen) = (0, BTreeSet::new());
    for assignor in [Assignor::Sticky, Assignor::CooperativeSticky] {
        for (case, shares) in run(assignor) {
            let (faults, oddities) = (faults(assignor, &case, &shares), oddities(&case));
            if oddities.is_empty() {
                assert_eq!(faults, BTreeSet::new(), "{}", case.line(assignor));
                plain += 1;
            }
            seen.extend(faults);
        }
    }
    assert!(plain > 10_000, "{plain}");
    let expected = [Fault::Exception, Fault::GivenTwice, Fault::NotSubscribed, Fault::GivenToNobody];
    assert_eq!(seen, BTreeSet::from(expected), "what went wrong in odd groups");
}

/// A member: id, subscription, what it owns and since which generation.
fn member(id: &str, topics: &[&str], owned: &[(&str, i32)], generation: i32) -> Subscriber {
    let partition =
        |(topic, partition): &(&str, i32)| TopicPartition { topic: (*topic).into(), partition: *partition };
    Subscriber {
        member: id.into(),
        instance: None,
        topics: topics.iter().map(|topic| (*topic).into()).collect(),
        owned: owned.iter().map(partition).collect(),
        owned_in: Some(Generation(generation)),
        generation: Some(Generation(generation)),
    }
}

/// Both sticky assignors, the reference's and Kafka's, find this in the group.
fn check(topics: &[(&str, i32)], members: &[Subscriber], expected: Fault) {
    for assignor in [Assignor::Sticky, Assignor::CooperativeSticky] {
        let topics = topics.iter().map(|(topic, count)| ((*topic).into(), *count)).collect();
        let case = Case { topics, subscribers: members.to_vec(), seen: Generation::NONE, fresh: true };
        assert_eq!(highest_generation(members, Generation::NONE), Generation(2));
        let shares = assign(assignor, &case.topics, members, Generation::NONE);
        assert_eq!(kafka::answers(&[case.line(assignor)]), [print(&shares)]);
        assert!(faults(assignor, &case, &shares).contains(&expected), "{shares:?}");
    }
}

#[test]
fn a_topic_that_shrank_makes_two_owners() {
    let one = member("one", &["a", "b"], &[("a", 1)], 2);
    let other = member("other", &["b"], &[("b", 0), ("b", 1), ("b", 2)], 2);
    check(&[("a", 1), ("b", 3)], &[one, other], Fault::GivenTwice);
}

#[test]
fn a_topic_that_shrank_ends_the_poll_of_the_leader() {
    let one = member("one", &["a"], &[("a", 2)], 2);
    let other = member("other", &["a"], &[("a", 0)], 2);
    check(&[("a", 2)], &[one, other], Fault::Exception);
}

#[test]
fn a_member_that_subscribes_to_nothing_is_given_something() {
    // `p` comes before `q` in the hash map; the other way round nothing goes wrong.
    let one = member("q", &["a"], &[], 2);
    let none = member("p", &[], &[], 2);
    check(&[("a", 2)], &[one, none], Fault::NotSubscribed);
}

/// An earlier owner gets its partition back although it does not subscribe to it any more.
#[test]
fn a_member_that_unsubscribed_and_missed_a_round_is_given_it_back() {
    let busy = member("busy", &["a"], &[("a", 0), ("a", 1), ("a", 2)], 2);
    let (new, other) = (member("new", &["a"], &[], 2), member("other", &["b"], &[("b", 0)], 2));
    let former = member("former", &["b"], &[("a", 0)], 1);
    check(&[("a", 3), ("b", 1)], &[busy, new, other, former], Fault::NotSubscribed);
}

#[test]
fn a_member_that_unsubscribed_and_is_set_aside_ends_the_poll_of_the_leader() {
    let busy = member("busy", &["a"], &[("a", 0), ("a", 1), ("a", 2)], 2);
    let new = member("new", &["a"], &[], 2);
    let former = member("former", &["b"], &[("a", 0)], 1);
    check(&[("a", 3), ("b", 1)], &[busy, new, former], Fault::Exception);
}
