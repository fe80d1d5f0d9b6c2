//! A behaviour that goes round for ever, told.

use std::fmt::Write as _;

use super::{NUMBER, Narration, line, told};
use crate::check::Lasso;
use crate::scenario::Scenario;
use crate::trace::Trace;

impl Narration {
    /// Tells a behaviour that goes round for ever.
    pub fn of_lasso(scenario: &Scenario, lasso: &Lasso) -> Self {
        let mut all = Self::of_path(scenario, &lasso.steps, &lasso.last);
        let (stem, _) = lasso.steps.split_at(lasso.back_to.min(lasso.steps.len()));
        let end = lasso.steps.get(lasso.back_to).map_or(&lasso.last, |(state, _)| state);
        // Steps that only the search needs are not counted.
        let back_to = Self::of_path(scenario, stem, end).trace.steps.len();
        all.trace.back_to = Some(back_to);
        all.trace.violates = Some(lasso.property.id().to_owned());
        all.trace.name = format!("{}-{}", all.trace.name, lasso.property);
        all.reason = Some(reason(&all.trace, back_to));
        all
    }
}

/// What happens for ever.
fn reason(trace: &Trace, back_to: usize) -> String {
    let last = trace.steps.len();
    if back_to >= last {
        return format!("after step {last} nothing has to happen any more, for ever");
    }
    format!(
        "steps {} to {last} are taken again and again, for ever, in other numbers of generations and ids",
        back_to + 1
    )
}

/// The text of a trace with a cycle: the steps to it, and those that it goes round.
pub(super) fn told_with_cycle(trace: &Trace, changes: &[Vec<String>], back_to: usize) -> String {
    let (stem, cycle) = trace.steps.split_at(back_to.min(trace.steps.len()));
    let before = changes.get(..stem.len()).unwrap_or(changes);
    let after = changes.get(stem.len()..).unwrap_or_default();
    let mut text = told(stem, before, 0);
    let indent = " ".repeat(NUMBER + 2);
    if !cycle.is_empty() {
        let _ = write!(text, "{}", line(&format!("{indent}-- from here on, again and again --")));
        text.push_str(&told(cycle, after, stem.len()));
    }
    text
}
