//! What is asked for: a model, limits, and what is said over parts.

use std::fmt::{self, Debug};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel};

use crate::engine;
use crate::explored::Explored;
use crate::independence::Independence;
use crate::normal::NormalForm;
use crate::parts::{PartBoundary, PartProperty};
use crate::pool::Pool;
use crate::report::{ActorReport, Continue, Progress, Refused};
use crate::same::Same;
use crate::search::WORTH_BUNDLES;
use crate::symmetry::Symmetry;

/// An actor that several threads may run: every actor whose types are `Send` and `Sync`.
pub trait Explorable:
    Actor<
        State: Send + Sync,
        Msg: Ord + Send + Sync,
        Timer: Ord + Send + Sync,
        Storage: Send + Sync,
        Random: Send + Sync,
    > + Sync
{
}

impl<A> Explorable for A
where
    A: Actor + Sync,
    A::State: Send + Sync,
    A::Msg: Ord + Send + Sync,
    A::Timer: Ord + Send + Sync,
    A::Storage: Send + Sync,
    A::Random: Send + Sync,
{
}

/// A history that can be compared: a hash alone could hide a state.
pub trait History: Clone + Debug + Hash + PartialEq + Send + Sync {}

impl<H: Clone + Debug + Hash + PartialEq + Send + Sync> History for H {}

/// How states are kept. Both keep them whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// Each state as its components' ids: the faster one.
    #[default]
    Fast,
    /// Each state as a pair of ids of interned pairs: the smaller one.
    Compact,
}

/// When a run ends before the space is exhausted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// Never: the counts are those of the whole space.
    #[default]
    Exhausted,
    /// After the first level with a violated `always` property.
    Violated,
    /// When every property is violated or found; that includes the whole level.
    Decided,
}

/// What to check, and within which limits.
pub struct Checker<'a, A: Explorable, C, H: History> {
    pub(crate) model: &'a ActorModel<A, C, H>,
    pub(crate) options: Options<A>,
}

impl<A: Explorable, C, H: History> Debug for Checker<'_, A, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The limits, and what is said over parts.
pub(crate) struct Options<A: Actor> {
    pub(crate) threads: usize,
    pub(crate) max_states: Option<u64>,
    pub(crate) max_depth: Option<usize>,
    pub(crate) memory: Option<u64>,
    pub(crate) time: Option<Duration>,
    pub(crate) storage: Storage,
    pub(crate) stop: Stop,
    /// States from which on components may be packed as bundles.
    pub(crate) bundles_from: u64,
    pub(crate) model_properties: bool,
    pub(crate) properties: Vec<PartProperty<A>>,
    pub(crate) boundary: Option<PartBoundary<A>>,
    pub(crate) same: Same<A>,
}

impl<A: Actor> Debug for Options<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("threads", &self.threads)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

impl<'a, A: Explorable, C: Sync, H: History> Checker<'a, A, C, H> {
    /// The whole space of a model, on one thread.
    pub fn new(model: &'a ActorModel<A, C, H>) -> Self {
        let options = Options {
            threads: 1,
            max_states: None,
            max_depth: None,
            memory: None,
            time: None,
            storage: Storage::default(),
            stop: Stop::default(),
            bundles_from: WORTH_BUNDLES,
            model_properties: true,
            properties: Vec::new(),
            boundary: None,
            same: Same::NOTHING,
        };
        Self { model, options }
    }

    /// On so many threads; 0 is 1. What is reported does not depend on it, except where a limit on states, memory or
    /// time ends the run.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads.max(1);
        self
    }

    /// Ends the run at about so many unique states.
    #[must_use]
    pub fn max_states(mut self, states: u64) -> Self {
        self.options.max_states = Some(states);
        self
    }

    /// Does not expand states that are so many steps from a first state.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.options.max_depth = Some(depth);
        self
    }

    /// Ends the run before the memory that grows with the space goes past so many bytes.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.options.memory = Some(bytes);
        self
    }

    /// Ends the run after so long.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.options.time = Some(time);
        self
    }

    /// How states are kept.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Self {
        self.options.storage = storage;
        self
    }

    /// When the run ends before the space is exhausted.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.options.stop = stop;
        self
    }

    /// Leaves the model's own properties out: for a model whose properties are given as [`PartProperty`] too.
    #[must_use]
    pub fn without_model_properties(mut self) -> Self {
        self.options.model_properties = false;
        self
    }

    /// Adds a property over parts.
    #[must_use]
    pub fn property(mut self, property: PartProperty<A>) -> Self {
        self.options.properties.push(property);
        self
    }

    /// Replaces the model's boundary by one over parts, which has to say the same.
    #[must_use]
    pub fn boundary(mut self, boundary: PartBoundary<A>) -> Self {
        self.options.boundary = Some(boundary);
        self
    }

    /// Keeps states in the lowest numbers of their counters.
    #[must_use]
    pub fn normal_form(mut self, normal: impl NormalForm<A> + 'static) -> Self {
        self.options.same.normal = Some(Arc::new(normal));
        self
    }

    /// Keeps one state of those that only differ by exchanges.
    #[must_use]
    pub fn symmetry(mut self, symmetry: impl Symmetry<A> + 'static) -> Self {
        self.options.same.symmetry = Some(Arc::new(symmetry));
        self
    }

    /// Keeps what only counts together in one place.
    #[must_use]
    pub fn pool(mut self, pool: impl Pool<A> + 'static) -> Self {
        self.options.same.pool = Some(Arc::new(pool));
        self
    }

    /// Puts steps off that the model says are independent of others. No verdict changes; there are fewer states, and a
    /// counterexample may be longer than the shortest. Models with a history, with crashes of stateright's own or with a
    /// duplicating network are searched as without it.
    #[must_use]
    pub fn independence(mut self, independence: impl Independence<A> + 'static) -> Self {
        self.options.same.independence = Some(Arc::new(independence));
        self
    }

    /// Searches. `progress` is called a few times a second, and at each level.
    pub fn run(self, progress: &mut dyn FnMut(Progress) -> Continue) -> Result<ActorReport<A, H>, Refused> {
        self.refuse()?;
        engine::run(self.model, &self.options, progress)
    }

    /// Searches, and hands on what was stored together with the report: for questions that need the whole space, which
    /// is dropped after them.
    pub fn explore<T>(
        self,
        progress: &mut dyn FnMut(Progress) -> Continue,
        then: impl FnOnce(&Explored<'_, A, C, H>) -> T,
    ) -> Result<T, Refused> {
        self.refuse()?;
        engine::explore(self.model, &self.options, progress, then)
    }

    /// Refuses what cannot be checked state by state.
    fn refuse(&self) -> Result<(), Refused> {
        if size_of::<H>() > 0 && !self.options.same.is_nothing() {
            return Err(Refused::History);
        }
        if self.options.same.independence.is_some() && self.options.boundary.is_none() {
            return Err(Refused::WholeBoundary);
        }
        let of_model = self.model.properties.iter().map(|p| (p.name, &p.expectation));
        let of_model = of_model.filter(|_| self.options.model_properties);
        let of_parts = self.options.properties.iter().map(|p| (p.name.as_str(), &p.expectation));
        let mut names = std::collections::BTreeSet::new();
        for (name, expectation) in of_model.chain(of_parts) {
            if matches!(expectation, Expectation::Eventually) {
                return Err(Refused::Eventually(name.to_owned()));
            }
            if !names.insert(name) {
                return Err(Refused::SameName(name.to_owned()));
            }
        }
        Ok(())
    }
}
