//! Static members that come back: the first session of a new id lasts as long as the old id had asked for, so all ids
//! of one instance are given one session timeout.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::trace::{Step, Trace};
use muster_specs::Rule;

use crate::system::member_of;

/// The first id of the instance, by each id that took its place.
pub(super) fn first_ids(trace: &Trace) -> BTreeMap<String, String> {
    let mut first_ids: BTreeMap<String, String> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for step in &trace.steps {
        let set = || step.timers.set.iter().filter_map(member_of);
        if let (Some(old), Some(new)) = (replaced(step), set().find(|member| !seen.contains(member))) {
            let first = first_ids.get(old).cloned().unwrap_or_else(|| old.to_owned());
            first_ids.insert(new.to_owned(), first);
        }
        seen.extend(set());
    }
    first_ids
}

/// The id that a static member had until this step.
pub(super) fn replaced(step: &Step) -> Option<&str> {
    let replaces = step.rules.contains(&Rule::ReplaceStaticMember);
    step.timers.cancelled.iter().find_map(member_of).filter(|_| replaces)
}
