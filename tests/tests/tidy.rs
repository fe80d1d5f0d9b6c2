//! The house rules that a compiler does not hold: one rule, one name; short files and functions; nothing left
//! undone; each dependency with its reason. A check is a function from sources to faults, and each is shown a bad
//! example.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use muster_specs::{Chapter, Exception, Lacks, Rule, Side};

const MOST_LINES_OF_A_FILE: usize = 300;
const MOST_LINES_OF_A_FUNCTION: usize = 70;

/// Where the functions of a side's rules are, and what a rule without one there lacks.
const PLACES: [(Side, &str, Lacks); 4] = [
    (Side::Coordinator, "model/src/coordinator/", Lacks::Model),
    (Side::Consumer, "model/src/consumer/", Lacks::Model),
    (Side::Coordinator, "reference/src/coordinator/", Lacks::Reference),
    (Side::Consumer, "reference/src/consumer/", Lacks::Reference),
];

/// Written in two halves, so that this file does not contain them.
const FORBIDDEN: [&str; 6] = [
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("XX", "X"),
    concat!("#[ig", "nore"),
];

/// Text by path, relative to the workspace, with slashes.
type Sources = BTreeMap<String, String>;

/// Every Rust source, manifest and document of the workspace, but not what is built or made by running it.
fn sources(root: &Path) -> io::Result<Sources> {
    let mut sources = Sources::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !["target", "out", ".git", "node_modules"].contains(&&*name) {
                folders.push(path);
            } else if ["rs", "md", "toml"].iter().any(|extension| has_extension(&name, extension)) {
                let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                sources.insert(relative, fs::read_to_string(&path)?);
            }
        }
    }
    Ok(sources)
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == extension)
}

/// A function as rustfmt lays it out: its last line stands at the indentation of its first.
struct Function<'a> {
    name: &'a str,
    /// Of its first line, from 1.
    line: usize,
    lines: usize,
    is_test: bool,
}

fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let found = lines.iter().enumerate().filter_map(|(i, line)| {
        let name = function_name(line)?;
        let indent = indent_of(line);
        let ends = |l: &&str| {
            indent_of(l) == indent && (l.trim() == "}" || (l.trim().starts_with(')') && l.ends_with(';')))
        };
        let on_one_line = line.ends_with('}') || line.ends_with(';');
        let more =
            if on_one_line { 0 } else { lines[i + 1..].iter().position(ends).map_or(0, |more| more + 1) };
        let is_test =
            lines[..i].iter().rev().take_while(|l| l.trim().starts_with("#[")).any(|l| l.trim() == "#[test]");
        Some(Function { name, line: i + 1, lines: more + 1, is_test })
    });
    found.collect()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let qualifiers = ["const", "async", "unsafe", "pub", "pub(crate)", "pub(super)"];
    let in_path = |word: &str| word.starts_with("pub(in") || word.ends_with(')');
    let declares = before.split_whitespace().all(|word| qualifiers.contains(&word) || in_path(word));
    let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (declares && !name.is_empty()).then_some(name)
}

/// The chapter that a file of a place belongs to: `join.rs` and everything in `join/` to `join`.
fn chapter_of(path: &str, place: &str) -> Option<Chapter> {
    let stem = path.strip_prefix(place)?.split('/').next()?;
    let stem = stem.strip_suffix(".rs").unwrap_or(stem);
    Chapter::ALL.iter().copied().find(|chapter| chapter.name() == stem)
}

/// One rule, one name: each rule has a function of its name in the file of its chapter, or is an exception.
fn unpaired(sources: &Sources, exceptions: &[Exception]) -> Vec<String> {
    let mut faults = Vec::new();
    for (side, place, lacks) in PLACES {
        let files = sources.iter().filter(|(path, _)| path.starts_with(place) && has_extension(path, "rs"));
        let named = files.flat_map(|(path, text)| {
            functions(text).into_iter().filter(|f| !f.is_test).map(move |f| (path.as_str(), f.name))
        });
        let named: Vec<(&str, &str)> = named.collect();
        for rule in Rule::ALL.iter().filter(|rule| rule.side() == side) {
            let chapter = rule.chapter();
            let mut there = named.iter().filter(|(_, name)| *name == rule.id()).map(|(path, _)| *path);
            let in_place = there.clone().any(|path| chapter_of(path, place) == Some(chapter));
            let excepted = exceptions.iter().any(|e| e.rule == *rule && e.lacks == lacks);
            match (in_place, excepted) {
                (true, true) => faults.push(format!("{place}: {rule} is an exception without need")),
                (false, false) => faults.push(format!("{place}{}.rs: no function {rule}", chapter.name())),
                (true, false) | (false, true) => {}
            }
            if let Some(path) = there.find(|path| chapter_of(path, place) != Some(chapter)) {
                faults.push(format!("{path}: {rule} belongs in the chapter {}", chapter.name()));
            }
        }
    }
    faults
}

/// A chapter's name is used for that chapter only, and only where it has rules.
fn misnamed(sources: &Sources) -> Vec<String> {
    let mut faults = Vec::new();
    for path in sources.keys() {
        let stem = path.strip_prefix("specs/rules/").map(|name| name.strip_suffix(".md").unwrap_or(name));
        if stem.is_some_and(|stem| !Chapter::ALL.iter().any(|chapter| chapter.name() == stem)) {
            faults.push(format!("{path}: no chapter has this name"));
        }
        for (side, place, _) in PLACES {
            let chapter = chapter_of(path, place);
            if chapter
                .is_some_and(|c| !Rule::ALL.iter().any(|rule| rule.chapter() == c && rule.side() == side))
            {
                faults.push(format!("{path}: this chapter has no rules of this side"));
            }
        }
    }
    faults
}

/// Files and functions that are too long to be read at once.
fn too_long(sources: &Sources) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources.iter().filter(|(path, _)| has_extension(path, "rs")) {
        let lines = text.lines().count();
        if lines > MOST_LINES_OF_A_FILE {
            faults.push(format!("{path}: {lines} lines, at most {MOST_LINES_OF_A_FILE}"));
        }
        for Function { name, line, lines, .. } in functions(text) {
            if lines > MOST_LINES_OF_A_FUNCTION {
                faults.push(format!(
                    "{path}:{line}: {name} has {lines} lines, at most {MOST_LINES_OF_A_FUNCTION}"
                ));
            }
        }
    }
    faults
}

/// What says that something is left undone or left out.
fn unfinished(sources: &Sources) -> Vec<String> {
    let lines = sources
        .iter()
        .flat_map(|(path, text)| text.lines().enumerate().map(move |(i, line)| (path, i + 1, line)));
    let hits = lines.filter_map(|(path, number, line)| {
        let word = FORBIDDEN.iter().find(|word| line.contains(**word))?;
        Some(format!("{path}:{number}: {word}"))
    });
    hits.collect()
}

/// Dependencies of the workspace without a reason, and dependencies of members that go past the workspace.
fn unexplained(sources: &Sources) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
        let (mut section, mut before) = ("", "");
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if line.contains('=') && section == "[workspace.dependencies]" {
                let explained = before.strip_prefix('#').is_some_and(|reason| !reason.trim().is_empty());
                if !explained && !line.contains("path =") {
                    faults.push(format!("{path}: no reason stands before: {line}"));
                }
            } else if line.contains('=')
                && section.ends_with("dependencies]")
                && !line.contains("workspace = true")
            {
                faults.push(format!("{path}: not a dependency of the workspace: {line}"));
            }
            before = line;
        }
    }
    faults
}

#[cfg(test)]
#[path = "tidy/tests.rs"]
mod tests;
