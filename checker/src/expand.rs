//! Successors of packed states, from what one thread knows of the local steps.
//!
//! A successor differs from its state in a few components. So it is made by exclusive or, on the packed words and on
//! the hash, from changes that were computed once. What is not known yet is asked of the [`Rules`], once a thread.

mod allowed;
mod cached;
mod canonical;
mod direct;
mod draft;
mod fuse;
mod fused;
mod known;
mod learn;
mod looks;
mod reduced;
mod scripts;
mod weights;

use crate::canon::Canon;
use crate::layout::Layout;
use crate::memo::Memo;
use crate::rules::{Deliverable, Limits, Rules, Sent, Shape, Turn};

use cached::{ASKED, CRASH, Cached, NOTHING};
use canonical::Drafts;
use draft::Draft;
pub(crate) use fused::Fused;
use reduced::{Order, Pick};

/// A new id has no room in the layout, or there is a new component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgrown;

/// What a step was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// A local step, by its id.
    Step(u32),
    /// A message was lost.
    Lost(u32),
}

/// A part of a list; unknown at first.
#[derive(Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

const UNKNOWN: Span = Span { from: u32::MAX, to: 0 };

/// What one thread knows.
pub(crate) struct Expander<'a> {
    pub(crate) rules: &'a dyn Rules,
    shape: Shape,
    limits: Option<Limits>,
    /// By actor and part.
    autonomous: Vec<Vec<Span>>,
    steps: Vec<Cached>,
    /// By part and envelope; an envelope has one addressee.
    delivered: Memo<Cached>,
    sent: Vec<Sent>,
    /// By flow and content.
    flows: Vec<Vec<Span>>,
    deliverable: Vec<Deliverable>,
    /// By content and envelope; an envelope is of one flow.
    pushed: Memo<Turn>,
    /// By last message and envelope.
    last: Memo<Turn>,
    /// By history and step.
    histories: Memo<Turn>,
    /// By component and id.
    hashes: Vec<Vec<Option<u64>>>,
    weights: Vec<Vec<Option<(u128, bool)>>>,
    /// By view and actor, and part: what properties see of it.
    seen: Vec<Vec<u32>>,
    /// By actor: through which views properties see it.
    pub(crate) views: Vec<Vec<usize>>,
    /// By flow and content: what is said of its messages by themselves.
    said: Vec<Vec<Option<u64>>>,
    canon: Option<Canon<'a>>,
    /// Where the layout is one of bundles.
    fused: Option<Box<Fused>>,
    drafts: Drafts,
    order: Order,
    /// Steps may be put off.
    reduced: bool,
    /// Of a flow only the first message can be delivered.
    ordered: bool,
    ids: Vec<u32>,
    /// An id had no room, so what was made since is of no use.
    outgrown: bool,
}

fn key(upper: u32, lower: u32) -> u64 {
    u64::from(upper) << 32 | u64::from(lower)
}

/// The entry of an id, made if it is not there.
pub(crate) fn at<T: Clone>(of: &mut Vec<T>, id: u32, unknown: T) -> &mut T {
    let id = id as usize;
    if of.len() <= id {
        of.resize(id + 1, unknown);
    }
    &mut of[id]
}

impl<'a> Expander<'a> {
    pub(crate) fn new(rules: &'a dyn Rules) -> Self {
        let shape = rules.shape();
        Self {
            rules,
            shape,
            limits: rules.limits(),
            autonomous: vec![Vec::new(); shape.actors],
            steps: Vec::new(),
            delivered: Memo::new(),
            sent: Vec::new(),
            flows: Vec::new(),
            deliverable: Vec::new(),
            pushed: Memo::new(),
            last: Memo::new(),
            histories: Memo::new(),
            hashes: Vec::new(),
            weights: vec![Vec::new(); shape.actors],
            seen: Vec::new(),
            views: Vec::new(),
            said: Vec::new(),
            canon: Canon::new(rules),
            fused: None,
            drafts: Drafts::default(),
            order: Order::default(),
            reduced: rules.is_reduced(),
            ordered: rules.is_ordered(),
            ids: Vec::new(),
            outgrown: false,
        }
    }

    /// Makes successors that are outside the limits too.
    pub(crate) fn without_limits(rules: &'a dyn Rules) -> Self {
        Self { limits: None, ..Self::new(rules) }
    }

