//! Small models, one for each thing that a stateright model may have.

use std::borrow::Cow;

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out, model_timeout};

/// Sends back what it receives, plus one.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    /// To whom it serves.
    serves: Option<Id>,
}

impl Actor for Player {
    type Msg = u8;
    type Timer = ();
    type State = u8;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        if let Some(other) = self.serves {
            out.send(other, 0);
        }
        0
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, u8>, src: Id, msg: u8, out: &mut Out<Self>) {
        if msg >= **state {
            out.send(src, msg + 1);
            *state.to_mut() = msg + 1;
        }
    }
}

/// What a game of ping-pong is played over, and how long.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(crate) most: u8,
    pub(crate) lossy: LossyNetwork,
}

/// How many messages came in and went out.
pub(crate) type Counted = (u8, u8);

/// Ping-pong over any network, up to a count that the boundary bounds.
pub(crate) fn ping_pong(network: Network<u8>, table: Table) -> ActorModel<Player, Table, Counted> {
    ActorModel::new(table, (0, 0))
        .actor(Player { serves: Some(Id::from(1)) })
        .actor(Player { serves: None })
        .init_network(network)
        .lossy_network(table.lossy)
        .record_msg_in(|_, (received, sent), _| Some((received + 1, *sent)))
        .record_msg_out(|_, (received, sent), _| Some((*received, sent + 1)))
        .within_boundary(|table, state| state.actor_states.iter().all(|count| **count <= table.most))
        .property(Expectation::Always, "counts differ by one", |_, state| {
            state.actor_states[0].abs_diff(*state.actor_states[1]) <= 1
        })
        .property(Expectation::Always, "no more is received than was sent", |_, state| {
            state.history.0 <= state.history.1
        })
        .property(Expectation::Sometimes, "the most is reached", |model, state| {
            state.actor_states.iter().any(|count| **count == model.cfg.most)
        })
        .property(Expectation::Sometimes, "the most is passed", |model, state| {
            state.actor_states.iter().any(|count| **count > model.cfg.most)
        })
}

/// Does nothing but wait for its timer.
#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    /// Whether its timer has its own name, or everyone's.
    own_name: bool,
}

impl Actor for Waiter {
    type Msg = ();
    type Timer = usize;
    type State = ();
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) {
        out.set_timer(if self.own_name { id.into() } else { 0 }, model_timeout());
    }

    /// Touches nothing: that the timer is gone is all that happens.
    fn on_timeout(&self, _: Id, _: &mut Cow<'_, ()>, _: &usize, _: &mut Out<Self>) {}
}

/// Some actors with a timer each: the states are the sets of timers that have not fired.
pub(crate) fn waiters(count: usize, own_name: bool) -> ActorModel<Waiter> {
    ActorModel::new((), ()).actors((0..count).map(|_| Waiter { own_name })).property(
        Expectation::Sometimes,
        "the last has fired before the first",
        |_, state| {
            let is_set = |actor: usize| state.timers_set[actor].iter().next().is_some();
            is_set(0) && !is_set(state.timers_set.len() - 1)
        },
    )
}

/// Makes a choice that is none.
#[derive(Clone, Debug)]
pub(crate) struct Drawer;

impl Actor for Drawer {
    type Msg = ();
    type Timer = ();
    type State = ();
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        out.choose_random("the same for everyone", vec![()]);
    }
}

/// Some actors with a choice each: the states are the sets of choices that have not been made.
pub(crate) fn drawers(count: usize) -> ActorModel<Drawer> {
    ActorModel::new((), ()).actors((0..count).map(|_| Drawer))
}

/// Throws a die, tells its neighbour, and remembers the highest that it saw.
#[derive(Clone, Debug)]
pub(crate) struct Thrower {
    faces: u8,
    neighbour: Id,
    /// Throws again if it is told a one.
    again: bool,
}

impl Actor for Thrower {
    type Msg = u8;
    type Timer = ();
    type State = u8;
    type Storage = ();
    type Random = u8;

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        out.choose_random(format!("die of {}", usize::from(id)), (1..=self.faces).collect());
        0
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, u8>, _: Id, msg: u8, out: &mut Out<Self>) {
        if msg > **state {
            *state = Cow::Owned(msg);
        }
        if msg == 1 && self.again {
            out.choose_random(format!("die of {}", usize::from(id)), vec![self.faces, self.faces]);
        }
    }

    fn on_random(&self, _: Id, state: &mut Cow<'_, u8>, random: &u8, out: &mut Out<Self>) {
        out.send(self.neighbour, *random);
        if *random > **state {
            *state = Cow::Owned(*random);
        }
    }
}

/// A ring of dice, of which each is thrown at most a few times.
pub(crate) fn dice(count: usize, faces: u8, again: bool) -> ActorModel<Thrower> {
    let thrower = |actor: usize| Thrower { faces, neighbour: Id::from((actor + 1) % count), again };
    ActorModel::new((), ())
        .actors((0..count).map(thrower))
        .init_network(Network::new_unordered_nonduplicating([]))
        .within_boundary(|(), state| state.network.len() <= 3)
        .property(Expectation::Always, "someone has not thrown the highest", |_, state| {
            state.actor_states.iter().any(|highest| **highest < 2)
        })
}

/// Counts what it is told, writes every second count down, and crashes.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    /// Whom it tells, and how high it counts.
    tells: Id,
    most: u8,
}

impl Actor for Counter {
    type Msg = ();
    type Timer = usize;
    type State = u8;
    type Storage = u8;
    type Random = ();

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        out.set_timer(id.into(), model_timeout());
        storage.unwrap_or(0)
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, u8>, _: Id, (): (), out: &mut Out<Self>) {
        if **state < self.most {
            *state.to_mut() += 1;
            if state.is_multiple_of(2) {
                out.save(**state);
            }
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, u8>, timer: &usize, out: &mut Out<Self>) {
        if **state < self.most {
            out.send(self.tells, ());
        } else {
            // For stateright this is no step: the same timer is set and nothing else happens.
            out.set_timer(*timer, model_timeout());
        }
        if usize::from(id) == 0 && **state == 0 {
            out.set_timer(*timer, model_timeout());
        }
    }
}

/// Two counters that tell one another, of which some may be down at a time.
pub(crate) fn counters(
    network: Network<()>,
    lossy: LossyNetwork,
    crashes: usize,
    most: u8,
) -> ActorModel<Counter, u8> {
    ActorModel::new(most, ())
        .actor(Counter { tells: Id::from(1), most })
        .actor(Counter { tells: Id::from(0), most })
        .init_network(network)
        .lossy_network(lossy)
        .max_crashes(crashes)
        .within_boundary(|_, state| state.network.len() <= 2)
        .property(Expectation::Sometimes, "both are down", |_, state| state.crashed.iter().all(|down| *down))
        .property(Expectation::Sometimes, "the most is reached", |model, state| {
            state.actor_states.iter().all(|count| **count == model.cfg)
        })
}
