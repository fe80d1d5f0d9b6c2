//! The components of a model's states, each distinct one once, and the local steps that were taken.

use std::collections::HashMap;
use std::sync::Arc;

use stateright::actor::{Actor, ActorModelState, Envelope, Id, Network};

use crate::checker::{Explorable, History};
use crate::content::{Interner, Quick, hash_of, mix};
use crate::counters::Counters;
use crate::local::Local;
use crate::rules::{Effect, Sent, Shape, Turn};

/// The three networks of stateright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ordered,
    Bag,
    /// Messages stay, and the last one that was delivered is remembered.
    Set,
}

impl Kind {
    /// The hash of a flow's content, from those of its messages.
    pub(crate) fn hash_of(self, messages: impl ExactSizeIterator<Item = u64>) -> u64 {
        match self {
            _ if messages.len() == 0 => 0,
            Self::Ordered => messages.fold(1, |hash: u64, next| mix(hash.rotate_left(7) ^ next)),
            Self::Bag | Self::Set => mix(messages.fold(1, |hash: u64, next| hash.wrapping_add(mix(next)))),
        }
    }
}

/// The hash of a content that is not a flow's, in its place.
pub(crate) fn in_place(component: usize, hash: u64) -> u64 {
    mix(hash ^ (component as u64 + 1).wrapping_mul(0xE703_7ED1_A0B4_28DB))
}

/// The same of a flow's that is not empty: flows are numbered as they are found, so the place is in its messages' hashes.
pub(crate) fn flow_in_place(hash: u64) -> u64 {
    mix(hash)
}

/// The messages from one actor to another that are in flight: a sequence, or sorted by id. 0 is none.
pub(crate) struct Flow {
    pub(crate) src: usize,
    pub(crate) dst: usize,
    pub(crate) contents: Interner<Vec<u32>>,
}

/// A local step: what it is from, and what it leaves.
pub(crate) struct Step {
    pub(crate) actor: u32,
    /// The message that was delivered.
    pub(crate) heard: Option<u32>,
    pub(crate) effect: Effect,
}

/// Everything that has an id.
pub(crate) struct Store<A: Actor, H> {
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    pub(crate) locals: Vec<Interner<Local<A>>>,
    pub(crate) weights: Vec<Vec<u128>>,
    /// By view and actor: what properties see of its parts.
    pub(crate) seen: Vec<Interner<Arc<A::State>>>,
    pub(crate) envelopes: Interner<Envelope<A::Msg>>,
    /// The flow of each envelope.
    pub(crate) flow_of: Vec<u32>,
    pub(crate) flows: Vec<Flow>,
    by_ends: HashMap<(usize, usize), u32, Quick>,
    pub(crate) histories: Interner<H>,
    pub(crate) steps: Vec<Step>,
    pub(crate) counters: Counters,
    /// What each message does to an actor's part, by actor, part and envelope.
    pub(crate) delivered: HashMap<(usize, u32, u32), Option<u32>, Quick>,
    /// What an actor may do by itself, by actor and part.
    pub(crate) taken: HashMap<(usize, u32), Vec<u32>, Quick>,
}

impl<A: Explorable, H: History> Store<A, H> {
    pub(crate) fn new(network: &Network<A::Msg>, actors: usize, max_crashes: usize) -> Self {
        let kind = match network {
            Network::Ordered(_) => Kind::Ordered,
            Network::UnorderedNonDuplicating(_) => Kind::Bag,
            Network::UnorderedDuplicating(..) => Kind::Set,
        };
        let history = (size_of::<H>() > 0).then_some(actors);
        let after_history = actors + usize::from(history.is_some());
        let last = (kind == Kind::Set).then_some(after_history);
        let flows = after_history + usize::from(last.is_some());
        Self {
            kind,
            shape: Shape { actors, history, last, flows, max_crashes },
            locals: (0..actors).map(|_| Interner::new()).collect(),
            weights: vec![Vec::new(); actors],
            seen: Vec::new(),
            envelopes: Interner::new(),
            flow_of: Vec::new(),
            flows: Vec::new(),
            by_ends: HashMap::default(),
            histories: Interner::new(),
            steps: Vec::new(),
            counters: Counters::new(actors),
            delivered: HashMap::default(),
            taken: HashMap::default(),
        }
    }

    /// The id of an actor's part; `weigh` is asked of new ones.
    pub(crate) fn local(
        &mut self,
        actor: usize,
        local: Local<A>,
        weigh: impl FnOnce(&A::State) -> u128,
    ) -> u32 {
        let state = Arc::clone(&local.state);
        let id = self.locals[actor].id_of(hash_of(&local), local);
        if self.weights[actor].len() < self.locals[actor].len() {
            self.weights[actor].push(weigh(&state));
        }
        id
    }

    pub(crate) fn envelope(&mut self, src: Id, dst: Id, msg: A::Msg) -> Sent {
        let envelope = Envelope { src, dst, msg };
        let id = self.envelopes.id_of(hash_of(&envelope), envelope);
        if self.flow_of.len() < self.envelopes.len() {
            let flow = self.flow(usize::from(src), usize::from(dst));
            self.flow_of.push(flow);
        }
        self.sent(id)
    }

