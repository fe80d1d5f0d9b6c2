//! Paths: the model's steps taken one after the other, each by its key.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use muster_model::actor::{GroupAction, GroupModel, GroupState, View, model_with};
use muster_model::property::PropertyId;
use muster_model::scenario::Scenario;
use stateright::Model;

use crate::key::key;
use crate::spec::{Spec, SpecError};

/// The longest path that is walked.
pub const MOST_STEPS: usize = 10_000;

/// Walks that are kept, so that one step more is one step.
const KEPT: usize = 8;

/// A step that is enabled, and where it leads.
#[derive(Clone, Debug)]
pub struct Successor {
    /// Its name.
    pub key: String,
    /// The step.
    pub action: GroupAction,
    /// The state after it.
    pub state: Arc<GroupState>,
}

/// A path that was walked.
#[derive(Clone)]
pub struct Walk {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    model: Arc<GroupModel>,
    /// The steps taken.
    pub actions: Vec<GroupAction>,
    /// Their names.
    pub keys: Vec<String>,
    /// The first state, then the state after each step.
    pub states: Vec<Arc<GroupState>>,
}

/// Why a path cannot be walked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// The scenario does not exist.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// The path is longer than [`MOST_STEPS`].
    #[error("the path has {0} steps; the most that are walked are {MOST_STEPS}")]
    TooLong(usize),
    /// A step is not possible where it stands.
    #[error("step {step}: '{key}' is not possible here; possible are: {}", possible.join(", "))]
    NotPossible {
        /// Its place, from 1.
        step: usize,
        /// Its name.
        key: String,
        /// The steps that are.
        possible: Vec<String>,
    },
    /// The model has no first state: a defect of this program.
    #[error("the scenario has no first state")]
    NoFirstState,
}

impl Walk {
    /// The path without steps.
    pub fn start(scenario: Scenario) -> Result<Self, WalkError> {
        let model = model_with(&scenario, &[]);
        let first = model.init_states().into_iter().next().ok_or(WalkError::NoFirstState)?;
        Ok(Self {
            scenario: Arc::new(scenario),
            model: Arc::new(model),
            actions: Vec::new(),
            keys: Vec::new(),
            states: vec![Arc::new(first)],
        })
    }

    /// The path of these names.
    pub fn of(scenario: Scenario, keys: &[impl AsRef<str>]) -> Result<Self, WalkError> {
        let mut walk = Self::start(scenario)?;
        keys.iter().try_for_each(|key| walk.step(key.as_ref()))?;
        Ok(walk)
    }

    /// The path of these steps, as a search found them.
    pub fn of_actions(
        scenario: Scenario,
        actions: impl IntoIterator<Item = GroupAction>,
    ) -> Result<Self, WalkError> {
        let mut walk = Self::start(scenario)?;
        actions.into_iter().try_for_each(|action| walk.step(&key(&action)))?;
        Ok(walk)
    }

    /// Takes up to so many steps by chance, within the bounds; the same for the same seed.
    pub fn wander(&mut self, steps: usize, seed: u64) {
        let mut drawn = seed;
        for _ in 0..steps.min(MOST_STEPS) {
            let mut next = self.successors();
            next.retain(|one| self.is_within_bounds(&one.state));
            // SplitMix64: neighbouring seeds lead to unlike walks.
            drawn = drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let Some(place) = usize::try_from(mixed >> 33).ok().and_then(|n| n.checked_rem(next.len()))
            else {
                return;
            };
            let Successor { key, action, state } = next.swap_remove(place);
            self.actions.push(action);
            self.keys.push(key);
            self.states.push(state);
        }
    }

    /// The state that the path ends in.
    pub fn last(&self) -> &Arc<GroupState> {
        &self.states[self.states.len() - 1]
    }

    /// Takes one step more.
    pub fn step(&mut self, wanted: &str) -> Result<(), WalkError> {
        let state = Arc::clone(self.last());
        let mut enabled = Vec::new();
        self.model.actions(&state, &mut enabled);
        let found = enabled.into_iter().find(|action| key(action) == wanted);
        let next = found.and_then(|action| {
            let next = self.model.next_state(&state, action.clone())?;
            Some((action, next))
        });
        let Some((action, next)) = next else {
            let possible = self.successors().into_iter().map(|s| s.key).collect();
            return Err(WalkError::NotPossible {
                step: self.keys.len() + 1,
                key: wanted.to_owned(),
                possible,
            });
        };
        self.actions.push(action);
        self.keys.push(wanted.to_owned());
        self.states.push(Arc::new(next));
        Ok(())
    }

