//! Successors of which the others can be put off: those of one actor that nothing can give more to do.

use super::cached::{BOUND, Cached, FIRST, HARMLESS};
use super::{Expander, at};
use crate::independence::Outlook;
use crate::layout::Layout;
use crate::rules::Turn;

/// What an [`Expander`] knows of the order of steps.
#[derive(Default)]
pub(super) struct Order {
    /// By recipient: the components of its flows.
    flows: Vec<Vec<usize>>,
    /// By sender and recipient: the flow's component, or 0.
    between: Vec<Vec<usize>>,
    /// By flow: who gets what is in it.
    recipients: Vec<usize>,
    /// By actor and part.
    own: Vec<Vec<Option<Own>>>,
}

/// What an actor does in one part by itself.
#[derive(Clone, Copy)]
struct Own {
    looks: Looks,
    outlook: Outlook,
}

/// Of some steps of an actor.
#[derive(Clone, Copy, Default)]
struct Looks {
    /// One of them is bound to its place.
    bound: bool,
    /// One of them is harmless.
    harmless: bool,
    /// One that goes before all others.
    first: Option<Alone>,
}

impl Looks {
    fn at(&mut self, step: Cached) {
        self.bound |= step.is(BOUND);
        self.harmless |= step.is(HARMLESS);
    }
}

impl Expander<'_> {
    /// Which successors are enough: a state that decides a property is reached from these if it is reached from any. A
    /// harmless step counts nothing more against a limit, so it is among them.
    pub(super) fn enough(&mut self, layout: &Layout, ids: &[u32]) -> Pick {
        let mut order = std::mem::take(&mut self.order);
        self.learn_flows(ids.len(), &mut order);
        let pick = self.pick(layout, ids, &mut order);
        self.order = order;
        pick
    }

    fn pick(&mut self, layout: &Layout, ids: &[u32], order: &mut Order) -> Pick {
        let actors = 0..self.shape.actors;
        for actor in actors.clone() {
            if let Some(alone) = self.own(layout, (actor, ids[actor]), order).looks.first {
                return Pick::Alone(alone);
            }
        }
        let mut goes = None;
        for actor in actors {
            // What is delivered to others is put off, and need not be known.
            if !self.has_all(layout, ids, actor, order) {
                continue;
            }
            let looks = self.looks(layout, ids, actor, order);
            if let Some(alone) = looks.first {
                return Pick::Alone(alone);
            }
            let may = goes.is_none() && !looks.bound;
            if may && (looks.harmless || self.is_alone(layout, ids, actor, order)) {
                goes = Some(actor);
            }
        }
        goes.map_or(Pick::All, Pick::Actor)
    }

    /// Whether nothing that others do gives an actor more to do.
    fn has_all(&mut self, layout: &Layout, ids: &[u32], actor: usize, order: &mut Order) -> bool {
        let content = |order: &Order, from: usize, to: usize| match order.between[from][to] {
            0 => 0,
            component => ids[component],
        };
        (0..self.shape.actors).filter(|other| *other != actor).all(|other| {
            let has_sent = self.ordered && content(order, other, actor) != 0;
            has_sent
                || content(order, actor, other) == 0 && {
                    self.own(layout, (other, ids[other]), order).outlook.sends_to >> actor & 1 == 0
                }
        })
    }

    /// Whether nothing that others do, before an actor takes a step, decides a property: they are quiet and hear nothing.
    fn is_alone(&mut self, layout: &Layout, ids: &[u32], actor: usize, order: &mut Order) -> bool {
        let mut messages = ids.iter().skip(self.shape.flows).zip(&order.recipients);
        messages.all(|(content, to)| *content == 0 || *to == actor)
            && (0..self.shape.actors)
                .all(|other| other == actor || self.own(layout, (other, ids[other]), order).outlook.is_quiet)
    }

    /// Of all that an actor may do.
    fn looks(&mut self, layout: &Layout, ids: &[u32], actor: usize, order: &mut Order) -> Looks {
        let mut looks = self.own(layout, (actor, ids[actor]), order).looks;
        for flow in order.flows[actor].iter().filter(|flow| ids[**flow] != 0) {
            let span = self.deliverable(layout, *flow, ids[*flow]);
            for i in span.from..span.to {
                let message = self.deliverable[i as usize];
                let step = self.deliver(layout, actor, ids[actor], message.envelope);
                looks.at(step);
                // A message that may be lost goes before nothing.
                if step.is(FIRST) && message.lost.is_none() {
                    looks.first = Some(Alone { actor, step, heard: Some((*flow, message.delivered)) });
                }
            }
        }
        looks
    }

    fn own(&mut self, layout: &Layout, (actor, local): (usize, u32), order: &mut Order) -> Own {
        if let Some(Some(own)) = order.own[actor].get(local as usize) {
            return *own;
        }
        let span = self.autonomous(layout, actor, local);
        let mut looks = Looks::default();
        let steps = &self.steps[span.from as usize..span.to as usize];
        for step in steps {
            looks.at(*step);
            if step.is(FIRST) {
                looks.first = Some(Alone { actor, step: *step, heard: None });
            }
        }
        let own = Own { looks, outlook: self.rules.outlook(actor, local) };
        if !self.outgrown {
            *at(&mut order.own[actor], local, None) = Some(own);
        }
        own
    }

    fn learn_flows(&self, components: usize, order: &mut Order) {
        let actors = self.shape.actors;
        if order.flows.is_empty() {
            order.flows = vec![Vec::new(); actors];
            order.between = vec![vec![0; actors]; actors];
            order.own = vec![Vec::new(); actors];
        }
        for component in self.shape.flows + order.recipients.len()..components {
            let (src, dst) = self.rules.ends(component);
            if src < actors && dst < actors {
                order.between[src][dst] = component;
                order.flows[dst].push(component);
            }
            order.recipients.push(dst);
        }
    }
}

/// Which successors.
#[derive(Clone, Copy)]
pub(super) enum Pick {
    All,
    /// An actor's: its own steps, messages to it, and their losses.
    Actor(usize),
    /// One.
    Alone(Alone),
}

/// One step of an actor that sends nothing.
#[derive(Clone, Copy)]
pub(super) struct Alone {
    pub(super) actor: usize,
    pub(super) step: Cached,
    /// The flow from which it takes a message, and what is left of that.
    pub(super) heard: Option<(usize, Turn)>,
}
