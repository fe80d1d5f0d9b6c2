//! Pages that answer what people ask of groups, beside the hazards.

use std::fmt::Write as _;

use muster_model::hazard::{GUIDES, PITFALLS};

/// The page of this name, for a terminal.
pub(super) fn page(name: &str) -> Option<String> {
    let wanted = name.replace('-', "_");
    let (_, text) = GUIDES.iter().find(|(guide, _)| *guide == wanted)?;
    Some(if *text == PITFALLS { answers(text) } else { (*text).to_owned() })
}

/// Where to look further, below the verdicts.
pub(super) fn pointers() -> String {
    let about = |name: &str| match name {
        "pitfalls" => "every question with its answer, what to do, and the scenario that shows it",
        "misconceptions" => "what is often said of coordinator, leader, JoinGroup, evenness, producers",
        "side_car" => "one group id for several topics, or one group for each",
        "scaling" => "more consumers, more partitions: what moves, and what happens to keys",
        "settings" => "what trades throughput for latency and duplicates",
        _ => "",
    };
    let mut text = String::new();
    for (name, _) in GUIDES {
        let _ = writeln!(text, "muster check {name:<15} {}", about(name));
    }
    text
}

/// A table whose cells are sentences is read line by line.
fn answers(table: &str) -> String {
    let mut text = String::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells[..] {
            ["question or pitfall" | "---", ..] => {}
            [question, answer, advice, shown] => {
                let _ = writeln!(text, "{question}\n    {answer}\n    What to do: {advice}");
                let shown =
                    shown.trim_start_matches("see ").replace('`', "").replace(", ", ", muster check ");
                let _ = writeln!(text, "    muster check {shown}\n");
            }
            _ => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{GUIDES, PITFALLS, page, pointers};

    #[test]
    fn every_page_is_found_by_its_name_and_pointed_at() {
        for (name, text) in GUIDES {
            let told = page(&name.replace('_', "-")).unwrap();
            assert_eq!(told.lines().next(), text.lines().next());
            assert!(pointers().contains(&format!("muster check {name} ")), "{name}");
        }
        assert!(pointers().lines().all(|line| line.len() > 40), "{}", pointers());
        assert_eq!(page("basic"), None);
    }

    #[test]
    fn every_row_of_the_table_is_told_with_its_scenarios() {
        let told = page("pitfalls").unwrap();
        let rows = PITFALLS.lines().filter(|line| line.starts_with("| ")).count() - 1;
        assert_eq!(told.matches("    What to do: ").count(), rows);
        assert!(!told.contains('|'), "{told}");
        let two = "    muster check generation_identifies_assignment, muster check live_stale_sync\n";
        assert!(told.contains(two), "{told}");
    }
}
