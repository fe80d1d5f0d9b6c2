//! The engine against stateright's depth-first search and against the plainest search, on models that use everything:
//! each network, loss, timers, choices, crashes with storage, history, boundary, properties.

mod asking;

use std::borrow::Cow;

use stateright::actor::{
    Actor, ActorModel, ActorModelAction, Envelope, Id, LossyNetwork, Network, Out, model_timeout,
};
use stateright::{Checker as _, Expectation, Model};

use crate::checker::{Checker, Stop, Storage};
use crate::naive;
use crate::parts::{PartProperty, Reads};
use crate::report::{ActorReport, Continue, Counterexample, Ending, Limit, Refused, Verdict};

/// Passes a token around and counts; what else it does is switched on.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each switches something on")]
struct Toy {
    peers: usize,
    most: u8,
    ticks: bool,
    chooses: bool,
    stores: bool,
    /// It starts again and again, so it sends nothing then.
    crashes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Count {
    seen: u8,
    ticks: u8,
    chosen: Option<u8>,
}

/// A timer names its actor: stateright hashes neighbouring timer sets alike.
type Tick = (usize, u8);

impl Actor for Toy {
    type Msg = u8;
    type Timer = Tick;
    type State = Count;
    type Storage = u8;
    type Random = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> Count {
        if self.ticks {
            out.set_timer((usize::from(id), 0), model_timeout());
            out.set_timer((usize::from(id), 1), model_timeout());
        }
        if usize::from(id) == 0 && !self.crashes {
            out.send(Id::from(1 % self.peers), 0);
            out.send(Id::from(1 % self.peers), 0);
        }
        Count { seen: storage.unwrap_or(0), ticks: 0, chosen: None }
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, Count>, _: Id, msg: u8, out: &mut Out<Self>) {
        if msg >= self.most {
            return;
        }
        let count = state.to_mut();
        count.seen = msg + 1;
        if self.stores {
            out.save(count.seen);
        }
        if self.chooses && count.chosen.is_none() {
            out.choose_random("which", vec![1, 2, 2]);
        }
        out.send(Id::from((usize::from(id) + 1) % self.peers), msg + 1);
        out.cancel_timer((usize::from(id), 1));
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, Count>, timer: &Tick, out: &mut Out<Self>) {
        if timer.1 == 1 {
            // Nothing happens, and it stays set: a no-op.
            return out.set_timer(*timer, model_timeout());
        }
        if state.ticks < 2 {
            state.to_mut().ticks += 1;
            out.set_timer(*timer, model_timeout());
            out.send(Id::from((usize::from(id) + 1) % self.peers), self.most);
            // To nobody: it stays in flight.
            out.send(Id::from(self.peers + 3), 9);
        }
    }

