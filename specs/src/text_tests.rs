//! The form of the chapters, and that nothing in them is missing. Each check is a function that gives the faults
//! of what it is given, and is shown a faulty text beside the real one.

use super::{notes, one_line, sections};
use crate::{Chapter, Rule, RuleText};

const LABELS: [&str; 5] = ["source", "why", "edge cases", "since", "until"];

/// Faults of the text of one rule.
fn faults(text: &RuleText) -> Vec<String> {
    let mut faults = Vec::new();
    let id = text.rule.id();
    let must = &text.must;
    if must.matches("MUST").count() != 1 {
        faults.push(format!("{id}: MUST stands {} times in: {must}", must.matches("MUST").count()));
    }
    if !must.ends_with('.') || must.contains(". ") {
        faults.push(format!("{id}: not one sentence with a full stop: {must}"));
    }
    for label in ["source", "why"] {
        if text.note(label).is_none_or(str::is_empty) {
            faults.push(format!("{id}: no {label}"));
        }
    }
    for (label, note) in &text.notes {
        if !LABELS.contains(&label.as_str()) {
            faults.push(format!("{id}: a bullet '{label}'"));
        }
        if text.notes.iter().filter(|(l, _)| l == label).count() > 1 {
            faults.push(format!("{id}: '{label}' stands there twice"));
        }
        if !note.ends_with('.') {
            faults.push(format!("{id}: '{label}' has no full stop: {note}"));
        }
    }
    if text.note("since").is_some() != text.note("until").is_some() {
        faults.push(format!("{id}: since without until, or until without since"));
    }
    faults
}

/// Faults of a rule's id.
fn faults_of_id(id: &str) -> Option<String> {
    let words_are_letters =
        id.split('_').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()));
    (!words_are_letters).then(|| format!("'{id}' is not snake_case without digits"))
}

/// What stands in backticks like the id of a rule, and is none.
fn dead_references(source: &str) -> Vec<&str> {
    let quoted = source.split('`').skip(1).step_by(2);
    let ids = quoted.filter(|q| q.contains('_') && q.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    ids.filter(|id| !["require_stable", "__consumer_offsets"].contains(id) && id.parse::<Rule>().is_err())
        .collect()
}

fn text(must: &str, bullets: &str) -> RuleText {
    RuleText { rule: Rule::AcceptHeartbeat, must: one_line(must), notes: notes(bullets) }
}

#[test]
fn headings_are_the_rules_of_the_chapter_in_order() {
    for chapter in Chapter::ALL {
        let rules = Rule::ALL.iter().filter(|rule| rule.chapter() == *chapter);
        assert_eq!(chapter.headings(), rules.map(|rule| rule.id()).collect::<Vec<_>>(), "{}", chapter.name());
    }
}

#[test]
fn every_rule_has_its_text() {
    let none = |rule: &Rule| vec![format!("{rule}: no text")];
    let of = |rule: &Rule| RuleText::of(*rule).map_or_else(|| none(rule), |text| faults(&text));
    assert_eq!(Rule::ALL.iter().flat_map(of).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_chapter_has_an_introduction() {
    for chapter in Chapter::ALL {
        assert!(chapter.introduction().ends_with('.'), "{}: '{}'", chapter.name(), chapter.introduction());
    }
}

#[test]
fn ids_are_snake_case_and_unique() {
    assert_eq!(
        Rule::ALL.iter().filter_map(|rule| faults_of_id(rule.id())).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    for (i, rule) in Rule::ALL.iter().enumerate() {
        assert!(Rule::ALL[..i].iter().all(|other| other.id() != rule.id()), "{rule} stands there twice");
        assert_eq!(rule.id().parse(), Ok(*rule));
    }
}

#[test]
fn rules_that_a_chapter_refers_to_exist() {
    for chapter in Chapter::ALL {
        assert_eq!(dead_references(chapter.source()), Vec::<&str>::new(), "{}", chapter.name());
    }
}

#[test]
fn lines_are_not_too_long() {
    for chapter in Chapter::ALL {
        let long = chapter.source().lines().find(|line| line.chars().count() > 110);
        assert_eq!(long, None, "{}", chapter.name());
    }
}

#[test]
fn faulty_texts_are_noticed() {
    let good = "- **source**: a.\n- **why**: b\n  c.\n";
    let twice = format!("{good}- **why**: again.");
    assert_eq!(faults(&text("It MUST\nanswer.", good)), Vec::<String>::new());
    let cases = [
        ("It answers.", good, "MUST stands 0 times"),
        ("It MUST and MUST.", good, "MUST stands 2 times"),
        ("It MUST answer", good, "full stop"),
        ("It MUST answer. Twice.", good, "one sentence"),
        ("It MUST answer.", "- **source**: a.", "no why"),
        ("It MUST answer.", "- **why**: a.", "no source"),
        ("It MUST answer.", "- **source**: a.\n- **why**:\n", "no why"),
        ("It MUST answer.", &twice, "twice"),
        ("It MUST answer.", "- **source**: a.\n- **why**: b.\n- **note**: c.", "'note'"),
        ("It MUST answer.", "- **source**: a.\n- **why**: b.\n- **since**: c.", "since without until"),
        ("It MUST answer.", "- **source**: a.\n- **why**: b", "'why' has no full stop"),
    ];
    for (must, bullets, expected) in cases {
        let faults = faults(&text(must, bullets)).join("; ");
        assert!(faults.contains(expected), "{must} {bullets}: {faults}");
    }
}

#[test]
fn faulty_ids_and_references_are_noticed() {
    for id in ["Accept", "accept_two2", "accept__it", "_accept", "accept-it", ""] {
        assert!(faults_of_id(id).is_some(), "{id}");
    }
    let source =
        "see `accept_heartbeat`, `accept_anything`, `require_stable`, `Some.java` and `start_rebalance`";
    assert_eq!(dead_references(source), ["accept_anything"]);
}

#[test]
fn a_section_is_a_heading_a_sentence_and_bullets() {
    let source =
        "# Title\n\nWhat it is.\n\n## first\n\nIt MUST\nanswer.\n\n- **why**: so\n  that.\n\n## second\n";
    let sections = sections(source);
    assert_eq!(sections, [("first", "It MUST\nanswer.\n\n- **why**: so\n  that."), ("second", "")]);
    assert_eq!(notes("- **why**: so\n  that.\n- **edge cases**: `a: **b**`.").len(), 2);
    assert_eq!(notes("- **why**: so\n  that."), [("why".to_owned(), "so that.".to_owned())]);
}
