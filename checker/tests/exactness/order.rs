//! Random systems, with steps put off and without: the verdicts are the same, and the paths are real.

use std::borrow::Cow;

use muster_checker::{
    Cause, Checker, Continue, Ending, Independence, LocalStep, PartBoundary, PartProperty, Reads, Refused,
    Storage, Verdict,
};
use proptest::prelude::*;
use stateright::Model;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out, model_timeout};

const ACTORS: usize = 3;
const PLACES: u8 = 3;
const INPUTS: u8 = 2;

/// Where an actor goes, and what it sends and sets, by place and input.
#[derive(Clone, Debug)]
struct Move {
    to: u8,
    sends: Vec<(usize, u8)>,
    sets: Option<u8>,
}

/// An actor that moves so many times and then rests.
#[derive(Clone, Debug)]
struct Walker {
    start: Move,
    on_msg: Vec<Move>,
    on_timeout: Vec<Move>,
    /// Those that it ever sends to.
    reaches: [bool; ACTORS],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Walk {
    place: u8,
    left: u8,
    /// Timers 1 that fired; they have a budget.
    faults: u8,
}

impl Walker {
    fn go(&self, id: Id, of: &Move, walk: &mut Walk, out: &mut Out<Self>) {
        walk.place = of.to;
        for (to, msg) in of.sends.iter().filter(|(to, _)| self.reaches[*to]) {
            out.send(Id::from(*to), *msg);
        }
        if let Some(timer) = of.sets {
            out.set_timer((usize::from(id), timer), model_timeout());
        }
    }

    fn reaction(moves: &[Move], place: u8, input: u8) -> &Move {
        &moves[usize::from(place * INPUTS + input)]
    }
}

impl Actor for Walker {
    type Msg = u8;
    type Timer = (usize, u8);
    type State = Walk;
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> Walk {
        let mut walk = Walk { place: 0, left: 2, faults: 0 };
        out.set_timer((usize::from(id), 0), model_timeout());
        self.go(id, &self.start, &mut walk, out);
        walk
    }

    fn on_msg(&self, id: Id, walk: &mut Cow<'_, Walk>, _: Id, msg: u8, out: &mut Out<Self>) {
        if walk.left > 0 {
            let walk = walk.to_mut();
            walk.left -= 1;
            self.go(id, Self::reaction(&self.on_msg, walk.place, msg), walk, out);
        }
    }

    fn on_timeout(&self, id: Id, walk: &mut Cow<'_, Walk>, timer: &(usize, u8), out: &mut Out<Self>) {
        let walk = walk.to_mut();
        walk.faults += timer.1;
        if walk.left > 0 {
            walk.left -= 1;
            self.go(id, Self::reaction(&self.on_timeout, walk.place, timer.1), walk, out);
        }
    }
}

/// What is true of walkers: who is reached is known from the start.
#[derive(Clone, Debug)]
struct Known {
    reaches: Vec<[bool; ACTORS]>,
    /// Claims that nobody sends to anybody.
    lies: bool,
    /// Claims that whoever has so many moves left is quiet, as who has none is.
    hushes: &'static [u8],
}

impl Independence<Walker> for Known {
    fn may_send(&self, actor: usize, walk: &Walk, to: usize) -> bool {
        !self.lies && walk.left > 0 && self.reaches[actor][to]
    }

    fn is_harmless(&self, step: &LocalStep<'_, Walker>) -> bool {
        let unread = step.actor == 2 || step.before.place == step.after.place;
        // The first property reads messages: what is taken off may be what it looks for.
        unread && !matches!(step.cause, Cause::Message(1))
    }

    /// A move sends two messages at most.
    fn rank(&self, _: usize, walk: &Walk) -> u64 {
        u64::from(walk.left) * 3
    }

    fn message_rank(&self, _: &u8) -> u64 {
        1
    }

    fn is_quiet(&self, _: usize, walk: &Walk) -> bool {
        walk.left == 0 || self.hushes.contains(&walk.left)
    }

    /// What reaches one that rests changes nothing.
    fn goes_first(&self, step: &LocalStep<'_, Walker>) -> bool {
        step.before.left == 0 && matches!(step.cause, Cause::Message(_))
    }