    fn on_random(&self, _: Id, state: &mut Cow<'_, Count>, random: &u8, out: &mut Out<Self>) {
        state.to_mut().chosen = Some(*random);
        out.remove_random("other");
    }
}

type ToyModel<H> = ActorModel<Toy, (), H>;

fn toys(count: usize, network: Network<u8>, change: impl Fn(&mut Toy)) -> ToyModel<()> {
    let mut toy = Toy { peers: count, most: 3, ticks: false, chooses: false, stores: false, crashes: false };
    change(&mut toy);
    ActorModel::new((), ()).actors((0..count).map(|_| toy)).init_network(network).property(
        Expectation::Always,
        "true",
        |_, _| true,
    )
}

fn networks() -> [Network<u8>; 3] {
    let first = || [Envelope { src: Id::from(1), dst: Id::from(0), msg: 1 }];
    [
        Network::new_ordered(first()),
        Network::new_unordered_nonduplicating(first()),
        Network::new_unordered_duplicating(first()),
    ]
}

/// The models, by name.
fn models() -> Vec<(String, ToyModel<()>)> {
    let mut models = Vec::new();
    for (i, network) in networks().into_iter().enumerate() {
        let mut add = |name: &str, model| models.push((format!("{name} on network {i}"), model));
        add("plain", toys(3, network.clone(), |_| {}));
        add("lossy", toys(2, network.clone(), |_| {}).lossy_network(LossyNetwork::Yes));
        add("ticks", toys(2, network.clone(), |toy| toy.ticks = true));
        add("chooses", toys(2, network.clone(), |toy| toy.chooses = true));
        add(
            "crashes",
            toys(2, network.clone(), |toy| (toy.stores, toy.crashes) = (true, true)).max_crashes(1),
        );
        add(
            "crashes of both",
            toys(2, network.clone(), |toy| (toy.chooses, toy.crashes) = (true, true)).max_crashes(2),
        );
        add("wide", toys(12, network.clone(), |toy| toy.most = 9));
        let bounded = toys(3, network, |toy| toy.most = 9);
        let bounded = bounded.within_boundary(|(), s| s.actor_states.iter().map(|s| s.seen).sum::<u8>() < 9);
        add("bounded", bounded);
    }
    models
}

fn told<H>(report: &ActorReport<Toy, H>) -> (u64, u64, usize, Ending) {
    (report.unique, report.generated, report.depth, report.ending)
}

fn run<H: crate::checker::History>(checker: Checker<'_, Toy, (), H>) -> ActorReport<Toy, H> {
    checker.run(&mut |_| Continue::Yes).unwrap()
}

/// From the start, from somewhere on, and never.
const BUNDLES_FROM: [u64; 3] = [0, 30, u64::MAX];

fn bundled<H: crate::checker::History>(
    mut checker: Checker<'_, Toy, (), H>,
    from: u64,
) -> Checker<'_, Toy, (), H> {
    checker.options.bundles_from = from;
    checker
}

#[test]
fn counts_are_those_of_stateright_and_of_the_plainest_search() {
    for (name, model) in models() {
        let checker = Checker::new(&model);
        let plain = naive::run(&model, &checker.options, &mut |_| Continue::Yes);
        let ways = [(1, Storage::Fast), (2, Storage::Fast), (1, Storage::Compact), (3, Storage::Compact)];
        for (threads, storage) in ways {
            for from in BUNDLES_FROM {
                let checker = Checker::new(&model).threads(threads).storage(storage);
                let report = run(bundled(checker, from));
                assert_eq!(told(&report), told(&plain), "{name}, {threads} threads, bundles from {from}");
            }
        }
        let dfs = model.checker().spawn_dfs().join();
        let counts = (dfs.unique_state_count() as u64, dfs.state_count() as u64);
        assert_eq!((plain.unique, plain.generated), counts, "{name}");
        assert!(plain.unique > 3, "{name}: {}", plain.unique);
    }
}

#[test]
fn history_is_part_of_the_state() {
    for network in networks() {
        let toy = Toy { peers: 2, most: 3, ticks: true, chooses: false, stores: false, crashes: false };
        let model: ToyModel<Vec<u8>> = ActorModel::new((), Vec::new())
            .actors([toy, toy])
            .init_network(network)
            .record_msg_in(|(), h, e| (h.len() < 4).then(|| [&h[..], &[*e.msg]].concat()))
            .record_msg_out(|(), h, e| (h.len() < 4).then(|| [&h[..], &[*e.msg + 100]].concat()))
            .property(Expectation::Always, "true", |_, _| true);
        let dfs = model.clone().checker().spawn_dfs().join();
        for threads in [1, 2] {
            let report = run(Checker::new(&model).threads(threads));
            assert_eq!(
                (report.unique, report.generated),
                (dfs.unique_state_count() as u64, dfs.state_count() as u64)
            );
        }
    }
}

/// A property over whole states and the same over parts.
fn watched() -> ToyModel<()> {
    let (_, model) = models().remove(2);
    model
        .property(Expectation::Always, "few", |_, s| s.actor_states.iter().all(|s| s.ticks < 2))
        .property(Expectation::Sometimes, "much", |_, s| s.actor_states.iter().any(|s| s.seen == 3))
        .property(Expectation::Sometimes, "never", |_, s| s.actor_states.iter().any(|s| s.seen > 3))
}

