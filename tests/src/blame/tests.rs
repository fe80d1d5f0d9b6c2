//! A divergence is held against the rule that made it.

use muster_model::trace::{Request, Timer, TimerChange};

use super::*;

fn request(rules: &[Rule], answers: &[(&str, Response)]) -> Step {
    let request = Request::Heartbeat {
        version: 4,
        empty_group_id: false,
        member: "m1".to_owned(),
        instance: None,
        generation: 1,
    };
    step(rules, Event::Request { connection: "c1#1".to_owned(), request }, answers)
}

fn step(rules: &[Rule], event: Event, answers: &[(&str, Response)]) -> Step {
    let answer = |(connection, response): &(&str, Response)| Answer {
        connection: (*connection).to_owned(),
        response: response.clone(),
    };
    let answers = answers.iter().map(answer).collect();
    Step { rules: rules.to_vec(), event, answers, timers: TimerChange::default(), choice: None }
}

fn on(connection: &str, aspect: Aspect) -> Divergence {
    let (expected, actual) = (String::new(), String::new());
    Divergence { connection: connection.to_owned(), aspect, expected, actual }
}

fn synced(error: &str) -> Response {
    Response::SyncGroup { error: error.to_owned(), assignment: None }
}

#[test]
fn what_differs_decides_among_the_rules_of_the_step() {
    let rules = [Rule::AdmitPendingMember, Rule::CompleteJoin, Rule::ElectLeader, Rule::HandOutAssignment];
    let blamed = |aspect| blame(&[request(&rules, &[])], &on("c1#1", aspect));
    assert_eq!(blamed(Aspect::Leader), Some(Rule::ElectLeader));
    assert_eq!(blamed(Aspect::Generation), Some(Rule::CompleteJoin));
    assert_eq!(blamed(Aspect::Assignment), Some(Rule::HandOutAssignment));
    assert_eq!(blamed(Aspect::Offsets), Some(Rule::AdmitPendingMember), "by default the first");
}

#[test]
fn a_missing_answer_is_held_against_the_rule_that_sends_it() {
    let rules = [Rule::ParkRejoinWhilePreparing, Rule::CancelParkedSyncs];
    let step = request(&rules, &[("c2#1", synced("REBALANCE_IN_PROGRESS"))]);
    assert_eq!(blame(&[step], &on("c2#1", Aspect::Missing)), Some(Rule::CancelParkedSyncs));
    let parked = request(&[Rule::StartRebalance, Rule::WaitForAllMembers], &[]);
    assert_eq!(blame(&[parked], &on("c1#1", Aspect::Extra)), Some(Rule::WaitForAllMembers));
}

#[test]
fn what_a_silent_timer_did_not_do_is_held_against_it() {
    let timer = Event::Timer { timer: Timer::Session { member: "m1".to_owned() } };
    let silent = step(&[Rule::ExpireMemberSession], timer, &[]);
    let shows = request(&[Rule::RejectHeartbeatOfUnknownMember], &[]);
    let steps = [silent, shows.clone()];
    assert_eq!(blame(&steps, &on("c1#1", Aspect::Error)), Some(Rule::ExpireMemberSession));
    assert_eq!(blame(&[shows], &on("c1#1", Aspect::Error)), Some(Rule::RejectHeartbeatOfUnknownMember));
}

#[test]
fn duties_of_the_client_are_never_blamed() {
    let step = request(&[Rule::AssignByRange, Rule::AcceptHeartbeat], &[]);
    assert_eq!(blame(&[step], &on("c1#1", Aspect::Error)), Some(Rule::AcceptHeartbeat));
    assert_eq!(blame(&[request(&[], &[])], &on("c1#1", Aspect::Error)), None);
}
