//! Static members that come back: the first session of a new id lasts as long as the old id had asked for, so all ids
//! of one instance are given one session timeout. The old id's timer runs on, and does nothing.

use std::collections::BTreeMap;

use muster_model::trace::{Event, Request, Step, Trace};
use muster_specs::Rule;

use crate::system::member_of;

/// The first id of the instance, by each id that has had its place.
pub(super) fn first_ids(trace: &Trace) -> BTreeMap<String, String> {
    let mut first_ids = BTreeMap::new();
    let mut first_of: BTreeMap<&str, &str> = BTreeMap::new();
    for step in &trace.steps {
        let Some((instance, made)) = instance(step).zip(newest(step)) else { continue };
        if step.rules.contains(&Rule::AdmitStaticMember) {
            first_of.insert(instance, made);
        } else if step.rules.contains(&Rule::ReplaceStaticMember) {
            first_of.entry(instance).or_insert(made);
        } else {
            continue;
        }
        first_ids.insert(made.to_owned(), first_of[instance].to_owned());
    }
    first_ids
}

/// The id that a static member has from this step on, if it has another.
pub(super) fn replacement(step: &Step) -> Option<&str> {
    newest(step).filter(|_| step.rules.contains(&Rule::ReplaceStaticMember))
}

fn instance(step: &Step) -> Option<&str> {
    match &step.event {
        Event::Request { request: Request::JoinGroup { instance, .. }, .. } => instance.as_deref(),
        Event::Request { .. }
        | Event::Timer { .. }
        | Event::Control { .. }
        | Event::Answer { .. }
        | Event::Consumer { .. } => None,
    }
}

/// Of the members whose timer the step sets, the one whose id was made last: ids are counted.
fn newest(step: &Step) -> Option<&str> {
    step.timers.set.iter().filter_map(member_of).max_by_key(|member| (member.len(), *member))
}
