//! Timers in the order of the trace, or the reason why not.

use super::*;
use crate::by_hand::{self, trace};

fn profile() -> Profile {
    Profile { initial_delay_ms: 400, min_session_ms: 100, ..Profile::default() }
}

fn session(member: &str) -> Timer {
    Timer::Session { member: member.to_owned() }
}

fn new_member(member: &str) -> Timer {
    Timer::NewMemberJoin { member: member.to_owned() }
}

/// A Heartbeat that sets timers: what a request is does not matter here.
fn sets(set: &[Timer]) -> Step {
    step(
        Event::Request {
            connection: "c1#1".to_owned(),
            request: Request::Heartbeat {
                version: 4,
                empty_group_id: false,
                member: "m1".to_owned(),
                instance: None,
                generation: 1,
            },
        },
        set,
    )
}

fn fires(timer: Timer) -> Step {
    step(Event::Timer { timer }, &[])
}

fn step(event: Event, set: &[Timer]) -> Step {
    let timers = muster_model::trace::TimerChange { set: set.to_vec(), cancelled: Vec::new() };
    Step { timers, ..by_hand::step(event) }
}

fn solve(steps: Vec<Step>) -> Result<Schedule, NotApplicable> {
    Schedule::solve(&trace(steps), &profile(), 1)
}

#[test]
fn the_timer_that_fires_is_the_shortest() {
    let both = || sets(&[new_member("m0"), session("m1"), session("m2"), Timer::PendingSync]);
    let first = solve(vec![both(), fires(session("m1"))]).unwrap();
    assert!(first.duration_ms(&session("m1")) < first.duration_ms(&session("m2")));
    assert!(first.duration_ms(&session("m1")) < first.duration_ms(&Timer::PendingSync));
    let other = solve(vec![both(), fires(Timer::PendingSync), fires(session("m2"))]).unwrap();
    assert!(other.duration_ms(&Timer::PendingSync) + 60 < other.duration_ms(&session("m2")));
    assert!(other.duration_ms(&session("m2")) + 60 < other.duration_ms(&session("m1")));
}

#[test]
fn a_timer_that_is_set_again_counts_from_then() {
    let steps = vec![
        sets(&[session("m1"), session("m2")]),
        fires(session("m2")),
        sets(&[session("m1"), session("m2")]),
        fires(session("m1")),
    ];
    // m1's session lasts over m2's, and then ends before m2's second.
    assert_eq!(solve(steps), Err(NotApplicable::Order(Unrealisable::Cyclic)));
}

#[test]
fn fixed_durations_bound_the_rest() {
    let delayed = || sets(&[session("m1"), Timer::InitialDelay]);
    let early = solve(vec![delayed(), fires(session("m1")), fires(Timer::InitialDelay)]).unwrap();
    assert!(early.duration_ms(&session("m1")) < 400);
    let many = (0..40).map(|_| sets(&[])).chain([fires(Timer::InitialDelay)]);
    let steps = [delayed()].into_iter().chain(many).collect();
    assert_eq!(solve(steps), Err(NotApplicable::Order(Unrealisable::InitialDelay)));
    let joins = vec![sets(&[new_member("m1"), session("m2")]), fires(new_member("m1"))];
    assert_eq!(solve(joins), Err(NotApplicable::TooLong { limit_s: 30 }));
}

#[test]
fn what_cannot_be_realised_says_why() {
    assert_eq!(solve(vec![fires(session("m1"))]), Err(NotApplicable::Order(Unrealisable::NotSet)));
    let memberless = vec![sets(&[Timer::Rebalance]), fires(Timer::Rebalance)];
    assert_eq!(solve(memberless), Err(NotApplicable::Order(Unrealisable::NoMembers)));
}

#[test]
fn a_slower_pace_leaves_more_time() {
    let steps =
        || trace(vec![sets(&[session("m1"), session("m2")]), fires(session("m1")), fires(session("m2"))]);
    let gap = |pace| {
        let schedule = Schedule::solve(&steps(), &profile(), pace).unwrap();
        schedule.duration_ms(&session("m2")) - schedule.duration_ms(&session("m1"))
    };
    assert!(gap(8) >= 4 * gap(1), "{} and {}", gap(8), gap(1));
}
