//! Wrong is told apart from late.

use std::collections::BTreeSet;

use muster_model::trace::{Answer, Event, Request, Response, Step, Timer};

use super::*;
use crate::by_hand;
use crate::system::{Received, Session, Trouble};

/// Answers nothing: the first time, or always.
struct Silent {
    always: bool,
    asked: Mutex<BTreeSet<String>>,
}

/// One run.
struct Once {
    silent: bool,
}

impl System for Silent {
    fn name(&self) -> String {
        "silent".to_owned()
    }

    fn open<'s>(&'s self, trace: &'s Trace, _: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        let first = self.asked.lock().expect("nobody panics").insert(trace.name.clone());
        Ok(Box::new(Once { silent: first || self.always }))
    }
}

impl Session for Once {
    fn send(&mut self, _: usize, _: &str, _: &Request) -> Result<(), Trouble> {
        Ok(())
    }

    fn fire(&mut self, _: usize, _: &Timer) -> Result<(), Trouble> {
        Ok(())
    }

    fn collect(&mut self, _: usize, step: &Step) -> Result<Vec<Received>, Trouble> {
        let answers = step.answers.iter().filter(|_| !self.silent);
        let received = answers.map(|answer| Received {
            connection: answer.connection.clone(),
            answer: Ok(answer.response.clone()),
        });
        Ok(received.collect())
    }

    fn made_id(&mut self, _: usize, _: &str) -> Result<Option<String>, Trouble> {
        Ok(None)
    }
}

/// One request, and its answer.
fn trace(number: usize) -> Trace {
    let connection = "c1#1".to_owned();
    let request = Request::DeleteGroups { version: 2 };
    let answer = Answer {
        connection: connection.clone(),
        response: Response::DeleteGroups { error: format!("ERROR_{number}") },
    };
    let step = Step {
        rules: vec![Rule::RejectDeletionOfAbsentGroup],
        answers: vec![answer],
        ..by_hand::step(Event::Request { connection, request })
    };
    Trace { name: format!("trace-{number}"), ..by_hand::trace(vec![step]) }
}

fn verdicts(always: bool) -> Vec<Verdict> {
    let traces: Vec<Trace> = (0..10).map(trace).collect();
    let never = AtomicBool::new(false);
    let runner = Runner { jobs: 1, stop: &never, confirm: 5, progress: &|_| {} };
    let system = Silent { always, asked: Mutex::default() };
    let run = runner.run(&system, &traces.iter().collect::<Vec<_>>());
    run.judged.into_iter().map(|judged| judged.verdict).collect()
}

#[test]
fn however_many_are_late_once_none_is_wrong() {
    for verdict in verdicts(false) {
        assert!(matches!(verdict, Verdict::Inconclusive(Inconclusive::NotReproduced { .. })), "{verdict:?}");
    }
}

#[test]
fn three_that_are_wrong_every_time_are_enough_for_a_rule() {
    let runs = verdicts(true).into_iter().map(|verdict| {
        let Verdict::Diverges { seen, runs, .. } = verdict else { panic!("{verdict:?}") };
        (seen, runs)
    });
    assert_eq!(runs.collect::<Vec<_>>(), [[(5, 5); 3].as_slice(), [(1, 1); 7].as_slice()].concat());
}
