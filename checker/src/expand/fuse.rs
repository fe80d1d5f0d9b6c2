//! What a [`Fused`] does not know yet: put together from what the [`Expander`] knows of components.

use super::cached::{CRASH, Cached, NOTHING, WEIGHS};
use super::fused::{Change, Fused, Head, NO_ROW, Reaching, Row};
use super::{Expander, Via, at, key};
use crate::layout::Layout;
use crate::rules::Turn;

/// A step of a bundle, before it has a place.
pub(super) struct Made {
    pub(super) step: Reaching,
    /// Group and envelope.
    pub(super) sent: Vec<(u32, u32)>,
}

impl Default for Made {
    /// Nothing happens.
    fn default() -> Self {
        Self { step: Reaching { flags: NOTHING, ..Reaching::default() }, sent: Vec::new() }
    }
}

/// What may happen in a bundle, before it has a place.
pub(super) struct Learnt {
    hash: u64,
    /// Its actor's part.
    pub(super) local: u32,
    /// By what the id and the hash change in each step that changes nothing else.
    pub(super) own: Vec<(u32, u64)>,
    own_via: Vec<Via>,
    pub(super) reaching: Vec<Made>,
    pub(super) heads: Vec<Head>,
}

impl Fused {
    /// What may happen in a bundle; its hash. If it is outgrown, it stays unknown, and what is made of it is of no use.
    #[cold]
    pub(super) fn learn_row(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        group: usize,
        id: u32,
    ) -> u64 {
        let Some(learnt) = self.learnt(expander, layout, group, id) else { return 0 };
        let hash = learnt.hash;
        let row = self.keep_row(learnt);
        *at(&mut self.rows[group], id, NO_ROW) = row;
        hash
    }

    /// What may happen in a bundle. `None`: it is outgrown.
    pub(super) fn learnt(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        group: usize,
        id: u32,
    ) -> Option<Learnt> {
        let tuple = self.tuple_of(group, id).to_vec();
        let (mut own, mut own_via) = (Vec::new(), Vec::new());
        let (mut reaching, mut heads): (Vec<Made>, Vec<Head>) = (Vec::new(), Vec::new());
        let mut step = |made: Option<Made>| match made {
            Some(made) if made.sent.is_empty() && made.step.flags == 0 => {
                own.push((made.step.turn, made.step.delta));
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
                own.push((to, turn.delta));
                own_via.push(Via::Lost(envelope));
            }
        }
        let hash =
            members.iter().zip(&tuple).fold(0, |hash, (member, id)| hash ^ expander.hash(*member, *id));
        self.outgrown |= expander.outgrown;
        let local = if actor.is_some() { tuple[0] } else { 0 };
        (!self.outgrown).then_some(Learnt { hash, local, own, own_via, reaching, heads })
    }

    /// Gives what may happen in a bundle its places.
    fn keep_row(&mut self, learnt: Learnt) -> Row {
        let Learnt { hash, local, own, own_via, reaching, heads } = learnt;
        let row = Row {
            hash,
            local,
            own: bounded(self.own.len()),
            reaching: bounded(self.reaching.len()),
            heads: bounded(self.heads.len()),
            owns: few(own.len()),
            reachings: few(reaching.len()),
            headed: few(heads.len()),
        };
        self.own.extend(own.iter().map(|(turn, _)| turn));
        self.own_deltas.extend(own.iter().map(|(_, delta)| delta));
        self.own_via.extend(own_via);
        self.heads.extend(heads);
        for made in reaching {
            let kept = self.kept(made);
            self.reaching.push(kept);
        }
        row
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
            return Some(Made::default());
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
        let flags = cached.flags & (CRASH | WEIGHS);
        let weighs = match flags & WEIGHS {
            0 => 0,
            _ => self.weighs(expander, group, tuple[0], cached.local),
        };
        let sends = few(others.len());
        Some(Made {
            step: Reaching { delta, turn, step: cached.id, weighs, flags, first: 0, sends },
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
        let Some(made) = self.made_of(expander, layout, (actor, id), envelope) else {
            return Made::default().step;
        };
        let step = self.kept(made);
        self.delivered[actor].insert(key(id, envelope), step);
        step
    }

    /// What a message from another bundle does in an actor's. `None`: it is outgrown.
    pub(super) fn made_of(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        (actor, id): (usize, u32),
        envelope: u32,
    ) -> Option<Made> {
        let tuple = self.tuple_of(actor, id).to_vec();
        let cached = expander.deliver(&self.components, actor, tuple[0], envelope);
        let made = self.made(expander, layout, (actor, id), &tuple, 0, cached);
        self.outgrown |= expander.outgrown;
        made.filter(|_| !self.outgrown)
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
        let Some(change) = self.pushed_to(expander, layout, (group, id), envelope) else {
            return Change::default();
        };
        self.pushed[group].insert(key(id, envelope), change);
        change
    }

    /// What a message changes that is sent to a bundle. `None`: it is outgrown.
    pub(super) fn pushed_to(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        (group, id): (usize, u32),
        envelope: u32,
    ) -> Option<Change> {
        let mut tuple = self.tuple_of(group, id).to_vec();
        let ends = expander.rules.flow_of(envelope);
        let Some((_, place)) = self.bundles.home(ends) else {
            self.outgrown = true;
            return None;
        };
        let turn = pushed(expander, &self.components, ends, tuple[place], envelope);
        tuple[place] = turn.id;
        let to = self.turn(layout, (group, id), &tuple);
        self.outgrown |= expander.outgrown;
        let to = to.filter(|_| !self.outgrown)?;
        Some(Change { turn: to, delta: turn.delta })
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

pub(super) fn bounded(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn few(count: usize) -> u16 {
    let few = u16::try_from(count).unwrap_or(u16::MAX);
    assert_eq!(usize::from(few), count, "more than 65535 steps of one actor");
    few
}
