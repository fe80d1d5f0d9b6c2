//! Beginnings of traces that are known to diverge. Generated traces share long beginnings: a system that is wrong in one
//! step would be asked it thousands of times, and silence costs seconds each time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{PoisonError, RwLock};

use muster_model::trace::{Step, Trace};

/// Beginnings that diverge at their last step, each with the trace that showed it.
#[derive(Debug, Default)]
pub(crate) struct Prefixes(RwLock<HashMap<u64, String>>);

impl Prefixes {
    /// The trace that diverged at steps with which this one begins.
    pub(crate) fn behind(&self, trace: &Trace) -> Option<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return None;
        }
        hashes(trace, trace.steps.len()).find_map(|hash| known.get(&hash).cloned())
    }

    /// Notes that a trace diverges at a step, each time.
    pub(crate) fn add(&self, trace: &Trace, step: usize) {
        if let Some(hash) = hashes(trace, step + 1).last() {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.entry(hash).or_insert_with(|| trace.name.clone());
        }
    }
}

/// One for each beginning, the shortest first: of its setting, of what happens, and of what is expected.
fn hashes(trace: &Trace, steps: usize) -> impl Iterator<Item = u64> {
    let mut hasher = DefaultHasher::new();
    format!("{} {:?}", trace.release, trace.setting).hash(&mut hasher);
    let told =
        |step: &Step| format!("{:?} {:?} {:?} {:?}", step.event, step.answers, step.timers, step.choice);
    trace.steps.iter().take(steps).map(move |step| {
        told(step).hash(&mut hasher);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use muster_model::trace::Release;

    use super::*;
    use crate::suite;

    #[test]
    fn a_trace_is_behind_one_that_diverged_in_what_both_begin_with() {
        let traces = suite::written(Release::V4_3).expect("complete files");
        let (known, whole) = (Prefixes::default(), &traces[0]);
        assert_eq!(known.behind(whole), None);
        known.add(whole, 1);
        assert_eq!(known.behind(whole).as_ref(), Some(&whole.name));
        let mut shorter = whole.clone();
        shorter.steps.truncate(1);
        assert_eq!(known.behind(&shorter), None, "it ends before");
        let mut other = whole.clone();
        other.steps[1].answers.clear();
        assert_eq!(known.behind(&other), None, "something else is expected");
        let mut set = whole.clone();
        set.setting.group_max_size = Some(7);
        assert_eq!(known.behind(&set), None, "it is another setting");
    }
}
