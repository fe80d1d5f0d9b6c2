//! The binary `muster`.

mod bugs;
mod check;
mod conform;
mod explore;
mod rules;
mod scenario_args;
mod serve;
mod trace;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

// With glibc's malloc two searches at a time are slower than one after the other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Is this Kafka consumer group right?
#[derive(Debug, Parser)]
#[command(name = "muster", version)]
enum Command {
    /// The museum: defects that real brokers and clients shipped, and the shortest way to each.
    Bugs(bugs::Args),
    /// Do the rules keep the properties? Search every state of scenarios.
    Check(check::Args),
    /// Is this group coordinator right? Replay traces of the model on it.
    Conform(conform::Args),
    /// See what went wrong, step by step, in the browser: a scenario, a defect, a trace file.
    Explore(explore::Args),
    /// The rules of consumer groups, in words.
    Rules(rules::Args),
    /// Run the reference broker.
    Serve(serve::Args),
    /// The generated traces as files, and a trace as text.
    Trace(trace::Args),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Bugs(args)) => bugs::run(args),
        Ok(Command::Check(args)) => check::run(args),
        Ok(Command::Conform(args)) => conform::run(args),
        Ok(Command::Explore(args)) => explore::run(args),
        Ok(Command::Rules(args)) => rules::run(args),
        Ok(Command::Serve(args)) => serve::run(args),
        Ok(Command::Trace(args)) => trace::run(args),
        Err(error) => {
            let asked_for = !error.use_stderr();
            if asked_for || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                // Nobody is left to tell if the terminal is gone.
                let _ = error.print();
            } else {
                eprintln!("muster: {}", in_one_line(&error.to_string()));
            }
            if asked_for { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// What is wrong, and how it may be put right; without the usage, which `--help` tells.
fn in_one_line(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let about = message.lines().take_while(|line| !line.starts_with("Usage:"));
    let about = about.filter(|line| !line.starts_with("For more information"));
    about.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
