//! What a [`Fused`] does not know yet: put together from what the [`Expander`] knows of components.

use super::fused::{Change, Fused, Head, NO_ROW, Own, Reaching, Row, UNKNOWN};
use super::{CRASH, Cached, Expander, NOTHING, Via, WEIGHS, at, key};
use crate::layout::Layout;
use crate::rules::{Rules, Turn};

/// A step of a bundle, before it has a place.
struct Made {
    step: Reaching,
    sent: Vec<(u32, u32)>,
}

impl Fused {
    /// What may happen in a bundle; its hash.
    #[cold]
    pub(super) fn learn_row(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        group: usize,
        id: u32,
    ) -> u64 {
        let tuple = self.tuple_of(group, id).to_vec();
        let (mut own, mut own_via) = (Vec::new(), Vec::new());
        let (mut reaching, mut heads): (Vec<Made>, Vec<Head>) = (Vec::new(), Vec::new());
        let mut step = |made: Option<Made>| match made {
            Some(made) if made.sent.is_empty() && made.step.flags == 0 => {
                own.push(Own { delta: made.step.delta, turn: made.step.turn });
                own_via.push(Via::Step(made.step.step));
            }
            Some(made) => reaching.extend((made.step.flags & NOTHING == 0).then_some(made)),
            None => {}
        };
        let members = self.bundles.members(group).to_vec();
        let mut lost = Vec::new();
        let actor = members.first().copied().filter(|first| *first < expander.shape.actors);
        if let Some(actor) = actor {
            let span = expander.autonomous(&self.components, actor, tuple[0]);
            for i in span.from..span.to {
                let cached = expander.steps[i as usize];
                step(self.made(expander, layout, (group, id), &tuple, 0, cached));
            }
        }
        let first_flow = expander.shape.flows;
        let flows = members.iter().enumerate().filter(|(_, member)| **member >= first_flow);
        for (place, component) in flows.filter(|(place, _)| tuple[*place] != 0) {
            let content = tuple[place];
            let span = expander.deliverable(&self.components, *component, content);
            for i in span.from..span.to {
                let message = expander.deliverable[i as usize];
                lost.extend(message.lost.map(|turn| (place, turn, message.envelope)));
                let Some(to) = message.actor.map(|to| to as usize) else { continue };
                let mut without = tuple.clone();
                without[place] = message.delivered.id;
                if Some(to) == actor {
                    let cached = expander.deliver(&self.components, to, tuple[0], message.envelope);
                    let delta = message.delivered.delta;
                    step(self.made(expander, layout, (group, id), &without, delta, cached));
                } else if let Some(turn) = self.turn(layout, (group, id), &without) {
                    let Turn { delta, .. } = message.delivered;
                    heads.push(Head { delta, turn, envelope: message.envelope, actor: bounded(to) });
                }
            }
        }
        for (place, turn, envelope) in lost {
            let mut without = tuple.clone();
            without[place] = turn.id;
            if let Some(to) = self.turn(layout, (group, id), &without) {
                own.push(Own { delta: turn.delta, turn: to });
                own_via.push(Via::Lost(envelope));
            }
        }
        let hash =
            members.iter().zip(&tuple).fold(0, |hash, (member, id)| hash ^ expander.hash(*member, *id));
        let row = Row {
            hash,
            own: bounded(self.own.len()),
            reaching: bounded(self.reaching.len()),
            heads: bounded(self.heads.len()),
            owns: few(own.len()),
            reachings: few(reaching.len()),
            headed: few(heads.len()),
            local: if actor.is_some() { tuple[0] } else { 0 },
        };
        if self.outgrown || expander.outgrown {
            self.outgrown = true;
            // It stays unknown, and what is made of it is of no use.
            return hash;
        }
        self.own.extend(own);
        self.own_via.extend(own_via);
        self.heads.extend(heads);
        for made in reaching {
            let kept = self.kept(made);
            self.reaching.push(kept);
        }
        *at(&mut self.rows[group], id, NO_ROW) = row;
        hash
    }

    /// A step of a group's actor on its bundle, from which the message is taken off. `None`: it is outgrown.
    fn made(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        (group, id): (usize, u32),
        tuple: &[u32],
        delta: u64,
        cached: Cached,
    ) -> Option<Made> {
        if cached.is(NOTHING) {
            let step = Reaching { flags: NOTHING, ..Reaching::default() };
            return Some(Made { step, sent: Vec::new() });
        }
        let (mut after, mut delta) = (tuple.to_vec(), delta ^ cached.delta);
        after[0] = cached.local;
        let mut others = Vec::new();
        for i in 0..u32::from(cached.sends) {
            let sent = expander.sent[(cached.first + i) as usize];
            let component = sent.component as usize;
            match self.bundles.home(component) {
                Some((home, place)) if home == group => {
                    let turn = pushed(expander, &self.components, component, after[place], sent.envelope);
                    after[place] = turn.id;
                    delta ^= turn.delta;
                }
                Some((home, _)) => others.push((bounded(home), sent.envelope)),
                None => self.outgrown = true,
            }
        }
        let turn = self.turn(layout, (group, id), &after)?;
        let Cached { local, id: step, flags, .. } = cached;
        let flags = flags & (CRASH | WEIGHS);
        Some(Made {
            step: Reaching { delta, turn, step, local, flags, first: 0, sends: few(others.len()) },
            sent: others,
        })
    }

    fn kept(&mut self, made: Made) -> Reaching {
        let first = bounded(self.sent.len());
        self.sent.extend(made.sent);
        Reaching { first, ..made.step }
    }

