//! `muster bugs`: the museum. Defects that real brokers and clients shipped, each found again.

mod examine;
mod json;
mod noticed;
mod text;

use std::io::{self, Write as _};
use std::process::ExitCode;

use muster_model::museum::{self, Bug};
use muster_reference::coordinator::Mutation;

use crate::rules::distance;
use examine::Examined;

/// What `muster bugs` takes.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// A defect's id, or where it was told of, e.g. KAFKA-9801 [default: all of them]
    #[arg(value_name = "ID")]
    bug: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Switch each defect of the coordinator on in the reference, and see that conformance notices it, by the right rule
    Noticed {
        /// Only these [default: all of them]
        #[arg(value_name = "ID")]
        mutations: Vec<Mutation>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find every one, see that it is absent without its defect in the same bounds, and walk its committed trace
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Tells or checks: 0 all as the museum says, 1 usage, 2 one is not found or is there without its defect, 3 undecided.
pub(crate) fn run(args: Args) -> ExitCode {
    let Args { command, bug, json: as_json } = args;
    let told = match (command, bug) {
        (Some(Command::Check { json: checked_as_json }), _) => return check(as_json || checked_as_json),
        (Some(Command::Noticed { mutations, json: noticed_as_json }), _) => {
            return noticed::run(&mutations, as_json || noticed_as_json);
        }
        (None, Some(name)) => {
            find(&name).and_then(|bug| if as_json { json::one(bug) } else { text::story(bug) })
        }
        (None, None) if as_json => json::all(),
        (None, None) => Ok(text::table()),
    };
    match told.and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("muster: {message}");
            ExitCode::from(1)
        }
    }
}

fn check(as_json: bool) -> ExitCode {
    let (examined, seconds) = examine::all();
    let text =
        if as_json { json::checked(&examined, seconds) } else { Ok(text::checked(&examined, seconds)) };
    if let Err(message) = text.and_then(|text| print(&text)) {
        eprintln!("muster: {message}");
        return ExitCode::from(1);
    }
    if examined.iter().any(Examined::fails) {
        ExitCode::from(2)
    } else if examined.iter().any(Examined::is_undecided) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}

fn find(name: &str) -> Result<&'static Bug, String> {
    museum::find(name).ok_or_else(|| {
        let wanted = name.replace('-', "_");
        let nearest = museum::all().min_by_key(|bug| (!bug.id.contains(&wanted), distance(bug.id, &wanted)));
        let nearest = nearest.map_or("", |bug| bug.id);
        format!("the museum has no '{}'; did you mean '{nearest}'?", name.escape_debug())
    })
}

fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has read enough; the verdict stands.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot print the report: {error}"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_defect_is_found_by_its_id_and_by_where_it_was_told_of() {
        assert_eq!(find("KAFKA-9801").map(|bug| bug.id), Ok("replaced_member_gets_nothing"));
        assert_eq!(find("commits_reordered").map(|bug| bug.id), Ok("commits_reordered"));
        let unknown = find("reordered").map(|bug| bug.id);
        assert_eq!(
            unknown,
            Err("the museum has no 'reordered'; did you mean 'commits_reordered'?".to_owned())
        );
    }
}
