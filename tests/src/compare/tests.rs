//! What counts as the same answer.

use muster_model::trace::{Event, Joined, Partitions, TimerChange};

use super::*;
use crate::system::Defect;

fn joined(error: &str, leader: &str, member: &str, members: &[&str]) -> Response {
    Response::JoinGroup {
        error: error.to_owned(),
        // With most errors nothing is told of the group.
        generation: if error == "NONE" { 1 } else { -1 },
        protocol_name: Some("range".to_owned()),
        leader: leader.to_owned(),
        member: member.to_owned(),
        members: members
            .iter()
            .map(|m| Joined {
                member: (*m).to_owned(),
                instance: None,
                topics: vec!["t".to_owned()],
                claim: None,
            })
            .collect(),
        skip_assignment: false,
    }
}

fn step(answers: &[(&str, Response)]) -> Step {
    let answers = answers.iter().map(|(c, r)| Answer { connection: (*c).to_owned(), response: r.clone() });
    let event = Event::Consumer { consumer: "c1".to_owned(), act: String::new() };
    Step {
        rules: Vec::new(),
        event,
        answers: answers.collect(),
        timers: TimerChange::default(),
        choice: None,
    }
}

fn got(answers: &[(&str, Response)]) -> Vec<Received> {
    let one = |(c, r): &(&str, Response)| Received { connection: (*c).to_owned(), answer: Ok(r.clone()) };
    answers.iter().map(one).collect()
}

fn aspect(matched: &Match) -> Option<Aspect> {
    match matched {
        Match::Differs(divergence) => Some(divergence.aspect),
        Match::Same | Match::OtherChoice => None,
    }
}

fn two() -> Step {
    step(&[("c1", joined("NONE", "m1", "m1", &["m1", "m2"])), ("c2", joined("NONE", "m1", "m2", &[]))])
}

#[test]
fn ids_stand_for_symbols_and_the_order_of_answers_and_members_is_free() {
    let mut symbols = Symbols::default();
    let received =
        got(&[("c2", joined("NONE", "a", "b", &[])), ("c1", joined("NONE", "a", "a", &["b", "a"]))]);
    assert_eq!(compare(&two(), &received, &mut symbols), Match::Same);
    assert_eq!((symbols.id("m1").as_str(), symbols.id("m2").as_str()), ("a", "b"));
}

#[test]
fn each_field_of_an_answer_without_error_counts() {
    let other =
        |received: &[(&str, Response)]| aspect(&compare(&two(), &got(received), &mut Symbols::default()));
    let second = ("c2", joined("NONE", "a", "b", &[]));
    let wrong_leader = [("c1", joined("NONE", "b", "a", &["a", "b"])), second.clone()];
    assert_eq!(other(&wrong_leader), Some(Aspect::Leader));
    assert_eq!(other(&[("c1", joined("NONE", "a", "a", &["a"])), second.clone()]), Some(Aspect::Members));
    let one_id = [("c1", joined("NONE", "b", "b", &["b"])), second.clone()];
    assert_eq!(other(&one_id), Some(Aspect::Member), "two symbols with one id");
    assert_eq!(other(std::slice::from_ref(&second)), Some(Aspect::Missing));
    let first = ("c1", joined("NONE", "a", "a", &["a", "b"]));
    assert_eq!(other(&[first.clone(), second.clone(), ("c3", second.1.clone())]), Some(Aspect::Extra));
    assert_eq!(other(&[first, ("c2", joined("UNKNOWN_MEMBER_ID", "", "", &[]))]), Some(Aspect::Error));
}

#[test]
fn with_an_error_only_the_error_counts() {
    let expected = step(&[("c1", joined("UNKNOWN_MEMBER_ID", "", "m1", &[]))]);
    let received = got(&[("c1", joined("UNKNOWN_MEMBER_ID", "x", "whatever", &[]))]);
    let mut symbols = Symbols::default();
    assert_eq!(compare(&expected, &received, &mut symbols), Match::Same);
    assert!(!symbols.is_bound("m1"), "an error tells no id");
    let expected = step(&[("c1", joined("MEMBER_ID_REQUIRED", "", "m1", &[]))]);
    let nothing = got(&[("c1", joined("MEMBER_ID_REQUIRED", "", "", &[]))]);
    assert_eq!(aspect(&compare(&expected, &nothing, &mut symbols)), Some(Aspect::Member));
    let told = got(&[("c1", joined("MEMBER_ID_REQUIRED", "", "a", &[]))]);
    assert_eq!(compare(&expected, &told, &mut symbols), Match::Same);
    assert_eq!(symbols.id("m1"), "a");
}

#[test]
fn another_leader_among_those_allowed_is_a_choice_and_no_divergence() {
    let choice = Choice::Leader { chosen: "m1".to_owned(), among: vec!["m1".to_owned(), "m2".to_owned()] };
    let expected = Step { choice: Some(choice), ..two() };
    let other = got(&[("c1", joined("NONE", "b", "a", &[])), ("c2", joined("NONE", "b", "b", &["a", "b"]))]);
    assert_eq!(compare(&expected, &other, &mut Symbols::default()), Match::OtherChoice);
    let nobody = got(&[("c1", joined("NONE", "z", "a", &[])), ("c2", joined("NONE", "z", "b", &[]))]);
    assert_eq!(aspect(&compare(&expected, &nobody, &mut Symbols::default())), Some(Aspect::Leader));
}

#[test]
fn an_empty_assignment_is_not_no_assignment() {
    let synced = |assignment| Response::SyncGroup { error: "NONE".to_owned(), assignment };
    let expected = step(&[("c1", synced(None))]);
    let received = got(&[("c1", synced(Some(Partitions::new())))]);
    assert_eq!(aspect(&compare(&expected, &received, &mut Symbols::default())), Some(Aspect::Assignment));
}

#[test]
fn a_closed_connection_is_a_divergence() {
    let received = vec![Received { connection: "c1".to_owned(), answer: Err(Defect::Closed) }];
    let Match::Differs(divergence) = compare(&two(), &received, &mut Symbols::default()) else {
        panic!("it must differ");
    };
    assert_eq!(divergence.aspect, Aspect::Connection);
    assert_eq!(divergence.actual, "the connection was closed");
}