    /// By what a bundle's id changes when it becomes this one. `None`: that has no room.
    fn turn(&mut self, layout: &Layout, (group, id): (usize, u32), after: &[u32]) -> Option<u32> {
        let to = self.bundles.id_of(group, after);
        if !layout.holds(group, to) {
            self.outgrown = true;
            return None;
        }
        self.know(group, to, after);
        Some(id ^ to)
    }

    #[cold]
    pub(super) fn learn_delivery(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        actor: usize,
        id: u32,
        envelope: u32,
    ) -> Reaching {
        let tuple = self.tuple_of(actor, id).to_vec();
        let cached = expander.deliver(&self.components, actor, tuple[0], envelope);
        let made = self.made(expander, layout, (actor, id), &tuple, 0, cached);
        self.outgrown |= expander.outgrown;
        match made {
            Some(made) if !self.outgrown => {
                let step = self.kept(made);
                self.delivered[actor].insert(key(id, envelope), step);
                step
            }
            Some(_) | None => Reaching { flags: NOTHING, ..Reaching::default() },
        }
    }

    #[cold]
    pub(super) fn learn_push(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        group: usize,
        id: u32,
        envelope: u32,
    ) -> Change {
        let mut tuple = self.tuple_of(group, id).to_vec();
        let ends = expander.rules.flow_of(envelope);
        let Some((_, place)) = self.bundles.home(ends) else { return Change::default() };
        let turn = pushed(expander, &self.components, ends, tuple[place], envelope);
        tuple[place] = turn.id;
        let to = self.turn(layout, (group, id), &tuple);
        self.outgrown |= expander.outgrown;
        let Some(to) = to.filter(|_| !self.outgrown) else { return Change::default() };
        let change = Change { turn: to, delta: turn.delta };
        self.pushed[group].insert(key(id, envelope), change);
        change
    }

    /// What an id stands for.
    pub(super) fn tuple_of(&mut self, group: usize, id: u32) -> &[u32] {
        let width = self.bundles.members(group).len();
        let first = id as usize * width;
        if self.tuples[group].get(first).is_none_or(|first| *first == UNKNOWN) {
            let mut tuple = std::mem::take(&mut self.tuple);
            self.bundles.tuple(group, id, &mut tuple);
            self.know(group, id, &tuple);
            self.tuple = tuple;
        }
        &self.tuples[group][first..first + width]
    }

    fn know(&mut self, group: usize, id: u32, tuple: &[u32]) {
        let first = id as usize * tuple.len();
        let known = &mut self.tuples[group];
        if known.len() < first + tuple.len() {
            known.resize(first + tuple.len(), UNKNOWN);
        }
        known[first..first + tuple.len()].copy_from_slice(tuple);
    }

    /// An actor's part in its bundle.
    pub(super) fn local(&mut self, actor: usize, id: u32) -> u32 {
        self.tuple_of(actor, id)[0]
    }

    /// What properties see of an actor in its bundle.
    #[inline]
    pub(super) fn seen(&mut self, rules: &dyn Rules, view: usize, actor: usize, id: u32) -> u32 {
        let of = view * self.bundles.len() + actor;
        match self.seen.get(of).and_then(|seen| seen.get(id as usize)) {
            Some(seen) if *seen != UNKNOWN => *seen,
            Some(_) | None => {
                let local = self.local(actor, id);
                let seen = rules.seen(view, actor, local);
                if self.seen.len() <= of {
                    self.seen.resize(of + 1, Vec::new());
                }
                *at(&mut self.seen[of], id, UNKNOWN) = seen;
                seen
            }
        }
    }

    /// The components' ids.
    pub(super) fn unpack(&mut self, layout: &Layout, words: &[u64], ids: &mut Vec<u32>) {
        ids.clear();
        ids.resize(self.bundles.components(), 0);
        for (group, slot) in layout.slots.iter().enumerate() {
            let bundles = std::sync::Arc::clone(&self.bundles);
            let tuple = self.tuple_of(group, slot.id(words));
            for (component, id) in bundles.members(group).iter().zip(tuple) {
                ids[*component] = *id;
            }
        }
    }

    /// Resident, in bytes, estimated.
    pub(super) fn bytes(&self) -> usize {
        let rows: usize = self.rows.iter().map(|rows| rows.capacity() * size_of::<Row>()).sum();
        let tuples: usize = self.tuples.iter().chain(&self.seen).map(|of| of.capacity() * 4).sum();
        let own = self.own.capacity() * (size_of::<Own>() + size_of::<Via>());
        let steps = self.reaching.capacity() * size_of::<Reaching>() + self.sent.capacity() * 8;
        let memos: usize = self.delivered.iter().map(crate::memo::Memo::bytes).sum();
        let pushed: usize = self.pushed.iter().map(crate::memo::Memo::bytes).sum();
        rows + tuples + own + steps + memos + pushed + self.heads.capacity() * size_of::<Head>()
    }
}

fn pushed(
    expander: &mut Expander<'_>,
    components: &Layout,
    component: usize,
    content: u32,
    envelope: u32,
) -> Turn {
    match expander.pushed.get(key(content, envelope)) {
        Some(turn) => turn,
        None => expander.push(components, component, content, envelope),
    }
}

fn bounded(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn few(count: usize) -> u16 {
    let few = u16::try_from(count).unwrap_or(u16::MAX);
    assert_eq!(usize::from(few), count, "more than 65535 steps of one actor");
    few
}
