//! The rows: which runs stand beside which, and what is printed of them.

use std::env;
use std::process::Command;

use crate::run::Measured;

/// Unique states of `group:3,3,1,2`.
const KNOWN: u64 = 2_867_134;

/// The engine and stateright's breadth-first search take turns on the same actors.
pub(crate) fn speed(rounds: usize) -> Result<(), String> {
    println!(
        "model            threads  engine            seconds  unique/s   generated/s  bytes/state  ratio"
    );
    for (model, threads) in [("group:3,3,1,2", 1), ("group:3,3,1,2", 2), ("2pc:8", 1), ("2pc:8", 2)] {
        let engines = ["stateright-bfs", "muster", "muster-parts"];
        let mut runs: Vec<Vec<Measured>> = vec![Vec::new(); engines.len()];
        for _ in 0..rounds.max(1) {
            for (engine, runs) in engines.iter().zip(&mut runs) {
                runs.push(child(model, engine, threads, None)?);
            }
        }
        let baseline = median(&mut runs[0]);
        for (engine, runs) in engines.iter().zip(&mut runs) {
            let run = median(runs);
            if (run.unique, run.generated) != (baseline.unique, baseline.generated) {
                return Err(format!("{model}: {engine} counts {run}, stateright {baseline}"));
            }
            print(model, threads, engine, &run, &format!("{:.1}x", baseline.seconds / run.seconds));
        }
    }
    Ok(())
}

/// Bytes a stored state, in both ways to store them, past fifty million states.
pub(crate) fn bytes() -> Result<(), String> {
    println!("model            threads  engine            seconds  unique/s   generated/s  bytes/state");
    for engine in ["muster-parts", "muster", "muster-compact"] {
        print("group:3,3,2,2", 2, engine, &child("group:3,3,2,2", engine, 2, None)?, "");
    }
    Ok(())
}

/// Steps a second as the space grows.
pub(crate) fn growth() -> Result<(), String> {
    println!("model            threads  engine            seconds  unique/s   generated/s  bytes/state  at");
    for threads in [1, 2] {
        for most in [1_000_000, 10_000_000, 100_000_000] {
            let run = child("group:3,3,3,2", "muster-parts", threads, Some(most))?;
            print("group:3,3,3,2", threads, "muster-parts", &run, &most.to_string());
        }
    }
    Ok(())
}

/// A space that other checkers do not come to the end of on one machine: one state of each set of exchanged ones is
/// stored, and how many they stand for is counted. A smaller space, whose count is known, comes first.
pub(crate) fn large() -> Result<(), String> {
    println!(
        "model            threads  engine            seconds  unique/s   generated/s  bytes/state  stands for"
    );
    for model in ["group:3,3,1,2", "group:3,4,2,2"] {
        let run = child(model, "muster-orbits", 2, None)?;
        if model == "group:3,3,1,2" && run.whole != KNOWN {
            return Err(format!("{model}: the orbits add up to {}, not to {KNOWN}", run.whole));
        }
        print(model, 2, "muster-orbits", &run, &run.whole.to_string());
    }
    Ok(())
}

/// Runs in a process of its own.
fn child(model: &str, engine: &str, threads: usize, most: Option<u64>) -> Result<Measured, String> {
    let itself = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(itself);
    command.args(["one", model, engine, &threads.to_string()]).args(most.map(|most| most.to_string()));
    let output = command.output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    Measured::parse(&told).ok_or_else(|| {
        format!("{model} {engine} {threads}: {} {}", output.status, String::from_utf8_lossy(&output.stderr))
    })
}

/// By time.
fn median(runs: &mut [Measured]) -> Measured {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs[runs.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
fn print(model: &str, threads: usize, engine: &str, run: &Measured, last: &str) {
    let (unique, generated, bytes) = (run.unique as f64, run.generated as f64, run.peak_bytes as f64);
    println!(
        "{model:16} {threads:7}  {engine:16} {:8.2}  {:8.0}  {:12.0}  {:11.1}  {last}",
        run.seconds,
        unique / run.seconds,
        generated / run.seconds,
        bytes / unique,
    );
}
