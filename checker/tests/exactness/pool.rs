//! Notes that only count together: the verdicts are the same in fewer states, and the paths are real.

use std::borrow::Cow;

use muster_checker::{Checker, Continue, PartBoundary, PartProperty, Pool, Reads, Verdict};
use stateright::Model;
use stateright::actor::{Actor, ActorModel, Id, Network, Out, model_timeout};

const WORKERS: usize = 3;
const KEEPER: usize = WORKERS;
const TASKS: u8 = 3;

/// Does some of the tasks, in any order, each for itself; or keeps what others noted.
struct Worker;

/// What it has to do, and what was ever done: a bit each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Work {
    open: u8,
    /// No step reads it.
    done: u8,
}

impl Actor for Worker {
    type Msg = ();
    type Timer = (usize, u8);
    type State = Work;
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> Work {
        if usize::from(id) == KEEPER {
            return Work { open: 0, done: 0 };
        }
        for task in 0..TASKS {
            out.set_timer((usize::from(id), task), model_timeout());
        }
        Work { open: 2, done: 0 }
    }

    fn on_timeout(&self, id: Id, work: &mut Cow<'_, Work>, timer: &(usize, u8), out: &mut Out<Self>) {
        let work = work.to_mut();
        work.open -= 1;
        work.done |= 1 << timer.1;
        if work.open == 0 {
            (0..TASKS).for_each(|task| out.cancel_timer((usize::from(id), task)));
        }
    }
}

struct Done;

impl Pool<Worker> for Done {
    fn keeper(&self) -> usize {
        KEEPER
    }

    fn has_notes(&self, _: usize, work: &Work) -> bool {
        work.done != 0
    }

    fn hand_over(&self, _: usize, work: &mut Work, keeper: &mut Work) {
        keeper.done |= std::mem::take(&mut work.done);
    }
}

/// Unique states, and by property the length of the path that decides it.
fn told(pooled: bool, threads: usize) -> (u64, Vec<Option<usize>>) {
    let model =
        ActorModel::new((), ()).actors((0..=KEEPER).map(|_| Worker)).init_network(Network::new_ordered([]));
    let done = |parts: &muster_checker::Parts<'_, Worker>| {
        (0..=KEEPER).fold(0, |bits, i| bits | parts.actor(i).map_or(0, |work: &Work| work.done))
    };
    let reads = || Reads::actors(0..=KEEPER);
    let mut checker = Checker::new(&model)
        .threads(threads)
        .boundary(PartBoundary::sums([], |_, _: &Work, _| {}))
        .property(PartProperty::always("some task is left", reads(), move |parts| {
            done(parts).count_ones() < 3
        }))
        .property(PartProperty::sometimes("one task alone was done by all", reads(), move |parts| {
            let rest = (0..WORKERS).all(|i| parts.actor(i).is_some_and(|work: &Work| work.open < 2));
            rest && done(parts).is_power_of_two()
        }))
        .property(PartProperty::always("no fourth task", reads(), move |parts| done(parts) < 8));
    if pooled {
        checker = checker.pool(Done);
    }
    let report = checker.run(&mut |_| Continue::Yes);
    let Ok(report) = report else { return (0, Vec::new()) };
    let steps = report.verdicts.iter().map(|(_, verdict)| match verdict {
        Verdict::Violated(path) | Verdict::Found(path) => {
            let first = model.init_states().remove(0);
            let last = path.actions.iter().try_fold(first, |s, a| model.next_state(&s, a.clone()));
            assert_eq!(last.as_ref(), path.states.last());
            let kept = last.map(|state| state.actor_states[KEEPER].done);
            assert_eq!(kept, Some(0), "notes are handed over in what is stored alone");
            Some(path.actions.len())
        }
        Verdict::Holds | Verdict::Never | Verdict::Undecided => None,
    });
    (report.unique, steps.collect())
}

#[test]
fn who_noted_what_makes_no_difference() {
    let (whole, verdicts) = told(false, 1);
    assert_eq!(verdicts, [Some(3), Some(3), None]);
    let (pooled, same) = told(true, 1);
    assert_eq!(same, verdicts);
    // Each worker has done nothing, one task of three, or two, which its timers do not tell apart: with what all have done
    // together there are 233 of 7 * 7 * 7.
    assert_eq!((pooled, whole), (233, 343));
    assert_eq!(told(true, 2), (pooled, verdicts));
}