    fn sent(&self, envelope: u32) -> Sent {
        let flow = self.flow_of[envelope as usize] as usize + self.shape.flows;
        Sent { component: u32::try_from(flow).unwrap_or(u32::MAX), envelope }
    }

    pub(crate) fn flow(&mut self, src: usize, dst: usize) -> u32 {
        let next = u32::try_from(self.flows.len()).unwrap_or(u32::MAX);
        let flow = *self.by_ends.entry((src, dst)).or_insert(next);
        if flow == next {
            let mut contents = Interner::new();
            contents.id_of(0, Vec::new());
            self.flows.push(Flow { src, dst, contents });
        }
        flow
    }

    /// The id of a flow's content.
    pub(crate) fn content(&mut self, flow: usize, content: Vec<u32>) -> u32 {
        let hash = self.kind.hash_of(content.iter().map(|e| self.envelopes.hash(*e)));
        self.flows[flow].contents.id_of(hash, content)
    }

    /// A flow after a message was sent.
    pub(crate) fn push(&mut self, flow: usize, content: u32, envelope: u32) -> u32 {
        let mut after = self.flows[flow].contents.get(content).as_ref().clone();
        match (self.kind, after.binary_search(&envelope)) {
            (Kind::Ordered, _) => after.push(envelope),
            (Kind::Bag, Ok(at) | Err(at)) | (Kind::Set, Err(at)) => after.insert(at, envelope),
            (Kind::Set, Ok(_)) => {}
        }
        self.content(flow, after)
    }

    /// A flow without one of a message.
    pub(crate) fn without(&mut self, flow: usize, content: u32, envelope: u32) -> u32 {
        let mut after = self.flows[flow].contents.get(content).as_ref().clone();
        if let Some(at) = after.iter().position(|e| *e == envelope) {
            after.remove(at);
        }
        self.content(flow, after)
    }

    pub(crate) fn history(&mut self, history: H) -> u32 {
        self.histories.id_of(hash_of(&history), history)
    }

    /// The hash of a component's content in its place.
    pub(crate) fn hash(&self, component: usize, id: u32) -> u64 {
        let in_place = |hash: u64| in_place(component, hash);
        if let Some(locals) = self.locals.get(component) {
            in_place(locals.hash(id))
        } else if Some(component) == self.shape.history {
            in_place(self.histories.hash(id))
        } else if Some(component) == self.shape.last {
            if id == 0 { 0 } else { in_place(self.envelopes.hash(id - 1)) }
        } else if id == 0 {
            0
        } else {
            flow_in_place(self.flows[component - self.shape.flows].contents.hash(id))
        }
    }

    /// A component's change.
    pub(crate) fn turn(&self, component: usize, from: u32, to: u32) -> Turn {
        Turn { id: to, delta: self.hash(component, from) ^ self.hash(component, to) }
    }

    /// The ids of a state of the model.
    pub(crate) fn import(
        &mut self,
        state: &ActorModelState<A, H>,
        weigh: impl Fn(usize, &A::State) -> u128,
    ) -> Vec<u32> {
        let mut ids: Vec<u32> = (0..self.shape.actors)
            .map(|actor| self.local(actor, Local::of(state, actor), |of| weigh(actor, of)))
            .collect();
        if self.shape.history.is_some() {
            ids.push(self.history(state.history.clone()));
        }
        let mut sent: Vec<Sent> = Vec::new();
        match &state.network {
            Network::Ordered(flows) => {
                for ((src, dst), queue) in flows {
                    sent.extend(queue.iter().map(|msg| self.envelope(*src, *dst, msg.clone())));
                }
            }
            Network::UnorderedNonDuplicating(bag) => {
                for (envelope, count) in &**bag {
                    let one = self.envelope(envelope.src, envelope.dst, envelope.msg.clone());
                    sent.extend(std::iter::repeat_n(one, *count));
                }
            }
            Network::UnorderedDuplicating(messages, last) => {
                sent.extend(messages.iter().map(|e| self.envelope(e.src, e.dst, e.msg.clone())));
                let last = last.as_ref().map(|e| self.envelope(e.src, e.dst, e.msg.clone()).envelope + 1);
                ids.push(last.unwrap_or(0));
            }
        }
        ids.resize(self.shape.flows + self.flows.len(), 0);
        for one in sent {
            let component = one.component as usize;
            ids[component] = self.push(component - self.shape.flows, ids[component], one.envelope);
        }
        ids
    }

    /// How many ids each component has.
    pub(crate) fn counts(&self) -> Vec<usize> {
        let mut counts: Vec<usize> = self.locals.iter().map(Interner::len).collect();
        counts.extend(self.shape.history.map(|_| self.histories.len()));
        counts.extend(self.shape.last.map(|_| self.envelopes.len() + 1));
        counts.extend(self.flows.iter().map(|flow| flow.contents.len()));
        counts
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let locals: usize = self.locals.iter().map(Interner::bytes).sum();
        let seen: usize = self.seen.iter().map(Interner::bytes).sum();
        let contents: usize = self.flows.iter().map(|f| f.contents.bytes() + 8 * f.contents.len()).sum();
        let steps = self.steps.len() * size_of::<Step>();
        let memos = self.delivered.capacity() * 28 + self.taken.capacity() * 48;
        let counters = self.counters.bytes();
        locals + seen + contents + counters + steps + memos + self.envelopes.bytes() + self.histories.bytes()
    }
}
