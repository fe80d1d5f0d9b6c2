//! A group that is judged while its traffic passes: what was judged is not judged again.

use muster_reference::coordinator::{Config, GroupId};

use super::super::history::{Happening, Happenings, History};
use super::hypothesis::Hypothesis;
use super::search::Search;
use super::start::{Finder, Found};
use super::{Judge, Outcome, SHOWN_BEFORE};

/// How long an answer may be awaited at least: a rebalance of five minutes, Kafka's default, and some more.
const AWAITED_US: i64 = 330_000_000;
/// What it may take longer than the rebalance timeout.
const MARGIN_US: i64 = 30_000_000;
/// Happenings after which it is noted where a wider search could begin.
const SLICE: usize = 500;
/// Happenings after which a wider search does not begin before states were left out.
const LOOKED_BACK: usize = 5_000;

/// How long an answer may be awaited. What is unanswered for longer is taken to stay so.
pub(in crate::observe) fn awaited_us(history: &History) -> i64 {
    AWAITED_US.max(history.longest_rebalance_us.saturating_add(MARGIN_US))
}

/// What is known of a group whose traffic goes on.
#[derive(Debug)]
pub struct Live {
    search: Search,
    states: Vec<Hypothesis>,
    truncated: bool,
    /// Looks for where judging can begin; none: it is known for good.
    finder: Option<Finder>,
    /// Whether there are states to go on from.
    is_begun: bool,
    /// How many happenings were judged.
    at: usize,
    /// Answers among them, and those of them from before judging could begin.
    answered: usize,
    skipped: usize,
    /// The last place at which no state had been left out, and the states there.
    sure: Option<(usize, Vec<Hypothesis>)>,
    /// How far back a wider search may begin.
    looked_back: usize,
    ended: Option<Outcome>,
}

impl Default for Live {
    fn default() -> Self {
        Self::after(0)
    }
}

impl Live {
    /// Of a group of which so much happened before that is not looked at.
    pub(in crate::observe) fn after(at: usize) -> Self {
        Self {
            search: Search::NARROW,
            states: Vec::new(),
            truncated: false,
            finder: Some(Finder::default()),
            is_begun: false,
            at,
            answered: 0,
            skipped: 0,
            sure: None,
            looked_back: LOOKED_BACK,
            ended: None,
        }
    }

    /// Of a group of which everything is there to be looked at again.
    pub(super) fn of_the_past() -> Self {
        Self { looked_back: usize::MAX, ..Self::default() }
    }

    /// Judges what has come since the last time, up to the first request whose answer may still come.
    pub fn judge(&mut self, history: &History, group: &GroupId, config: &Config) -> Outcome {
        if let Some(happenings) = history.groups.get(group) {
            self.advance(history, group, config, settled(history, happenings, self.at));
        }
        self.outcome()
    }

    /// Judges what is left: no answer will come any more.
    pub fn finish(&mut self, history: &History, group: &GroupId, config: &Config) -> Outcome {
        if let Some(happenings) = history.groups.get(group) {
            self.advance(history, group, config, happenings.len());
        }
        self.outcome()
    }

    /// How many happenings need not be looked at again.
    pub fn judged(&self) -> usize {
        self.at
    }

    /// The first happening that may be looked at again, if only to be shown.
    pub(in crate::observe) fn needs(&self) -> usize {
        let from = self.sure.as_ref().map_or(self.at, |(at, _)| *at);
        from.saturating_sub(2 * SHOWN_BEFORE)
    }

    /// Forgets requests whose answers nobody will see.
    pub(in crate::observe) fn forget(&mut self, is_gone: impl Fn(usize) -> bool) {
        let sure = self.sure.iter_mut().flat_map(|(_, states)| states);
        self.states.iter_mut().chain(sure).for_each(|state| state.forget(&is_gone));
        if let Some(finder) = &mut self.finder {
            finder.forget(is_gone);
        }
    }

    /// What is known by now.
    pub(in crate::observe) fn outcome(&self) -> Outcome {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        if !self.is_begun {
            return Outcome::UnderWay { exchanges: self.answered };
        }
        let rules = self.states.first().map(|state| state.rules.clone()).unwrap_or_default();
        let (exchanges, skipped) = (self.answered - self.skipped, self.skipped);
        Outcome::Explained { exchanges, skipped, rules }
    }

