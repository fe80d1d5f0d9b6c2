//! What a chapter's file says of each rule.

use crate::{Chapter, Rule};

/// A rule as its chapter states it.
///
/// A section is a heading with the rule's id, one MUST sentence, and then bullets that start with **source**,
/// **why**, **edge cases** and, where a rule does not hold for every release, **since** or **until**.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// The rule.
    pub rule: Rule,
    /// The one MUST sentence.
    pub must: String,
    /// The bullets in their order: label without emphasis, and text.
    pub notes: Vec<(String, String)>,
}

impl RuleText {
    /// What the rule's chapter says of it; `None` only if the file lacks the heading, which a test excludes.
    pub fn of(rule: Rule) -> Option<Self> {
        let section = sections(rule.chapter().source()).into_iter().find(|(id, _)| *id == rule.id())?.1;
        let (must, rest) = section.split_once("\n\n").unwrap_or((section, ""));
        Some(Self { rule, must: one_line(must), notes: notes(rest) })
    }

    /// The text of the bullet with this label.
    pub fn note(&self, label: &str) -> Option<&str> {
        self.notes.iter().find(|(l, _)| l == label).map(|(_, text)| text.as_str())
    }
}

impl Chapter {
    /// The headings of the chapter's file, in their order.
    pub fn headings(self) -> Vec<&'static str> {
        sections(self.source()).into_iter().map(|(id, _)| id).collect()
    }

    /// What stands before the first rule: what the chapter is about, and in which order things are checked.
    pub fn introduction(self) -> String {
        let before = self.source().split("\n## ").next().unwrap_or_default();
        one_line(before.split_once('\n').map_or("", |(_title, introduction)| introduction))
    }
}

fn sections(source: &str) -> Vec<(&str, &str)> {
    let headed = source.split("\n## ").skip(1);
    headed.map(|s| s.split_once('\n').unwrap_or((s, ""))).map(|(id, body)| (id.trim(), body.trim())).collect()
}

fn notes(bullets: &str) -> Vec<(String, String)> {
    let bullets = format!("\n{bullets}");
    let labelled = bullets.split("\n- **").skip(1).filter_map(|b| b.split_once("**"));
    labelled.map(|(label, text)| (label.to_owned(), one_line(text.trim_start_matches(':')))).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
