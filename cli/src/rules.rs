//! `muster rules`: what a coordinator and a client have to do, in words.

use std::io::{self, Write as _};
use std::process::ExitCode;

use muster_specs::{Chapter, Rule, RuleText, Side};
use serde::Serialize;

/// Columns of a line.
const WIDTH: usize = 100;

/// Columns of the labels beside the text of one rule.
const LABELS: usize = 12;

/// What `muster rules` takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A rule's id, or a chapter's name [default: every rule, with its MUST sentence]
    #[arg(value_name = "ID|CHAPTER")]
    which: Option<String>,
    /// Print JSON, with all that is said of each rule
    #[arg(long)]
    json: bool,
}

/// Prints rules; 1 if there is no such rule or chapter.
pub(crate) fn run(args: Args) -> ExitCode {
    let Args { which, json: as_json } = args;
    let selection = match select(which.as_deref()) {
        Ok(selection) => selection,
        Err(message) => {
            eprintln!("muster: {message}");
            return ExitCode::from(1);
        }
    };
    let text = match (as_json, &selection) {
        (true, selection) => match json(selection) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("muster: cannot write the rules as JSON: {error}");
                return ExitCode::from(1);
            }
        },
        (false, Selection::One(rule)) => in_full(*rule),
        (false, Selection::Chapters(chapters)) => list(chapters),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("muster: cannot print the rules: {error}");
            ExitCode::from(1)
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Selection {
    One(Rule),
    Chapters(Vec<Chapter>),
}

fn select(which: Option<&str>) -> Result<Selection, String> {
    let Some(which) = which else { return Ok(Selection::Chapters(Chapter::ALL.to_vec())) };
    if let Ok(rule) = which.parse() {
        return Ok(Selection::One(rule));
    }
    if let Some(chapter) = Chapter::ALL.iter().find(|chapter| chapter.name() == which) {
        return Ok(Selection::Chapters(vec![*chapter]));
    }
    let names =
        Rule::ALL.iter().map(|rule| rule.id()).chain(Chapter::ALL.iter().map(|chapter| chapter.name()));
    let nearest = names.min_by_key(|name| distance(name, which)).unwrap_or_default();
    Err(format!("no rule or chapter '{}'; did you mean '{nearest}'?", which.escape_debug()))
}

/// Letters to insert, delete or replace to get from one word to the other.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((other, above_left), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            next.push((above_left + usize::from(*other != letter)).min(left + 1).min(above + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Coordinator => "coordinator",
        Side::Consumer => "consumer",
    }
}

fn must(rule: Rule) -> String {
    RuleText::of(rule).map(|text| text.must).unwrap_or_default()
}

fn rules(chapters: &[Chapter]) -> Vec<Rule> {
    Rule::ALL.iter().copied().filter(|rule| chapters.contains(&rule.chapter())).collect()
}

/// Chapter by chapter, each rule with its side and its MUST sentence.
fn list(chapters: &[Chapter]) -> String {
    let entry = |rule: Rule| {
        let sentence = wrapped(&must(rule), "      ", "      ");
        format!("  {rule} ({})\n{sentence}\n", side(rule.side()))
    };
    let section = |chapter: &Chapter| {
        let introduction = wrapped(&chapter.introduction(), "  ", "  ");
        let entries = rules(&[*chapter]).into_iter().map(entry).collect::<String>();
        format!("{}\n{introduction}\n{entries}", chapter.name())
    };
    let all = rules(chapters);
    let of = |side| all.iter().filter(|rule| rule.side() == side).count();
    let (coordinator, consumer) = (of(Side::Coordinator), of(Side::Consumer));
    let total =
        format!("{} rules: {coordinator} of the coordinator, {consumer} of the consumer\n", all.len());
    chapters.iter().map(section).chain([total]).collect()
}

/// All that is said of one rule.
fn in_full(rule: Rule) -> String {
    let heading = format!("{rule}\n{}, a rule of the {}\n\n", rule.chapter().name(), side(rule.side()));
    let notes = RuleText::of(rule).map(|text| text.notes).unwrap_or_default();
    let indent = " ".repeat(LABELS);
    let notes = notes.iter().map(|(label, note)| wrapped(note, &format!("{label:LABELS$}"), &indent));
    heading + &wrapped(&must(rule), "", "") + "\n" + &notes.collect::<String>()
}

/// Lines of at most [`WIDTH`] columns where the words allow it.
fn wrapped(text: &str, first: &str, indent: &str) -> String {
    let mut lines = vec![first.to_owned()];
    let mut is_empty = true;
    for word in text.split_whitespace() {
        let length = lines.last().map_or(0, |line| line.chars().count());
        if !is_empty && length + 1 + word.chars().count() > WIDTH {
            lines.push(indent.to_owned());
            is_empty = true;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if is_empty { "" } else { " " });
            line.push_str(word);
        }
        is_empty = false;
    }
    lines.join("\n") + "\n"
}

