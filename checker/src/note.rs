//! A local step that was taken: what it leaves gets ids, and what is known of its place in the order of steps is noted.

use stateright::actor::Id;

use crate::book::Book;
use crate::checker::{Explorable, History};
use crate::independence::{Cause, Freedom};
use crate::local::Left;
use crate::por::Noted;
use crate::rules::{Effect, Sent};
use crate::store::{Step, Store};

impl<A: Explorable, C: Sync, H: History> Book<'_, A, C, H> {
    /// Notes a step, and gives it an id.
    pub(crate) fn note(
        &self,
        store: &mut Store<A, H>,
        (actor, before): (usize, u32),
        (heard, timer): (Option<u32>, Option<&A::Timer>),
        (local, sent): Left<A>,
    ) -> u32 {
        let part = store.locals[actor].get(before);
        let crash = local.crashed && !part.crashed;
        let message = heard.map(|envelope| store.envelopes.get(envelope));
        let cause = match (&message, timer) {
            (Some(envelope), _) => Cause::Message(&envelope.msg),
            (None, Some(timer)) => Cause::Timer(timer),
            (None, None) => Cause::Other,
        };
        let from = message.as_ref().map(|envelope| usize::from(envelope.src));
        let mut freedom =
            self.freedom(&Noted { actor, before: &part, from, cause, after: &local, sent: &sent });
        let after = store.local(actor, local, |of| self.weigh(actor, of));
        let sent = sent.into_iter().map(|(dst, msg)| store.envelope(Id::from(actor), dst, msg));
        let sent: Vec<Sent> = sent.collect();
        if self.same.independence.is_some() && !freedom.bound {
            let envelopes: Vec<u32> = sent.iter().map(|sent| sent.envelope).collect();
            if self.makes_numbers(store, (actor, before, heard), (after, &envelopes)) {
                freedom = Freedom { bound: true, ..Freedom::default() };
            }
        }
        let id = u32::try_from(store.steps.len()).unwrap_or(u32::MAX);
        let effect = Effect { id, local: store.turn(actor, before, after), crash, freedom, sent };
        store.steps.push(Step { actor: u32::try_from(actor).unwrap_or(u32::MAX), heard, effect });
        id
    }
}
