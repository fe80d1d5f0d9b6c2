//! Nearest violations: found once for each scenario and property, kept as the names of their steps.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use muster_model::check::{Continue, find_violation};
use muster_model::hazard::hazards;
use muster_model::museum::{self, Broken, Bug};
use muster_model::mutation::Mutation;

use crate::catalogue::showing;
use crate::file::walked;
use crate::key::key;
use crate::spec::Spec;

/// What is known of a property in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Example {
    /// A search is under way.
    Searching,
    /// A shortest path to a violation.
    Found(Arc<[String]>),
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
                Some(done @ (Example::Found(_) | Example::Holds | Example::Failed(_))) => {
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

/// The defect of the museum that a scenario and a property show.
fn exhibit(spec: &Spec, property: Broken) -> Option<&'static Bug> {
    museum::all().find(|bug| showing(bug) == Some((spec.clone(), property)))
}

/// The committed trace of a defect of the museum, where the model takes its steps.
fn committed(bug: &Bug, spec: &Spec, property: Broken) -> Option<Arc<[String]>> {
    let walk = walked(&bug.trace()?.ok()?, spec)?;
    let shows = match property {
        Broken::Safety(_) => !walk.failing(walk.last()).is_empty(),
        // What never comes is seen by no state; the museum's own test walks the cycle.
        Broken::Liveness(_) => true,
    };
    shows.then(|| walk.keys.into())
}

fn search(spec: &Spec, property: Broken) -> Example {
    let scenario = match spec.scenario() {
        Ok(scenario) => scenario,
        Err(error) => return Example::Failed(error.to_string()),
    };
    let bug = exhibit(spec, property);
    if let Some(keys) = bug.and_then(|bug| committed(bug, spec, property)) {
        return Example::Found(keys);
    }
    let mut on = |_| Continue::Yes;
    let found = match (property, bug) {
        (Broken::Safety(property), _) => {
            find_violation(&scenario, property, &mut on).map(|found| found.map(|found| found.steps))
        }
        (Broken::Liveness(_), Some(bug)) => bug.find(&mut on).map(|found| found.map(|found| found.steps)),
        (Broken::Liveness(_), None) => Ok(None),
    };
    match found {
        Ok(Some(steps)) => Example::Found(steps.iter().map(|(_, action)| key(action)).collect()),
        Ok(None) => Example::Holds,
        Err(why) => Example::Failed(why.to_string()),
    }
}
