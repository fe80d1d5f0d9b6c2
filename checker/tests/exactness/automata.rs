//! Random actors: tables of what each does on each input in each state, with everything that an actor may do.

use std::borrow::Cow;

use proptest::prelude::*;
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out, model_timeout};

const STATES: u8 = 3;
const INPUTS: u8 = 2;
pub(crate) const ACTORS: usize = 2;

#[derive(Clone, Debug)]
enum Act {
    Send(usize, u8),
    Set(u8),
    Cancel(u8),
    Choose(u8, Vec<u8>),
    Save(u8),
}

/// What an actor does: whether it touches its state, and what it commands.
#[derive(Clone, Debug)]
struct Reaction {
    next: Option<u8>,
    acts: Vec<Act>,
}

/// By state and input.
type Rules = Vec<Vec<Reaction>>;

/// An actor.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    start: Reaction,
    on_msg: Rules,
    on_timeout: Rules,
    on_random: Rules,
}

impl Automaton {
    fn react(reaction: &Reaction, state: &mut Cow<'_, u8>, out: &mut Out<Self>) {
        if let Some(next) = reaction.next {
            *state.to_mut() = next;
        }
        for act in &reaction.acts {
            match act {
                Act::Send(to, msg) => out.send(Id::from(*to), *msg),
                Act::Set(timer) => out.set_timer(*timer, model_timeout()),
                Act::Cancel(timer) => out.cancel_timer(*timer),
                Act::Choose(key, of) => out.choose_random(key.to_string(), of.clone()),
                Act::Save(value) => out.save(*value),
            }
        }
    }

    fn rule(rules: &Rules, state: u8, input: u8) -> &Reaction {
        &rules[usize::from(state)][usize::from(input)]
    }
}

impl Actor for Automaton {
    type Msg = u8;
    type Timer = u8;
    type State = u8;
    type Storage = u8;
    type Random = u8;

    fn on_start(&self, _: Id, storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        let mut state = Cow::Owned(storage.unwrap_or(0));
        Self::react(&self.start, &mut state, out);
        state.into_owned()
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, u8>, _: Id, msg: u8, out: &mut Out<Self>) {
        Self::react(Self::rule(&self.on_msg, **state, msg), state, out);
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, u8>, timer: &u8, out: &mut Out<Self>) {
        Self::react(Self::rule(&self.on_timeout, **state, *timer), state, out);
    }

    fn on_random(&self, _: Id, state: &mut Cow<'_, u8>, random: &u8, out: &mut Out<Self>) {
        Self::react(Self::rule(&self.on_random, **state, *random), state, out);
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        // One recipient more than there are actors: such a message can only be lost.
        4 => (0..=ACTORS, 0..INPUTS).prop_map(|(to, msg)| Act::Send(to, msg)),
        2 => (0..INPUTS).prop_map(Act::Set),
        1 => (0..INPUTS).prop_map(Act::Cancel),
        1 => (0..INPUTS, prop::collection::vec(0..INPUTS, 0..3)).prop_map(|(key, of)| Act::Choose(key, of)),
        1 => (0..STATES).prop_map(Act::Save),
    ]
}

fn reaction(fewest_acts: usize) -> impl Strategy<Value = Reaction> {
    let next = prop::option::weighted(0.7, 0..STATES);
    let acts = prop::collection::vec(act(), fewest_acts..=2);
    (next, acts).prop_map(|(next, acts)| Reaction { next, acts })
}

fn rules() -> impl Strategy<Value = Rules> {
    let of_state = prop::collection::vec(reaction(0), usize::from(INPUTS));
    prop::collection::vec(of_state, usize::from(STATES))
}

/// Any automaton.
pub(crate) fn automaton() -> impl Strategy<Value = Automaton> {
    (reaction(2), rules(), rules(), rules()).prop_map(|(start, on_msg, on_timeout, on_random)| Automaton {
        start,
        on_msg,
        on_timeout,
        on_random,
    })
}

/// Messages that came in and went out, each modulo three.
pub(crate) type History = (u8, u8);

/// Some automata over a network.
pub(crate) fn model(
    automata: Vec<Automaton>,
    network: &str,
    lossy: bool,
    crashes: usize,
) -> ActorModel<Automaton, (), History> {
    let network: Network<u8> = network.parse().unwrap();
    ActorModel::new((), (0, 0))
        .actors(automata)
        .init_network(network)
        .lossy_network(if lossy { LossyNetwork::Yes } else { LossyNetwork::No })
        .max_crashes(crashes)
        .record_msg_in(|(), (received, sent), envelope| {
            (*envelope.msg == 0).then_some(((received + 1) % 3, *sent))
        })
        .record_msg_out(|(), (received, sent), envelope| {
            (*envelope.msg == 1).then_some((*received, (sent + 1) % 3))
        })
        .within_boundary(|(), state| state.network.len() <= 2)
        .property(Expectation::Always, "not both in the last state", |_, state| {
            state.actor_states.iter().any(|state| **state != STATES - 1)
        })
        .property(Expectation::Always, "not as many as were received", |_, state| {
            state.history.0 == 0 || state.history.0 != state.history.1
        })
        .property(Expectation::Sometimes, "one is down with a message waiting", |_, state| {
            state.crashed.contains(&true) && state.network.len() > 0
        })
}
