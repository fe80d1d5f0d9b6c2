//! How the number of states grows with each bound and each fault: one row a bound, the others as in the scenario.
//!
//! `cargo run --release -p muster-model --example growth [SCENARIO [MOST-STATES]]`: `basic` and five million if not said.

#![allow(clippy::disallowed_methods, reason = "what a check takes is printed beside its size")]

use std::time::Instant;

use muster_model::check::{Continue, Options, Report, check_with};
use muster_model::scenario::Scenario;
use muster_model::scenarios;

// As in the binary: glibc's malloc makes two searches at a time slower than one after the other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A search that comes to more than this is ended, if the command line says no other number.
const MOST_STATES: usize = 5_000_000;

/// Sets one bound.
type Set = fn(&mut Scenario, u8);

/// A bound, how it is set, and its values.
const BOUNDS: &[(&str, Set, &[u8])] = &[
    ("consumers", |s, n| s.bounds.consumers = n, &[1, 2, 3]),
    ("partitions", |s, n| s.bounds.partitions = n, &[1, 2, 3, 4]),
    ("topics", |s, n| s.bounds.topics = n, &[1, 2]),
    ("records", |s, n| s.bounds.records = n, &[0, 1, 2, 3]),
    ("generations", |s, n| s.bounds.generations = n.cast_signed(), &[1, 2, 3, 4, 5]),
    ("member ids", |s, n| s.bounds.members = n, &[1, 2, 3, 4]),
    ("crash", |s, n| s.faults.crash = n, &[0, 1, 2]),
    ("give-up", |s, n| s.faults.give_up = n, &[0, 1, 2]),
    ("expire", |s, n| s.faults.expire = n, &[0, 1, 2]),
    ("leave", |s, n| s.faults.leave = n, &[0, 1, 2]),
    ("poll-timeout", |s, n| s.faults.poll_timeout = n, &[0, 1, 2]),
    ("subscribe, of two topics", of_two_topics, &[0, 1, 2]),
    ("failover", |s, n| s.faults.failover = n, &[0, 1, 2]),
    ("failover, suffix lost", with_lost_suffix, &[0, 1, 2]),
    ("partitions added", |s, n| s.faults.partitions = n, &[0, 1, 2]),
];

fn of_two_topics(scenario: &mut Scenario, n: u8) {
    scenario.bounds.topics = 2;
    scenario.faults.subscribe = n;
}

fn with_lost_suffix(scenario: &mut Scenario, n: u8) {
    scenario.replication = true;
    scenario.faults.failover = n;
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "basic".to_owned());
    let most = arguments.next().map_or(Ok(MOST_STATES), |text| text.parse());
    let (base, most) = match (scenarios::find(&name), most) {
        (Ok(base), Ok(most)) => (base, most),
        (Err(unknown), _) => return eprintln!("{unknown}"),
        (Ok(_), Err(error)) => return eprintln!("the most states: {error}"),
    };
    let b = &base.bounds;
    println!(
        "{name}: {} consumers, {} topics, {} partitions, {} records, {} generations, {} member ids, faults {:?}\n",
        b.consumers, b.topics, b.partitions, b.records, b.generations, b.members, base.faults
    );
    println!("| bound | is | states | times | depth | seconds |\n|---|---|---|---|---|---|");
    for (bound, set, values) in BOUNDS {
        let mut before = None;
        for value in *values {
            let scenario = varied(&base, *set, *value);
            let began = Instant::now();
            let report = search(&scenario, most);
            let seconds = began.elapsed().as_secs_f64();
            println!("| {bound} | {value} | {} | {seconds:.1} |", told(&report, before));
            before = report.undecided.is_none().then_some(report.states);
            if before.is_none() {
                break;
            }
        }
    }
}

fn varied(base: &Scenario, set: Set, value: u8) -> Scenario {
    let mut scenario = Scenario { expected_violations: Vec::new(), ..base.clone() };
    set(&mut scenario, value);
    scenario
}

fn search(scenario: &Scenario, most: usize) -> Report {
    // What is violated is no matter here: states are counted.
    let options =
        Options { threads: 2, max_states: Some(most), properties: Some(Vec::new()), ..Options::default() };
    check_with(scenario, &options, &mut |_| Continue::Yes)
}

/// States, how many times those of the row before, depth.
fn told(report: &Report, before: Option<usize>) -> String {
    if report.undecided.is_some() {
        return format!("more than {} | | {}", report.states, report.depth);
    }
    #[allow(clippy::cast_precision_loss, reason = "two digits of a ratio")]
    let times = before.map(|before| format!("{:.1}", report.states as f64 / before.max(1) as f64));
    format!("{} | {} | {}", report.states, times.unwrap_or_default(), report.depth)
}
