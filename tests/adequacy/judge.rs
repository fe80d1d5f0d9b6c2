//! Judges every mutant of the reference coordinator by the traces that `muster conform reference --in-process` replays,
//! of both releases. Built in a copy of the workspace where `muster-schemata` has woven all mutants in; see `run`.
//!
//! Arguments: the numbers of the mutants; none: the copy as it is. Prints `ID killed|survived TRACE WHY` for each.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, io, thread};

use muster_conformance::attempt::{Verdict, judge};
use muster_conformance::in_process::InProcess;
use muster_conformance::suite::{self, Extent};
use muster_model::trace::{Release, Trace};
use muster_reference::coordinator::Config;
use muster_reference::mutant;

/// What a correct coordinator needs of tests of mutants in one trace is below a thousandth of it.
const FUEL: u64 = 20_000_000;

/// The first trace that is not as it should be, and why.
fn first_wrong(traces: &[Trace], id: u32) -> Option<(String, String)> {
    let system = InProcess::new(Config::default());
    traces.iter().find_map(|trace| {
        mutant::choose(id, FUEL);
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(&system, trace, |_| 0)));
        mutant::choose(0, FUEL);
        let why = match verdict {
            Ok(Ok(
                Verdict::Conforms
                | Verdict::NotApplicable(_)
                | Verdict::ChoiceNotSeen
                | Verdict::Hidden { .. },
            )) => return None,
            Ok(Ok(Verdict::Diverges { finding, .. })) => {
                format!("step {}: {}", finding.step + 1, finding.divergence)
            }
            Ok(Ok(Verdict::Inconclusive(why))) => format!("inconclusive: {why:?}"),
            Ok(Err(ended)) => format!("ended: {ended:?}"),
            Err(_panicked) => "panic".to_owned(),
        };
        Some((format!("{}/{}", trace.release, trace.name), why.replace('\n', " ")))
    })
}

/// For each mutant the place of the first trace whose replay comes by it; none if no replay does.
fn first_reached(traces: &[Trace], ids: &[u32]) -> Vec<Option<usize>> {
    let mut first = vec![None; ids.len()];
    for (at, trace) in traces.iter().enumerate() {
        let alone = first_wrong(std::slice::from_ref(trace), 0);
        assert_eq!(alone, None, "{} does not conform without a mutant", trace.name);
        for (place, id) in first.iter_mut().zip(ids).filter(|(place, _)| place.is_none()) {
            *place = mutant::reached(*id).then_some(at);
        }
    }
    first
}

fn main() {
    set_hook(Box::new(|_| {}));
    let mut traces = suite::traces(Release::V4_3, Extent::Small).expect("complete files");
    traces.extend(suite::traces(Release::V3_9, Extent::Small).expect("complete files"));
    let ids: Vec<u32> = env::args().skip(1).map(|id| id.parse().expect("a number")).collect();
    eprintln!("{} traces, {} mutants", traces.len(), ids.len());
    if ids.is_empty() {
        let wrong = first_wrong(&traces, 0);
        println!("0\t{}\t{wrong:?}\t", if wrong.is_some() { "killed" } else { "survived" });
        return;
    }
    let first = first_reached(&traces, &ids);
    let (next, out) = (AtomicUsize::new(0), Mutex::new(io::stdout()));
    let threads = env::var("JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(2);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(id), Some(first)) = (ids.get(at), first.get(at)) else { return };
                    let wrong = first.and_then(|first| first_wrong(&traces[first..], *id));
                    let line = match (wrong, first) {
                        (Some((trace, why)), _) => format!("{id}\tkilled\t{trace}\t{why}"),
                        (None, Some(_)) => format!("{id}\tsurvived\treached\t"),
                        (None, None) => format!("{id}\tsurvived\tnever reached\t"),
                    };
                    let mut out = out.lock().expect("no panic");
                    writeln!(out, "{line}").and_then(|()| out.flush()).expect("an open output");
                }
            });
        }
    });
}
