//! The binary `muster`.

mod conform;
mod rules;
mod serve;

use std::process::ExitCode;

use clap::Parser;

/// Is this Kafka consumer group right?
#[derive(Debug, Parser)]
#[command(name = "muster", version)]
enum Command {
    /// Is this group coordinator right? Replay traces of the model on it.
    Conform(conform::Args),
    /// The rules of consumer groups, in words.
    Rules(rules::Args),
    /// Run the reference broker.
    Serve(serve::Args),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Conform(args)) => conform::run(args),
        Ok(Command::Rules(args)) => rules::run(args),
        Ok(Command::Serve(args)) => serve::run(args),
        Err(error) => {
            let asked_for = !error.use_stderr();
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            if asked_for { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}
