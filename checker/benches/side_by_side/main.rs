//! The engine beside stateright's checkers: the same actors, one process a run, taking turns, medians and ratios.
//!
//! ```text
//! cargo bench -p muster-checker --bench side_by_side -- speed [rounds]
//! cargo bench -p muster-checker --bench side_by_side -- bytes | growth | large
//! cargo bench -p muster-checker --bench side_by_side -- one group:3,3,1,2 muster 2 [most states]
//! ```
//!
//! Every run has the process's default allocator.

#[path = "../../examples/actors/mod.rs"]
mod actors;
mod run;
mod table;

use std::process::ExitCode;

use run::Run;

fn main() -> ExitCode {
    // cargo adds a word of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["one", ref run @ ..] => {
            Run::parse(run).and_then(Run::measured).map(|measured| println!("{measured}"))
        }
        ["speed"] => table::speed(3),
        ["speed", rounds] => rounds.parse().map_err(|_| usage()).and_then(table::speed),
        ["bytes"] => table::bytes(),
        ["growth"] => table::growth(),
        ["large"] => table::large(),
        _ => Err(usage()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    "speed [ROUNDS] | bytes | growth | large | one MODEL ENGINE THREADS [STATES]; MODEL is group:3,3,1,2 or 2pc:8, \
     ENGINE is muster, muster-compact, muster-parts, stateright-bfs or stateright-dfs"
        .to_owned()
}