    fn only_grows(&self, _: usize) -> bool {
        true
    }
}

fn moves(count: u8) -> impl Strategy<Value = Vec<Move>> {
    let sends = prop::collection::vec((0..ACTORS, 0..INPUTS), 0..=2);
    let one = (0..PLACES, sends, prop::option::weighted(0.3, 0..INPUTS));
    let one = one.prop_map(|(to, sends, sets)| Move { to, sends, sets });
    prop::collection::vec(one, usize::from(count))
}

fn walker() -> impl Strategy<Value = Walker> {
    let reaches = prop::array::uniform3(prop::bool::weighted(0.5));
    (moves(1), moves(PLACES * INPUTS), moves(PLACES * INPUTS), reaches).prop_map(
        |(mut start, on_msg, on_timeout, reaches)| Walker {
            start: start.remove(0),
            on_msg,
            on_timeout,
            reaches,
        },
    )
}

fn properties() -> [PartProperty<Walker>; 3] {
    let place = |parts: &muster_checker::Parts<'_, Walker>, i| parts.actor(i).map_or(0, |w: &Walk| w.place);
    [
        PartProperty::always("no two ones", Reads::default().and_messages(), |parts| {
            parts.messages().filter(|e| *e.msg == 1).count() < 2
        }),
        PartProperty::always("not one here and two there", Reads::actors([0, 1]), move |parts| {
            place(parts, 0) != 1 || place(parts, 1) != 2
        }),
        PartProperty::sometimes("both at two", Reads::actors([0, 1]), move |parts| {
            place(parts, 0) == 2 && place(parts, 1) == 2
        }),
    ]
}

/// Unique states, and by property whether it is decided against, and in how many steps.
type Told = (u64, Vec<Option<usize>>);

fn told(
    model: &ActorModel<Walker, (), ()>,
    known: Option<Known>,
    (threads, storage): (usize, Storage),
) -> Result<Told, Refused> {
    let boundary = PartBoundary::sums([1], |_, walk: &Walk, counts| counts[0] = walk.faults.into());
    let mut checker = Checker::new(model).threads(threads).storage(storage).boundary(boundary);
    for property in properties() {
        checker = checker.property(property);
    }
    if let Some(known) = known {
        checker = checker.independence(known);
    }
    let report = checker.run(&mut |_| Continue::Yes)?;
    assert_eq!(report.ending, Ending::Exhausted);
    let steps = report.verdicts.iter().map(|(_, verdict)| match verdict {
        Verdict::Violated(path) | Verdict::Found(path) => {
            let first = model.init_states().remove(0);
            let last = path.actions.iter().fold(first, |s, a| model.next_state(&s, a.clone()).unwrap());
            assert_eq!(Some(&last), path.states.last());
            Some(path.actions.len())
        }
        Verdict::Holds | Verdict::Never => None,
        Verdict::Undecided => panic!("undecided in an exhausted space"),
    });
    Ok((report.unique, steps.collect()))
}

fn system(walkers: &[Walker], network: &str, lossy: bool) -> (ActorModel<Walker, (), ()>, Known) {
    let network: Network<u8> = network.parse().unwrap();
    let lossy = if lossy { LossyNetwork::Yes } else { LossyNetwork::No };
    let reaches = walkers.iter().map(|walker| walker.reaches).collect();
    let model = ActorModel::new((), ()).actors(walkers.to_vec()).init_network(network).lossy_network(lossy);
    (model, Known { reaches, lies: false, hushes: &[] })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_verdict_hangs_on_the_order_of_steps(
        walkers in prop::collection::vec(walker(), ACTORS),
        network in prop::sample::select(Network::<u8>::names()),
        lossy: bool,
    ) {
        let (model, known) = system(&walkers, network, lossy);
        let whole = told(&model, None, (1, Storage::Fast)).unwrap();
        let reduced = told(&model, Some(known.clone()), (1, Storage::Fast)).unwrap();
        prop_assert!(reduced.0 <= whole.0);
        for (reduced, whole) in reduced.1.iter().zip(&whole.1) {
            prop_assert_eq!(reduced.is_some(), whole.is_some());
            prop_assert!(reduced >= whole);
        }
        for way in [(2, Storage::Fast), (2, Storage::Compact)] {
            prop_assert_eq!(&told(&model, Some(known.clone()), way).unwrap(), &reduced);
        }
    }
}

/// Three that wander for themselves.
fn wanderers(reaches: [bool; ACTORS]) -> Vec<Walker> {
    let step = |i: u8| Move { to: (i / INPUTS + 1) % PLACES, sends: vec![(0, 0)], sets: Some(0) };
    let moves: Vec<Move> = (0..PLACES * INPUTS).map(step).collect();
    let walker = Walker { start: step(4), on_msg: moves.clone(), on_timeout: moves, reaches };
    vec![walker; ACTORS]
}

#[test]
fn what_is_independent_is_put_off() {
    let (model, known) = system(&wanderers([false; ACTORS]), "ordered", false);
    let whole = told(&model, None, (1, Storage::Fast)).unwrap();
    let reduced = told(&model, Some(known), (1, Storage::Fast)).unwrap();
    assert_eq!((reduced.0, whole.0), (22, 64));
    assert_eq!(reduced.1.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn a_model_that_says_what_is_not_so_is_refused() {
    let (model, known) = system(&wanderers([true, false, false]), "ordered", false);
    let lies = Known { lies: true, ..known.clone() };
    assert_eq!(told(&model, Some(lies), (1, Storage::Fast)), Err(Refused::Dependent));
    // One does not stay quiet, and one sends something.
    for hushes in [&[2][..], &[1, 2]] {
        let hushes = Known { hushes, ..known.clone() };
        assert_eq!(told(&model, Some(hushes), (1, Storage::Fast)), Err(Refused::Dependent));
    }
    let whole = Checker::new(&model).independence(known.clone()).run(&mut |_| Continue::Yes);
    assert_eq!(whole.err(), Some(Refused::WholeBoundary));
    let boundary = PartBoundary::sums([], |_, _: &Walk, _| {});
    let checker = Checker::new(&model).boundary(boundary).independence(known);
    let relation = checker.explore(&mut |_| Continue::Yes, |explored| explored.relation().err());
    assert_eq!(relation.unwrap(), Some(Refused::PutOff("a transition relation")));
}