    /// The steps that are enabled at the end of the path and change something.
    pub fn successors(&self) -> Vec<Successor> {
        let state = self.last();
        let mut enabled = Vec::new();
        self.model.actions(state, &mut enabled);
        let taken = enabled.into_iter().filter_map(|action| {
            let next = self.model.next_state(state, action.clone())?;
            Some(Successor { key: key(&action), action, state: Arc::new(next) })
        });
        taken.collect()
    }

    /// Whether a state is within the scenario's bounds; what lies outside is never searched.
    pub fn is_within_bounds(&self, state: &GroupState) -> bool {
        Model::within_boundary(&*self.model, state)
    }

    /// The properties that a state violates, each with the reason.
    pub fn failing(&self, state: &GroupState) -> Vec<(PropertyId, String)> {
        let Some(view) = View::new(&self.scenario, state) else { return Vec::new() };
        let judged = self.scenario.properties().into_iter();
        let failing = judged.filter_map(|p| Some((p, p.violation(&view)?)));
        failing.collect()
    }

    fn cut(&self, steps: usize) -> Self {
        let mut walk = self.clone();
        walk.actions.truncate(steps);
        walk.keys.truncate(steps);
        walk.states.truncate(steps + 1);
        walk
    }
}

/// The last walks, so that a path that begins like one of them is not walked from its start.
#[derive(Default)]
pub struct Walks {
    kept: Mutex<VecDeque<(Spec, Walk)>>,
}

impl Walks {
    /// The path of these names.
    pub fn walk(&self, spec: &Spec, keys: &[String]) -> Result<Walk, WalkError> {
        if keys.len() > MOST_STEPS {
            return Err(WalkError::TooLong(keys.len()));
        }
        let mut walk = match self.nearest(spec, keys) {
            Some(walk) => walk,
            None => Walk::start(spec.scenario()?)?,
        };
        let known = walk.keys.len();
        keys.iter().skip(known).try_for_each(|key| walk.step(key))?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, old)| of != spec || !walk.keys.starts_with(&old.keys));
        // A path of which this one is the beginning is kept: a reader steps back and forth on it.
        if !kept.iter().any(|(of, old)| of == spec && old.keys.starts_with(&walk.keys)) {
            kept.push_front((spec.clone(), walk.clone()));
            kept.truncate(KEPT);
        }
        Ok(walk)
    }

    fn nearest(&self, spec: &Spec, keys: &[String]) -> Option<Walk> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let common = |walk: &Walk| walk.keys.iter().zip(keys).take_while(|(a, b)| a == b).count();
        let same = kept.iter().filter(|(of, _)| of == spec);
        same.max_by_key(|(_, walk)| common(walk)).map(|(_, walk)| walk.cut(common(walk)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(walk: &Walk) -> Vec<String> {
        walk.successors().into_iter().map(|s| s.key).collect()
    }

    #[test]
    fn no_two_steps_of_a_state_have_one_key() {
        for name in muster_model::scenarios::names() {
            let mut walk = Walk::start(Spec::shipped(&name).scenario().unwrap()).unwrap();
            for turn in 0..120 {
                let mut enabled = keys(&walk);
                let Some(next) = enabled.get(turn * 7 % enabled.len().max(1)).cloned() else { break };
                enabled.sort();
                enabled.dedup();
                assert_eq!(enabled.len(), walk.successors().len(), "{name} after {:?}", walk.keys);
                walk.step(&next).unwrap();
            }
            assert!(walk.keys.len() > 10, "{name}: {:?}", walk.keys);
        }
    }

    #[test]
    fn a_step_that_is_not_possible_is_told_with_its_place() {
        let scenario = Spec::shipped("basic").scenario().unwrap();
        let wrong = Walk::of(scenario, &["deliver c1#1 JoinGroup", "c1:commit"]).err().unwrap().to_string();
        assert!(wrong.starts_with("step 2: 'c1:commit' is not possible here; possible are: "), "{wrong}");
        assert!(wrong.contains("answer c1#1 JoinGroup"), "{wrong}");
    }

    #[test]
    fn a_walk_that_is_kept_is_the_same_as_a_new_one() {
        let (walks, spec) = (Walks::default(), Spec::shipped("basic"));
        let mut path: Vec<String> = Vec::new();
        for _ in 0..30 {
            let walk = walks.walk(&spec, &path).unwrap();
            let fresh = Walk::of(spec.scenario().unwrap(), &path).unwrap();
            assert_eq!(walk.states.len(), fresh.states.len());
            assert!(walk.states == fresh.states);
            path.push(keys(&walk)[path.len() % keys(&walk).len()].clone());
        }
        let back = walks.walk(&spec, &path[..5]).unwrap();
        assert_eq!(back.keys, path[..5]);
        assert_eq!(walks.kept.lock().unwrap().len(), 1);
    }
}
