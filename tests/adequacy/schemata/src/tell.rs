//! What came of the mutants, for a reader: by part of the coordinator, then each survivor.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use crate::mutant::Mutant;

/// What only the broker asks of the coordinator, or prints: no trace comes by it.
const OF_BROKER: [&str; 18] = [
    "weight.rs:",
    "mutation.rs:",
    "fmt::Display",
    " in number",
    "replace number ",
    "Config::set",
    "Coordinator::config",
    "Members::contains_key",
    "Pending::len",
    "Request::joining_instance",
    "Coordinator::group_state",
    "Coordinator::offset_records",
    "Coordinator::is_known",
    "Coordinator::unanswered",
    "Change::of_group",
    "Change::record",
    "Config::is_mutated",
    "Decision<'a>::mutated",
];
/// What tools and administrators ask, and what is not kept for ever.
const OF_ADMINISTRATION: [&str; 4] = ["administration.rs:", "looks.rs:", "retention.rs:", "subscription.rs:"];
const PARTS: [&str; 3] = ["the protocol, timers, failovers", "administration and retention", "broker only"];

/// A mutant that is left out, and why it is no other program than the one that it was made of.
struct Excluded {
    file: String,
    line: String,
    what: String,
    reason: String,
}

impl Excluded {
    /// Of lines of FILE, SOURCE LINE, WHAT and REASON, between tabs; empty lines and those of `#` say nothing.
    fn load(path: &str) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut all = Vec::new();
        for (number, line) in fs::read_to_string(path)?.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let [file, line, what, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("{path}:{}: not FILE, SOURCE LINE, WHAT and REASON", number + 1).into());
            };
            let own = str::to_owned;
            all.push(Self { file: own(file), line: own(line), what: own(what), reason: own(reason) });
        }
        Ok(all)
    }

    fn is(&self, mutant: &Mutant, line: &str) -> bool {
        mutant.file.ends_with(&self.file) && self.line == line && self.what == mutant.what()
    }
}

#[derive(Default)]
struct Part {
    all: usize,
    unviable: usize,
    excluded: usize,
    killed: usize,
    survivors: Vec<String>,
}

fn part(mutant: &Mutant) -> &'static str {
    let of = |names: &[&str]| names.iter().any(|name| mutant.name.contains(name));
    PARTS[if of(&OF_BROKER) { 2 } else { usize::from(of(&OF_ADMINISTRATION)) }]
}

/// Fails if a mutant is left out that is killed, or that there is not.
pub(crate) fn tell(
    list: &[Mutant],
    from: &Path,
    results: &str,
    excluded: &str,
) -> Result<(), Box<dyn Error>> {
    let mut fates = BTreeMap::new();
    for line in fs::read_to_string(results)?.lines() {
        let mut columns = line.split('\t');
        let id: usize = columns.next().unwrap_or_default().parse()?;
        fates.insert(
            id,
            (columns.next().unwrap_or_default().to_owned(), columns.next().unwrap_or_default().to_owned()),
        );
    }
    let excluded = Excluded::load(excluded)?;
    let mut used = BTreeSet::new();
    let mut parts: BTreeMap<&str, Part> = PARTS.iter().map(|name| (*name, Part::default())).collect();
    for (mutant, id) in list.iter().zip(1..) {
        let text = fs::read_to_string(from.join(&mutant.file))?;
        let line = text.lines().nth(mutant.span.start.line - 1).unwrap_or_default().trim();
        let Some((fate, how)) = fates.get(&id) else {
            return Err(format!("{} is not judged", mutant.name).into());
        };
        let of = parts.entry(part(mutant)).or_default();
        of.all += 1;
        let left_out = excluded.iter().position(|excluded| excluded.is(mutant, line));
        used.extend(left_out);
        match (fate.as_str(), left_out) {
            ("unviable", _) => of.unviable += 1,
            ("killed", Some(at)) => {
                return Err(
                    format!("{} is killed, and left out: {}", mutant.name, excluded[at].reason).into()
                );
            }
            ("killed", None) => of.killed += 1,
            (_, Some(_)) => of.excluded += 1,
            (_, None) => of.survivors.push(format!("{id} {} ({how}) | {line}", mutant.name)),
        }
    }
    if let Some(at) = (0..excluded.len()).find(|at| !used.contains(at)) {
        return Err(format!("there is no mutant '{}' of '{}'", excluded[at].what, excluded[at].line).into());
    }
    println!(
        "| part | mutants | do not compile | left out | judged | killed | survive | of all that compile |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for name in PARTS {
        let Part { all, unviable, excluded, killed, survivors } = &parts[name];
        let judged = killed + survivors.len();
        let percent =
            |of: usize| format!("{}.{} %", killed * 100 / of.max(1), killed * 1000 / of.max(1) % 10);
        println!(
            "| {name} | {all} | {unviable} | {excluded} | {judged} | {killed} ({}) | {} | {} |",
            percent(judged),
            survivors.len(),
            percent(all - unviable)
        );
    }
    for name in PARTS {
        println!("\n{name}:");
        parts[name].survivors.iter().for_each(|survivor| println!("  {survivor}"));
    }
    Ok(())
}
