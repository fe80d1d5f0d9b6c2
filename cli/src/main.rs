//! The binary `muster`.

mod serve;

use std::process::ExitCode;

use clap::Parser;

/// Is this Kafka consumer group right?
#[derive(Debug, Parser)]
#[command(name = "muster", version)]
enum Command {
    /// Run the reference broker.
    Serve(serve::Args),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Serve(args)) => serve::run(args),
        Err(error) => {
            let asked_for = !error.use_stderr();
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            if asked_for { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}
