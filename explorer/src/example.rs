//! Nearest violations: found once for each scenario and property, kept as the names of their steps.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use muster_model::check::{Continue, check, find_violation};
use muster_model::hazard::hazards;
use muster_model::liveness::LivenessId;
use muster_model::museum::{self, Broken};
use muster_model::mutation::Mutation;
use muster_model::scenario::Scenario;

use crate::catalogue::showing;
use crate::file::walked;
use crate::key::key;
use crate::spec::Spec;

/// What is known of a property in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Example {
    /// A search is under way.
    Searching,
    /// A shortest path to a violation, or one that goes round for ever.
    Found {
        /// The names of its steps.
        path: Arc<[String]>,
        /// The steps after this one go round for ever; none after it: nothing happens any more.
        back_to: Option<usize>,
    },
    /// It holds in every state within the bounds.
    Holds,
    /// Nothing can be said.
    Failed(String),
}

type Asked = (Spec, Broken);

/// The examples that are known.
#[derive(Default)]
pub struct Examples {
    known: Mutex<BTreeMap<Asked, Example>>,
    changed: Condvar,
}

impl Examples {
    /// What is known without a search.
    pub fn known(&self, spec: &Spec, property: Broken) -> Option<Example> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(spec.clone(), property)).cloned()
    }

    /// Finds a nearest violation, or waits for the search that is under way.
    pub fn find(&self, spec: &Spec, property: Broken) -> Example {
        let asked = (spec.clone(), property);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match known.get(&asked) {
                None => break,
                Some(Example::Searching) => {
                    known = self.changed.wait(known).unwrap_or_else(PoisonError::into_inner);
                }
                Some(done @ (Example::Found { .. } | Example::Holds | Example::Failed(_))) => {
                    return done.clone();
                }
            }
        }
        known.insert(asked.clone(), Example::Searching);
        drop(known);
        let found = search(spec, property);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(asked, found.clone());
        self.changed.notify_all();
        found
    }

    /// Searches for the example of each defect on one thread of its own, so that a reader finds them there.
    pub fn prepare(self: &Arc<Self>) {
        let examples = Arc::clone(self);
        thread::spawn(move || {
            for mutation in Mutation::ALL {
                if let (Ok(spec), Some(property)) = (Spec::showing(*mutation), mutation.breaks().first()) {
                    examples.find(&spec, Broken::Safety(*property));
                }
            }
            for (spec, property) in museum::all().filter_map(showing) {
                examples.find(&spec, property);
            }
            for hazard in hazards() {
                examples.find(&Spec::shipped(hazard.name()), Broken::Safety(hazard.claim));
            }
        });
    }
}

/// The committed trace of a defect of the museum, where the model takes its steps.
fn committed(spec: &Spec, property: Broken) -> Option<Arc<[String]>> {
    let bug = museum::all().find(|bug| showing(bug) == Some((spec.clone(), property)))?;
    let walk = walked(&bug.trace()?.ok()?, spec)?;
    let shows = !walk.failing(walk.last()).is_empty();
    shows.then(|| walk.keys.into())
}

fn search(spec: &Spec, property: Broken) -> Example {
    let scenario = match spec.scenario() {
        Ok(scenario) => scenario,
        Err(error) => return Example::Failed(error.to_string()),
    };
    match property {
        Broken::Safety(id) => {
            if let Some(path) = committed(spec, property) {
                return Example::Found { path, back_to: None };
            }
            match find_violation(&scenario, id, &mut |_| Continue::Yes) {
                Ok(Some(found)) => {
                    let path = found.steps.iter().map(|(_, action)| key(action)).collect();
                    Example::Found { path, back_to: None }
                }
                Ok(None) => Example::Holds,
                Err(why) => Example::Failed(why.to_string()),
            }
        }
        Broken::Liveness(id) => endless(&scenario, id),
    }
}

/// No state shows what never comes: every state is searched for a way round.
fn endless(scenario: &Scenario, property: LivenessId) -> Example {
    let report = check(scenario, &mut |_| Continue::Yes);
    if let Some(lasso) = report.lassos().find(|lasso| lasso.property == property) {
        let path = lasso.steps.iter().map(|(_, action)| key(action)).collect();
        return Example::Found { path, back_to: Some(lasso.back_to) };
    }
    match report.undecided {
        Some(why) => Example::Failed(why.to_string()),
        None if scenario.liveness.contains(&property) => Example::Holds,
        None => Example::Failed(format!("{} is not asked of this scenario", property.id())),
    }
}
