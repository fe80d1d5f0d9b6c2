//! Mutant schemata: a copy of the workspace in which every mutant of `cargo mutants --list --json` is compiled at once,
//! each behind a test of which one is chosen. One build then serves all of them.
//!
//! `weave LIST FROM TO STATE`: writes the mutated files of `FROM` to `TO`; `STATE` keeps what became of each mutant.
//! `blame LIST TO STATE`: reads what the compiler says (`cargo check --message-format json`), and leaves out the mutants
//! in which its errors lie; ends with 1 if there is no error.
//! `alone LIST FROM TO ID`: writes one mutant alone.
//! `tell LIST FROM RESULTS EXCLUDED`: what came of them.

mod mutant;
mod rewrite;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::BufRead as _;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use mutant::Mutant;
use serde::{Deserialize, Serialize};

/// What became of the mutants, by number.
#[derive(Debug, Default, Deserialize, Serialize)]
struct State {
    /// Compiled in, behind a test.
    woven: BTreeSet<u32>,
    /// Does not compile.
    unviable: BTreeSet<u32>,
    /// Cannot be woven, and has to be compiled alone.
    alone: BTreeSet<u32>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["weave", list, from, to, state] => weave(&load(list)?, Path::new(from), Path::new(to), state),
        ["blame", list, to, state] => blame(&load(list)?, Path::new(to), state),
        ["alone", list, from, to, id] => {
            let (list, id) = (load(list)?, id.parse::<usize>()?);
            let mutant = &list[id - 1];
            let text = fs::read_to_string(Path::new(from).join(&mutant.file))?;
            fs::write(Path::new(to).join(&mutant.file), mutant.applied(&text))?;
            Ok(ExitCode::SUCCESS)
        }
        ["tell", list, from, results, excluded] => {
            tell::tell(&load(list)?, Path::new(from), results, excluded)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("weave LIST FROM TO STATE | blame LIST TO STATE | alone LIST FROM TO ID | tell LIST FROM RESULTS EXCLUDED".into()),
    }
}

/// Mutants are known by their place in the list, from 1.
fn load(list: &str) -> Result<Vec<Mutant>, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(list)?)?)
}

fn read(state: &str) -> State {
    fs::read_to_string(state).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn numbered(list: &[Mutant]) -> impl Iterator<Item = (u32, &Mutant)> {
    (1..).zip(list)
}

fn weave(list: &[Mutant], from: &Path, to: &Path, path: &str) -> Result<ExitCode, Box<dyn Error>> {
    let mut state = read(path);
    let leave_out: BTreeSet<u32> = state.unviable.union(&state.alone).copied().collect();
    let mut by_file = BTreeMap::<&str, Vec<(u32, &Mutant)>>::new();
    for (id, mutant) in numbered(list) {
        by_file.entry(&mutant.file).or_default().push((id, mutant));
    }
    state.woven.clear();
    for (file, mutants) in by_file {
        let done = rewrite::rewrite(&fs::read_to_string(from.join(file))?, &mutants, &leave_out)?;
        fs::write(to.join(file), &done.text)?;
        state.woven.extend(done.woven);
        state.unviable.extend(done.unviable);
    }
    let known = |id: &u32| state.woven.contains(id) || state.unviable.contains(id);
    state.alone = numbered(list).map(|(id, _)| id).filter(|id| !known(id)).collect();
    eprintln!("{} woven, {} unviable, {} alone", state.woven.len(), state.unviable.len(), state.alone.len());
    fs::write(path, serde_json::to_string(&state)?)?;
    Ok(ExitCode::SUCCESS)
}

/// What `cargo check --message-format json` prints, as far as it is read.
#[derive(Deserialize)]
struct Line {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    message: String,
    spans: Vec<Seen>,
}

#[derive(Deserialize)]
struct Seen {
    file_name: String,
    byte_start: usize,
    is_primary: bool,
}

fn blame(list: &[Mutant], to: &Path, path: &str) -> Result<ExitCode, Box<dyn Error>> {
    let mut state = read(path);
    let mut found = BTreeSet::new();
    let mut errors = 0;
    for line in io::stdin().lock().lines() {
        let Ok(Line { message: Some(message) }) = serde_json::from_str::<Line>(&line?) else { continue };
        if message.level != "error" || message.spans.is_empty() {
            continue;
        }
        errors += 1;
        let Some(span) = message.spans.iter().find(|span| span.is_primary) else { continue };
        let text = fs::read_to_string(to.join(&span.file_name))?;
        let before = &text[..span.byte_start];
        let id = before.rfind("mutant::on(").and_then(|at| {
            before[at + "mutant::on(".len()..].split("u32").next().and_then(|id| id.parse::<u32>().ok())
        });
        match id {
            Some(id) => {
                found.insert(id);
                eprintln!("{id} {}: {}", list[id as usize - 1].file, message.message);
            }
            None => return Err(format!("{}: {}", span.file_name, message.message).into()),
        }
    }
    if errors == 0 {
        return Ok(ExitCode::from(1));
    }
    for id in found {
        // A function's value of the wrong type is wrong alone too.
        let of_function = list[id as usize - 1].genre == "FnValue";
        if of_function { &mut state.unviable } else { &mut state.alone }.insert(id);
    }
    fs::write(path, serde_json::to_string(&state)?)?;
    Ok(ExitCode::SUCCESS)
}
