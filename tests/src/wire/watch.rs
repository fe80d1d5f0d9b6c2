//! Real time beside the trace: when each timer may fire, and whether the run is still on time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use muster_model::trace::{Step, Timer};

use crate::schedule::{Key, Schedule};
use crate::system::Trouble;
use crate::transcript::timer_name;

struct Running {
    timer: Timer,
    earliest: Instant,
    latest: Instant,
}

/// The timers that run, with the times between which each fires.
#[derive(Default)]
pub(super) struct Watch {
    running: BTreeMap<Key, Running>,
}

impl Watch {
    /// The moments between which a timer fires, unless it is not running.
    pub(super) fn due(&mut self, timer: &Timer) -> Option<(Instant, Instant)> {
        self.running.remove(&Key::of(timer)).map(|running| (running.earliest, running.latest))
    }

    /// When the next timer may fire.
    pub(super) fn next(&self) -> Option<Instant> {
        self.running.values().map(|running| running.earliest).min()
    }

    /// Whether no timer can have fired by `end`. A timer that the step itself replaces must only have lasted
    /// until then, as must all others.
    pub(super) fn check(&self, end: Instant) -> Result<(), Trouble> {
        match self.running.values().find(|running| running.earliest <= end) {
            Some(running) => Err(Trouble::Late(format!(
                "the {} may have fired before its turn",
                timer_name(&running.timer)
            ))),
            None => Ok(()),
        }
    }

    /// Applies what the step, taken between `start` and `end`, did to the timers.
    pub(super) fn step(&mut self, step: &Step, schedule: &Schedule, start: Instant, end: Instant) {
        let is_replaced = |key: &Key| key.member().is_some_and(|member| schedule.is_replaced(step, member));
        self.running.retain(|key, _| !is_replaced(key));
        for timer in &step.timers.cancelled {
            self.running.remove(&Key::of(timer));
        }
        for timer in &step.timers.set {
            let lasts = Duration::from_millis(schedule.duration_ms(timer));
            let running = Running { timer: timer.clone(), earliest: start + lasts, latest: end + lasts };
            self.running.insert(Key::of(timer), running);
        }
    }
}

#[cfg(test)]
mod tests {
    use muster_model::trace::{Event, Request, SessionTimeout, TimerChange};
    use muster_specs::Rule;

    use super::*;
    use crate::by_hand;
    use crate::clock::now;
    use crate::system::Profile;

    /// What is no member any more cannot fire before its turn.
    #[test]
    fn the_timer_of_a_replaced_id_is_not_waited_for() {
        let session = |member: &str| Timer::Session { member: member.to_owned() };
        let joins = |rule, member: &str| {
            let request = Request::JoinGroup {
                version: 9,
                empty_group_id: false,
                member: String::new(),
                instance: Some("i1".to_owned()),
                session_timeout: SessionTimeout::default(),
                protocol_type: "consumer".to_owned(),
                protocols: Vec::new(),
            };
            let asks = by_hand::step(Event::Request { connection: "c1#1".to_owned(), request });
            let timers = TimerChange { set: vec![session(member)], cancelled: Vec::new() };
            Step { rules: vec![rule], timers, ..asks }
        };
        let (first, second) = (joins(Rule::AdmitStaticMember, "m1"), joins(Rule::ReplaceStaticMember, "m2"));
        let trace = by_hand::trace(vec![first.clone(), second.clone()]);
        let schedule = Schedule::solve(&trace, &Profile::default(), 1).expect("a schedule");
        let (mut watch, start) = (Watch::default(), now());
        watch.step(&first, &schedule, start, start);
        watch.step(&second, &schedule, start, start);
        assert_eq!(watch.due(&session("m1")), None);
        assert!(watch.due(&session("m2")).is_some());
    }

    /// On a machine that stood still, what a step sets has fired before the step is over.
    #[test]
    fn a_timer_may_fire_within_the_step_that_sets_it() {
        let session = Timer::Session { member: "m1".to_owned() };
        let request = Request::DescribeGroups { version: 5 };
        let asks = by_hand::step(Event::Request { connection: "c1#1".to_owned(), request });
        let timers = TimerChange { set: vec![session.clone()], cancelled: Vec::new() };
        let sets = Step { timers, ..asks };
        let fires = by_hand::step(Event::Timer { timer: session.clone() });
        let trace = by_hand::trace(vec![sets.clone(), fires]);
        let profile = Profile { min_session_ms: 100, ..Profile::default() };
        let schedule = Schedule::solve(&trace, &profile, 1).expect("a schedule");
        let lasts_ms = schedule.duration_ms(&session);
        for (took_ms, late) in [(lasts_ms / 2, false), (lasts_ms + 1, true)] {
            let (mut watch, start) = (Watch::default(), now());
            let end = start + Duration::from_millis(took_ms);
            watch.step(&sets, &schedule, start, end);
            assert_eq!(watch.check(end).is_err(), late, "{took_ms} ms");
        }
    }
}
