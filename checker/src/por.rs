//! What the engine finds out of a local step's independence, and what it holds a model's word against.

use std::sync::atomic::Ordering;

use stateright::actor::{Actor, Id};

use crate::book::Book;
use crate::checker::{Explorable, History};
use crate::independence::{Cause, Freedom, Independence, LocalStep, Outlook};
use crate::local::Local;
use crate::rules::{LANE, LANES};
use crate::store::Kind;

/// The most actors that a set of actors has room for.
const MOST_ACTORS: usize = 64;

/// A local step while it is noted.
pub(crate) struct Noted<'a, A: Actor> {
    pub(crate) actor: usize,
    pub(crate) before: &'a Local<A>,
    /// Who sent the message that is delivered.
    pub(crate) from: Option<usize>,
    pub(crate) cause: Cause<'a, A::Msg, A::Timer>,
    pub(crate) after: &'a Local<A>,
    pub(crate) sent: &'a [(Id, A::Msg)],
}

impl<A: Explorable, C: Sync, H: History> Book<'_, A, C, H> {
    /// Whether steps of different actors commute, and the model says what it knows of them. A history, a duplicating
    /// network and a budget of crashes are shared by all actors.
    pub(crate) fn steps_commute(&self) -> bool {
        let store = self.store();
        self.same.independence.is_some()
            && store.shape.history.is_none()
            && store.kind != Kind::Set
            && self.model.max_crashes == 0
            && self.model.actors.len() <= MOST_ACTORS
    }

    /// Of a step, but for the counters that it makes.
    pub(crate) fn freedom(&self, step: &Noted<'_, A>) -> Freedom {
        let Some(independence) = &self.same.independence else { return Freedom::default() };
        let told = LocalStep {
            actor: step.actor,
            before: step.before.state.as_ref(),
            cause: step.cause,
            after: step.after.state.as_ref(),
            sent: step.sent,
        };
        self.hold_to_its_word(independence.as_ref(), step);
        let (heavier, bound) = self.weighed(independence.as_ref(), step);
        let harmless =
            !heavier && !bound && lowers_rank(independence.as_ref(), step) && independence.is_harmless(&told);
        let first = harmless && step.sent.is_empty() && independence.goes_first(&told);
        Freedom { harmless, first, bound }
    }

    /// Who may still be sent to is what was said before it, unless the actor was asked since; and who is quiet stays so, and
    /// sends nothing.
    fn hold_to_its_word(&self, independence: &dyn Independence<A>, step: &Noted<'_, A>) {
        let others = (0..self.model.actors.len()).filter(|to| *to != step.actor && Some(*to) != step.from);
        let mut silent = others.filter(|to| !independence.may_send(step.actor, &step.before.state, *to));
        let broken = silent.any(|to| {
            independence.may_send(step.actor, &step.after.state, to)
                || step.sent.iter().any(|(dst, _)| usize::from(*dst) == to)
        });
        let quiet = |local: &Local<A>| independence.is_quiet(step.actor, &local.state);
        let speaks =
            step.from.is_none() && quiet(step.before) && !(step.sent.is_empty() && quiet(step.after));
        if broken || speaks {
            self.untrue.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a step counts more against a limit, and whether that depends on when it is taken.
    fn weighed(&self, independence: &dyn Independence<A>, step: &Noted<'_, A>) -> (bool, bool) {
        let before = self.weigh(step.actor, &step.before.state);
        let after = self.weigh(step.actor, &step.after.state);
        let (mut heavier, mut bound) = (false, false);
        for (limit, lane) in (0..LANES).zip(0_u32..) {
            let of = |weight: u128| weight >> (LANE * lane) & 0xFFFF;
            let grows = independence.only_grows(limit);
            heavier |= of(before) != of(after);
            bound |= of(before) != of(after) && !grows;
            if grows && of(after) < of(before) {
                self.untrue.store(true, Ordering::Relaxed);
            }
        }
        (heavier, bound)
    }

    /// What an actor may do before it hears from others.
    pub(crate) fn outlook_of(&self, actor: usize, local: u32) -> Outlook {
        let Some(independence) = &self.same.independence else {
            return Outlook { sends_to: u64::MAX, is_quiet: false };
        };
        let part = self.store().locals[actor].get(local);
        let to = (0..self.model.actors.len()).filter(|to| independence.may_send(actor, &part.state, *to));
        let sends_to = to.fold(0, |set, to| set | 1 << to);
        Outlook { sends_to, is_quiet: independence.is_quiet(actor, &part.state) }
    }
}

/// Whether a step brings the state's rank down. The message that is delivered is gone after it.
fn lowers_rank<A: Actor>(independence: &dyn Independence<A>, step: &Noted<'_, A>) -> bool {
    let of = |local: &Local<A>| independence.rank(step.actor, &local.state);
    let heard = match step.cause {
        Cause::Message(message) => independence.message_rank(message),
        Cause::Timer(_) | Cause::Other => 0,
    };
    let sent = step.sent.iter().map(|(_, message)| independence.message_rank(message));
    sent.fold(of(step.after), u64::saturating_add) < of(step.before).saturating_add(heard)
}