#[derive(Serialize)]
struct RuleJson {
    id: &'static str,
    chapter: &'static str,
    side: &'static str,
    must: String,
    notes: Vec<NoteJson>,
}

#[derive(Serialize)]
struct NoteJson {
    label: String,
    text: String,
}

#[derive(Serialize)]
struct ChapterJson {
    name: &'static str,
    introduction: String,
}

#[derive(Serialize)]
struct RulesJson {
    format: &'static str,
    chapters: Vec<ChapterJson>,
    rules: Vec<RuleJson>,
}

fn json(selection: &Selection) -> Result<String, serde_json::Error> {
    let (chapters, selected) = match selection {
        Selection::One(rule) => (vec![rule.chapter()], vec![*rule]),
        Selection::Chapters(chapters) => (chapters.clone(), rules(chapters)),
    };
    let chapter = |c: Chapter| ChapterJson { name: c.name(), introduction: c.introduction() };
    let entry = |rule: Rule| {
        let notes = RuleText::of(rule).map(|text| text.notes).unwrap_or_default();
        let notes = notes.into_iter().map(|(label, text)| NoteJson { label, text }).collect();
        RuleJson {
            id: rule.id(),
            chapter: rule.chapter().name(),
            side: side(rule.side()),
            must: must(rule),
            notes,
        }
    };
    let all = RulesJson {
        format: "muster-rules/1",
        chapters: chapters.into_iter().map(chapter).collect(),
        rules: selected.into_iter().map(entry).collect(),
    };
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_a_chapter_or_all() {
        assert_eq!(select(None), Ok(Selection::Chapters(Chapter::ALL.to_vec())));
        assert_eq!(select(Some("sync")), Ok(Selection::Chapters(vec![Chapter::Sync])));
        assert_eq!(select(Some("elect_leader")), Ok(Selection::One(Rule::ElectLeader)));
    }

    #[test]
    fn an_unknown_name_is_one_line_with_the_nearest() {
        let message = |name| select(Some(name)).unwrap_err();
        assert_eq!(
            message("elect_laeder"),
            "no rule or chapter 'elect_laeder'; did you mean 'elect_leader'?"
        );
        assert!(message("joins").ends_with("did you mean 'join'?"));
        assert_eq!(message("a\nb").lines().count(), 1);
        assert_eq!(message("").lines().count(), 1);
    }

    #[test]
    fn distances() {
        let cases = [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3), ("ab", "ba", 2)];
        for (a, b, expected) in cases {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_list_has_every_rule_and_its_sentence() {
        let text = list(Chapter::ALL);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let flat = words(&text);
        for rule in Rule::ALL {
            let entry = format!("{rule} ({}) {}", side(rule.side()), must(*rule));
            assert!(flat.contains(&entry), "{entry}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        let consumer = Rule::ALL.iter().filter(|rule| rule.side() == Side::Consumer).count();
        assert!(text.ends_with(&format!("{consumer} of the consumer\n")));
        assert!(!list(&[Chapter::Heartbeat]).contains("elect_leader ("));
    }

    #[test]
    fn one_rule_is_told_in_full() {
        let text = in_full(Rule::AcceptHeartbeatWhileLoading);
        let start =
            "accept_heartbeat_while_loading\nheartbeat, a rule of the coordinator\n\nA coordinator that";
        assert!(text.starts_with(start), "{text}");
        for label in ["source      `", "why         ", "edge cases  "] {
            assert!(text.lines().any(|line| line.starts_with(label)), "{label}: {text}");
        }
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        let word = "a".repeat(WIDTH - 3);
        assert_eq!(wrapped(&format!("b {word} c"), "* ", "  "), format!("* b\n  {word}\n  c\n"));
        assert_eq!(wrapped(&"b".repeat(WIDTH * 2), "* ", "  "), format!("* {}\n", "b".repeat(WIDTH * 2)));
        assert_eq!(wrapped("", "", ""), "\n");
    }

    #[test]
    fn json_says_the_same() {
        let parse = |selection: &Selection| {
            serde_json::from_str::<serde_json::Value>(&json(selection).unwrap()).unwrap()
        };
        let all = parse(&Selection::Chapters(Chapter::ALL.to_vec()));
        assert_eq!(all["format"], "muster-rules/1");
        assert_eq!(all["rules"].as_array().map(Vec::len), Some(Rule::ALL.len()));
        let one = parse(&Selection::One(Rule::ElectLeader));
        assert_eq!(one["chapters"][0]["name"], "join");
        assert_eq!(one["chapters"][0]["introduction"], Chapter::Join.introduction());
        assert_eq!(one["rules"][0]["id"], "elect_leader");
        assert_eq!(one["rules"][0]["must"], must(Rule::ElectLeader));
        assert_eq!(one["rules"][0]["notes"][0]["label"], "source");
    }
}
