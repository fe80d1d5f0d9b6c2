//! Mutual exclusion by Ricart and Agrawala (1981): who wants in asks everyone with a timestamp, and whoever wants in
//! with an earlier one, or is in, answers only after it has left.

use std::borrow::Cow;
use std::collections::BTreeSet;

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, Network, Out, model_peers, model_timeout};

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Msg {
    /// With its timestamp.
    May(u8),
    Yes,
}

/// What may happen at any time. A timer carries its actor, see [`super::group::Timer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    Want(Id),
    Leave(Id),
}

/// What a process is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Doing {
    Other,
    /// Since when, and who has not answered.
    Waiting(u8, BTreeSet<Id>),
    Inside,
}

/// A process's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) doing: Doing,
    /// The highest timestamp that it has seen.
    clock: u8,
    deferred: BTreeSet<Id>,
    /// How often it still wants in.
    wants: u8,
}

/// A process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    processes: usize,
    /// How often it wants in.
    wants: u8,
    /// Whether it breaks ties by name. Without that, two may be in at once.
    breaks_ties: bool,
}

impl Process {
    fn enter(id: Id, state: &mut State, out: &mut Out<Self>) {
        state.doing = Doing::Inside;
        out.set_timer(Timer::Leave(id), model_timeout());
    }
}

impl Actor for Process {
    type Msg = Msg;
    type Timer = Timer;
    type State = State;
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> State {
        out.set_timer(Timer::Want(id), model_timeout());
        State { doing: Doing::Other, clock: 0, deferred: BTreeSet::new(), wants: self.wants }
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, State>, src: Id, msg: Msg, out: &mut Out<Self>) {
        let state = state.to_mut();
        match msg {
            Msg::May(theirs) => {
                state.clock = state.clock.max(theirs);
                let first = match &state.doing {
                    Doing::Other => false,
                    Doing::Waiting(ours, _) => {
                        *ours < theirs || (*ours == theirs && self.breaks_ties && id < src)
                    }
                    Doing::Inside => true,
                };
                if first {
                    state.deferred.insert(src);
                } else {
                    out.send(src, Msg::Yes);
                }
            }
            Msg::Yes => {
                if let Doing::Waiting(_, silent) = &mut state.doing {
                    silent.remove(&src);
                    if silent.is_empty() {
                        Self::enter(id, state, out);
                    }
                }
            }
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        let state = state.to_mut();
        match timer {
            Timer::Want(_) => {
                state.wants -= 1;
                state.clock += 1;
                let peers = model_peers(id.into(), self.processes);
                out.broadcast(&peers, &Msg::May(state.clock));
                state.doing = Doing::Waiting(state.clock, peers.into_iter().collect());
            }
            Timer::Leave(_) => {
                state.doing = Doing::Other;
                out.broadcast(&std::mem::take(&mut state.deferred), &Msg::Yes);
                if state.wants > 0 {
                    out.set_timer(Timer::Want(id), model_timeout());
                }
            }
        }
    }
}

/// Processes that each want in a number of times.
pub(crate) fn model(processes: usize, wants: u8, breaks_ties: bool) -> ActorModel<Process> {
    ActorModel::new((), ())
        .actors((0..processes).map(|_| Process { processes, wants, breaks_ties }))
        .init_network(Network::new_ordered([]))
        .property(Expectation::Always, "one inside", |_, state| {
            state.actor_states.iter().filter(|state| state.doing == Doing::Inside).count() <= 1
        })
        .property(Expectation::Sometimes, "all are done", |_, state| {
            state.actor_states.iter().all(|state| state.doing == Doing::Other && state.wants == 0)
        })
}