fn path(
    verdict: Option<&Verdict<impl Clone, ActorModelAction<u8, Tick, u8>>>,
) -> Vec<ActorModelAction<u8, Tick, u8>> {
    match verdict {
        Some(
            Verdict::Violated(Counterexample { actions, .. })
            | Verdict::Found(Counterexample { actions, .. }),
        ) => actions.clone(),
        Some(Verdict::Holds | Verdict::Never | Verdict::Undecided) | None => Vec::new(),
    }
}

#[test]
fn verdicts_and_traces_are_shortest_and_the_same_on_any_number_of_threads() {
    let model = watched();
    let parts = |threads, from| {
        let all = Reads::actors([0, 1]).and_messages();
        let few = PartProperty::always("few in parts", Reads::actors([0, 1]), |parts| {
            (0..2).all(|i| parts.actor(i).is_none_or(|s: &Count| s.ticks < 2))
        });
        let sent = PartProperty::sometimes("nine", all, |parts| parts.messages().any(|e| *e.msg == 9));
        run(bundled(Checker::new(&model).threads(threads).property(few).property(sent), from))
    };
    let plain = naive::run(&model, &Checker::new(&model).options, &mut |_| Continue::Yes);
    let one = parts(1, u64::MAX);
    for property in ["few", "much"] {
        assert_eq!(path(one.verdict(property)).len(), path(plain.verdict(property)).len(), "{property}");
        assert!(!path(one.verdict(property)).is_empty());
    }
    assert_eq!(path(one.verdict("few")), path(one.verdict("few in parts")));
    assert_eq!(path(one.verdict("nine")).len(), 1);
    assert!(matches!(one.verdict("never"), Some(Verdict::Never)));
    assert!(matches!(one.verdict("true"), Some(Verdict::Holds)));
    for _ in 0..5 {
        for threads in [1, 2, 3, 4] {
            let again = parts(threads, [0, 10, 100, u64::MAX][threads % 4]);
            for (name, verdict) in &one.verdicts {
                assert_eq!(path(again.verdict(name)), path(Some(verdict)), "{name} on {threads} threads");
            }
        }
    }
}

#[test]
fn a_limit_ends_the_run_and_leaves_the_rest_undecided() {
    let model = watched();
    let report = run(Checker::new(&model).max_depth(2));
    assert_eq!((report.ending, report.depth), (Ending::NotExhausted(Limit::Depth(2)), 2));
    assert!(matches!(report.verdict("true"), Some(Verdict::Undecided)));
    let report = run(Checker::new(&model).max_states(3));
    assert!(matches!(report.ending, Ending::NotExhausted(Limit::States(3))));
    let report = run(Checker::new(&model).memory(1000));
    assert_eq!(report.ending, Ending::NotExhausted(Limit::Memory(1000)));
    let report = run(Checker::new(&model).time(std::time::Duration::ZERO));
    assert!(matches!(report.ending, Ending::NotExhausted(Limit::Time(_))));
    let report = Checker::new(&model).threads(2).run(&mut |_| Continue::No).unwrap();
    assert_eq!(report.ending, Ending::NotExhausted(Limit::Cancelled));
    let report = run(Checker::new(&model).stop(Stop::Violated));
    assert_eq!(report.ending, Ending::NotExhausted(Limit::Decided));
    assert_eq!(path(report.verdict("few")).len(), report.depth);
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let (_, model) = models().remove(0);
    let eventually = model.clone().property(Expectation::Eventually, "later", |_, _| true);
    let refused = Checker::new(&eventually).run(&mut |_| Continue::Yes).err();
    assert_eq!(refused, Some(Refused::Eventually("later".to_owned())));
    let twice = PartProperty::always("true", Reads::default(), |_| true);
    let refused = Checker::new(&model).property(twice).run(&mut |_| Continue::Yes).err();
    assert_eq!(refused, Some(Refused::SameName("true".to_owned())));
    let panics = PartProperty::always("panics", Reads::actors([0]), |parts| {
        assert!(parts.actor(0).is_none_or(|s: &Count| s.seen < 2), "too much");
        true
    });
    let refused = Checker::new(&model).property(panics).run(&mut |_| Continue::Yes).err();
    assert_eq!(refused, Some(Refused::Panicked("too much".to_owned())));
}
