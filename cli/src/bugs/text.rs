//! What a person reads: the table, a story with its transcript, what a check found.

use std::fmt::Write as _;

use muster_model::museum::{self, Bug, Exhibit, Shown, replay};

use super::examine::Examined;
use crate::check::table::{bounds, grouped};

/// Columns of a line of a story.
const WIDTH: usize = 100;

/// The table of all.
pub(super) fn table() -> String {
    let shown = museum::all().filter_map(|bug| Some((bug, bug.shown()?)));
    let mut text = String::new();
    let mut count = 0;
    for (bug, Shown { property, .. }) in shown {
        let _ = writeln!(text, "{:<42}{:<8}{:<29}{}", bug.id, bug.side.name(), property.id(), sources(bug));
        count += 1;
    }
    let mut unshown = String::new();
    let mut missing = 0;
    for bug in museum::all() {
        if let Exhibit::Unshown(why) = bug.exhibit {
            let _ = writeln!(unshown, "{:<42}{:<8}{}\n    {why}", bug.id, bug.side.name(), sources(bug));
            missing += 1;
        }
    }
    format!("{text}\n{count} are shown. The model does not show these {missing}:\n\n{unshown}")
}

fn sources(bug: &Bug) -> String {
    let names: Vec<String> = bug.sources.iter().map(ToString::to_string).collect();
    if names.is_empty() { "no release is known to have shipped it".to_owned() } else { names.join(", ") }
}

/// What happened, and the transcript of the shortest counterexample: that of the committed trace.
pub(super) fn story(bug: &Bug) -> Result<String, String> {
    let mut text = format!("{}: {}\n\n", bug.id, bug.about);
    for source in bug.sources {
        let _ = writeln!(text, "  {source:<40} {}", source.url());
    }
    if bug.sources.is_empty() {
        let _ = writeln!(text, "  {}", sources(bug));
    }
    let shown = match bug.exhibit {
        Exhibit::Unshown(why) => {
            let _ =
                writeln!(text, "\nA defect of the {}. The model does not show it: {why}.", bug.side.name());
            return Ok(text);
        }
        Exhibit::Shown(shown) => shown,
    };
    let _ = writeln!(text, "\n{}", wrapped(bug.story));
    let (mutation, property) = (shown.mutation, shown.property);
    let _ = writeln!(
        text,
        "Defect of the {}: {mutation}, which does not keep the rule {}.",
        bug.side.name(),
        mutation.rule()
    );
    let _ = writeln!(text, "Breaks {}: {}.", property.id(), property.about());
    if let Some(scenario) = bug.scenario() {
        let _ = writeln!(text, "Bounds: {}.", bounds(&scenario));
    }
    let trace = bug.trace().ok_or_else(|| format!("no trace of {} is committed", bug.id))?;
    let trace = trace.map_err(|error| format!("the trace of {} cannot be read: {error}", bug.id))?;
    let found = replay(bug, &trace).map_err(|why| format!("the trace of {}: {why}", bug.id))?;
    let told = found.narration(bug).map(|told| told.text()).unwrap_or_default();
    let _ = writeln!(text, "\n{told}\nmuster explore --mutation {mutation} shows it step by step.");
    Ok(text)
}

fn wrapped(story: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in story.split_whitespace() {
        if column > 0 && column + 1 + word.len() > WIDTH {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text + "\n"
}

/// A line an exhibit, and a summary.
pub(super) fn checked(examined: &[Examined], seconds: f64) -> String {
    let mut text = String::new();
    for one in examined {
        let property = one.bug.shown().map_or("", |shown| shown.property.id());
        let found = one.steps.map_or("not found".to_owned(), |steps| format!("{steps} steps"));
        let states = grouped(one.states);
        let _ = writeln!(
            text,
            "{:<42}{property:<29}{found:>10} in {:>5.2} s; without the defect {states:>9} states: {}; {}",
            one.bug.id,
            one.seconds,
            absence(one),
            one.mismatch.as_deref().map_or("trace walked".to_owned(), |why| format!("trace: {why}")),
        );
    }
    let good = examined.iter().filter(|one| !one.fails() && !one.is_undecided()).count();
    let slowest = examined.iter().map(|one| one.seconds).fold(0.0, f64::max);
    let all = examined.len();
    let _ = writeln!(
        text,
        "\n{good} of {all} found, absent without their defect, and walked again, in {seconds:.1} s; the slowest was found in {slowest:.2} s"
    );
    text
}

fn absence(one: &Examined) -> String {
    match &one.undecided {
        Some(why) => format!("not decided ({why})"),
        None if one.absent_without => "absent".to_owned(),
        None => "THERE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use muster_model::museum;

    use super::{story, table, wrapped};

    #[test]
    fn a_story_is_wrapped_between_words() {
        let long = "word ".repeat(30);
        let text = wrapped(&long);
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.len() <= 100 && !line.ends_with(' ')));
        assert_eq!(text.split_whitespace().count(), 30);
    }

    #[test]
    fn the_table_and_the_stories_tell_every_defect() {
        let table = table();
        for bug in museum::all() {
            assert!(table.contains(bug.id), "{}", bug.id);
            let story = story(bug).unwrap();
            assert!(story.contains(bug.about), "{story}");
            let told =
                bug.shown().is_none_or(|shown| story.contains(&format!("violates {}", shown.property.id())));
            assert!(told, "{story}");
        }
    }
}