    fn advance(&mut self, history: &History, group: &GroupId, config: &Config, to: usize) {
        let Some(happenings) = history.groups.get(group) else { return };
        let over = Over { history, group, config, happenings };
        while self.at < to {
            let end = to.min(self.at.saturating_add(SLICE));
            let from = self.begin(&over, end);
            self.answered += count(happenings.between(self.at, end));
            if self.is_begun && self.ended.is_none() {
                self.follow(&over, from, end);
            }
            self.at = end;
        }
    }

    /// Looks for where judging can begin, up to a place. Gives where it goes on, as far as it has begun.
    fn begin(&mut self, over: &Over<'_>, end: usize) -> usize {
        let Some(mut finder) = self.finder.take() else { return self.at };
        let mut is_under_way = finder.is_under_way();
        for (place, happening) in (self.at..).zip(over.happenings.between(self.at, end)) {
            match finder.look(over.history, over.group, over.config, *happening) {
                Found::Nothing => {}
                // What was said of a group that was taken to begin there is void.
                Found::UnderWay => is_under_way = true,
                Found::FromTheBeginning => {
                    self.set_out(Hypothesis::new(over.config));
                    return self.at;
                }
                Found::From(state) => {
                    (self.states, self.is_begun, self.ended) = (vec![*state], true, None);
                    self.skipped = self.answered + count(over.happenings.between(self.at, place));
                    self.sure = Some((place, self.states.clone()));
                    return place;
                }
            }
        }
        self.finder = Some(finder);
        if is_under_way {
            (self.states, self.is_begun, self.ended, self.sure) = (Vec::new(), false, None, None);
        } else {
            self.set_out(Hypothesis::new(over.config));
        }
        self.at
    }

    /// Begins with a state, unless it has begun.
    fn set_out(&mut self, state: Hypothesis) {
        if !self.is_begun {
            (self.states, self.is_begun) = (vec![state], true);
            self.sure = Some((self.at, self.states.clone()));
        }
    }

    fn follow(&mut self, over: &Over<'_>, from: usize, to: usize) {
        let mut ended = self.explain(over, from, to);
        // Most of what passes came in the order in which it was seen: a narrow search explains it.
        if matches!(ended, Some(Outcome::Undecided { .. }))
            && self.search == Search::NARROW
            && let Some((at, states)) = self.sure.clone()
        {
            (self.search, self.states, self.truncated) = (Search::WIDE, states, false);
            ended = self.explain(over, at, to);
        }
        self.ended = ended;
        if self.ended.is_some() {
            self.sure = None;
        } else if !self.truncated {
            self.search = Search::NARROW;
            self.sure = Some((to, self.states.clone()));
        } else if self.sure.as_ref().is_none_or(|(at, _)| to - at > self.looked_back) {
            self.sure = None;
            self.search = Search::NARROW;
        }
    }

    fn explain(&mut self, over: &Over<'_>, from: usize, to: usize) -> Option<Outcome> {
        let Over { history, group: _, config, happenings } = *over;
        let states = std::mem::take(&mut self.states);
        let mut judge = Judge { history, config, search: self.search, states, truncated: self.truncated };
        let ended = judge.follow(happenings, from, to);
        (self.states, self.truncated) = (judge.states, judge.truncated);
        ended
    }
}

/// What is judged.
struct Over<'h> {
    history: &'h History,
    group: &'h GroupId,
    config: &'h Config,
    happenings: &'h Happenings,
}

/// How many happenings come before the first request whose answer may still come, from a place on. A request that waits
/// is explained by what it is answered, so nothing after it is judged before that is known.
fn settled(history: &History, happenings: &Happenings, from: usize) -> usize {
    let since_us = history.last_asked_us.saturating_sub(awaited_us(history));
    let new = happenings.between(from, happenings.len());
    let open = new.iter().position(|happening| match *happening {
        Happening::Asked(place) => history.exchanges.get(place).is_some_and(|exchange| {
            exchange.answer.is_none() && !exchange.is_lost && exchange.asked_at_us > since_us
        }),
        Happening::Answered(_) => false,
    });
    from + open.unwrap_or(new.len())
}

fn count(happenings: &[Happening]) -> usize {
    happenings.iter().filter(|happening| matches!(happening, Happening::Answered(_))).count()
}