    /// Calls `sink` with each successor of a state that is within the limits: its words, hash and step. Where steps may be
    /// put off, only with those that are enough.
    pub(crate) fn expand<const K: usize>(
        &mut self,
        layout: &Layout,
        words: &[u64; K],
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        if let Some(mut fused) = self.fused.take() {
            let done = fused.expand(self, layout, words, sink);
            self.fused = Some(fused);
            return done;
        }
        let mut ids = std::mem::take(&mut self.ids);
        layout.unpack(words, &mut ids);
        let from = Draft { words: *words, hash: self.hash_of(&ids) };
        self.outgrown = false;
        let pick = if self.reduced { self.enough(layout, &ids) } else { Pick::All };
        let done = self.expand_some(layout, &from, &ids, pick, sink);
        self.ids = ids;
        done
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn expand_ids<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        picks: impl Fn(usize) -> bool,
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        if self.outgrown {
            return Err(Outgrown);
        }
        let flows = self.shape.flows;
        for (component, content) in ids.iter().enumerate().skip(flows).filter(|(_, content)| **content != 0) {
            let span = self.deliverable(layout, component, *content);
            for i in span.from..span.to {
                let message = self.deliverable[i as usize];
                if !picks(message.actor.map_or(usize::MAX, |actor| actor as usize)) {
                    continue;
                }
                if let Some(lost) = message.lost {
                    let draft = from.turned(layout, component, *content, lost);
                    sink(&draft.words, draft.hash, Via::Lost(message.envelope));
                }
                let Some(actor) = message.actor.map(|actor| actor as usize) else { continue };
                let local = ids[actor];
                let step = self.deliver(layout, actor, local, message.envelope);
                if step.is(ASKED) && (step.is(NOTHING) || !self.may(ids, actor, step.local)) {
                    continue;
                }
                let mut draft = from.turned(layout, component, *content, message.delivered);
                if let Some(last) = self.shape.last {
                    let turn = self.last(layout, ids[last], message.envelope);
                    draft = draft.turned(layout, last, ids[last], turn);
                }
                let draft = self.stepped(layout, draft, (actor, local), ids, step);
                sink(&draft.words, draft.hash, Via::Step(step.id));
            }
        }
        for (actor, local) in ids[..self.shape.actors].iter().enumerate().filter(|(actor, _)| picks(*actor)) {
            let span = self.autonomous(layout, actor, *local);
            for i in span.from..span.to {
                let step = self.steps[i as usize];
                if step.is(ASKED)
                    && !(self.may(ids, actor, step.local) && (!step.is(CRASH) || self.may_crash(ids)))
                {
                    continue;
                }
                let draft = self.stepped(layout, *from, (actor, *local), ids, step);
                sink(&draft.words, draft.hash, Via::Step(step.id));
            }
        }
        if self.outgrown { Err(Outgrown) } else { Ok(()) }
    }

    /// The state after a local step, its message already taken off.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn stepped<const K: usize>(
        &mut self,
        layout: &Layout,
        draft: Draft<K>,
        (actor, local): (usize, u32),
        ids: &[u32],
        step: Cached,
    ) -> Draft<K> {
        let mut draft = draft.turned(layout, actor, local, Turn { id: step.local, delta: step.delta });
        for i in 0..u32::from(step.sends) {
            let sent = self.sent[(step.first + i) as usize];
            let component = sent.component as usize;
            let content = draft.id(layout, component);
            let turn = match self.pushed.get(key(content, sent.envelope)) {
                Some(turn) => turn,
                None => self.push(layout, component, content, sent.envelope),
            };
            draft = draft.turned(layout, component, content, turn);
        }
        if let Some(component) = self.shape.history {
            let before = ids[component];
            let turn = match self.histories.get(key(before, step.id)) {
                Some(turn) => turn,
                None => self.history(layout, before, step.id),
            };
            draft = draft.turned(layout, component, before, turn);
        }
        draft
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn deliver(&mut self, layout: &Layout, actor: usize, local: u32, envelope: u32) -> Cached {
        match self.delivered.get(key(local, envelope)) {
            Some(step) => step,
            None => self.learn_delivery(layout, actor, local, envelope),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn autonomous(&mut self, layout: &Layout, actor: usize, local: u32) -> Span {
        match self.autonomous[actor].get(local as usize) {
            Some(span) if span.from <= span.to => *span,
            Some(_) | None => self.learn_autonomous(layout, actor, local),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn deliverable(&mut self, layout: &Layout, component: usize, content: u32) -> Span {
        match self.flows.get(component - self.shape.flows).and_then(|of| of.get(content as usize)) {
            Some(span) if span.from <= span.to => *span,
            Some(_) | None => self.learn_deliverable(layout, component, content),
        }
    }
}

fn span(from: usize, to: usize) -> Span {
    let bounded = |i| u32::try_from(i).unwrap_or(u32::MAX);
    Span { from: bounded(from), to: bounded(to) }
}
