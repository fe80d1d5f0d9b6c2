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

fn elected() -> Step {
    let event = Event::Control { control: muster_model::trace::Control::Elect };
    step(&[Rule::RestoreMembersAsStable, Rule::RestartSessionTimer], event, &[])
}

fn joined(member: &str) -> Response {
    Response::JoinGroup {
        error: "NONE".to_owned(),
        generation: 1,
        protocol_name: None,
        leader: String::new(),
        member: member.to_owned(),
        members: Vec::new(),
        skip_assignment: false,
    }
}

#[test]
fn a_member_that_a_new_coordinator_does_not_know_is_held_against_what_should_have_kept_it() {
    let unknown = Divergence {
        expected: "NONE".to_owned(),
        actual: "UNKNOWN_MEMBER_ID".to_owned(),
        ..on("c1#1", Aspect::Error)
    };
    let beat = || request(&[Rule::AcceptHeartbeat], &[]);
    let replaced = || {
        request(&[Rule::ReplaceStaticMember, Rule::KeepAssignmentOnReplacement], &[("c1#1", joined("m1"))])
    };
    let blamed = |steps: &[Step]| blame(steps, &unknown);
    assert_eq!(blamed(&[elected(), beat()]), Some(Rule::RestoreMembersAsStable));
    assert_eq!(blamed(&[replaced(), elected(), beat()]), Some(Rule::KeepAssignmentOnReplacement));
    assert_eq!(blamed(&[beat(), beat()]), Some(Rule::AcceptHeartbeat), "there was no failover");
    let answers = [("c1#1", joined("m1"))];
    let expires = step(&[Rule::ExpireMemberSession], Event::Timer { timer: Timer::Rebalance }, &answers);
    assert_eq!(blamed(&[elected(), expires, beat()]), Some(Rule::AcceptHeartbeat), "it may have expired");
    let stale = Divergence { actual: "ILLEGAL_GENERATION".to_owned(), ..unknown.clone() };
    assert_eq!(blame(&[replaced(), elected(), beat()], &stale), Some(Rule::RestoreMembersAsStable));
    let generation = on("c1#1", Aspect::Generation);
    let joins = || request(&[Rule::RebalanceOnLeaderRejoin, Rule::CompleteJoin], &[]);
    assert_eq!(blame(&[elected(), joins()], &generation), Some(Rule::RestoreMembersAsStable));
    assert_eq!(blame(&[elected(), joins(), joins()], &generation), Some(Rule::CompleteJoin));
    let other = Divergence { actual: "REBALANCE_IN_PROGRESS".to_owned(), ..unknown.clone() };
    assert_eq!(blame(&[elected(), beat()], &other), Some(Rule::AcceptHeartbeat));
}

#[test]
fn what_a_replacement_makes_of_a_group_is_held_against_its_own_rule() {
    let rules = [Rule::ReplaceStaticMember, Rule::RebalanceOnReplacement, Rule::CompleteJoin];
    let blamed = |rules: &[Rule], aspect| blame(&[request(rules, &[])], &on("c1#1", aspect));
    assert_eq!(blamed(&rules, Aspect::Generation), Some(Rule::RebalanceOnReplacement));
    let kept = [Rule::ReplaceStaticMember, Rule::KeepAssignmentOnReplacement, Rule::NameReplacedLeader];
    assert_eq!(blamed(&kept, Aspect::Generation), Some(Rule::KeepAssignmentOnReplacement));
    assert_eq!(blamed(&kept, Aspect::Leader), Some(Rule::NameReplacedLeader));
    let missed = [Rule::ExpireRebalanceTimeout, Rule::KeepStaticMembersNotRejoined, Rule::CompleteJoin];
    assert_eq!(blamed(&missed, Aspect::Members), Some(Rule::KeepStaticMembersNotRejoined));
}

#[test]
fn what_was_to_be_deleted_is_held_against_the_deletion() {
    let deleted = request(&[Rule::DeleteEmptyGroup], &[]);
    let expired = request(&[Rule::ExpireOffsetsOfEmptyGroup, Rule::ForgetGroupWithoutOffsets], &[]);
    let asked = request(&[Rule::AnswerWithoutCommittedOffset], &[]);
    let blamed = |before: &Step, aspect| blame(&[before.clone(), asked.clone()], &on("c1#1", aspect));
    assert_eq!(blamed(&deleted, Aspect::Offsets), Some(Rule::DeleteEmptyGroup));
    assert_eq!(blamed(&expired, Aspect::Offsets), Some(Rule::ExpireOffsetsOfEmptyGroup));
    assert_eq!(blamed(&expired, Aspect::State), Some(Rule::ForgetGroupWithoutOffsets));
    assert_eq!(blamed(&expired, Aspect::Error), Some(Rule::AnswerWithoutCommittedOffset));
}
