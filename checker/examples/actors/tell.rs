//! A report for a person to read.

use muster_checker::{
    ActorReport, Counterexample, Ending, Explorable, ModelAction, ModelState, Refused, Verdict,
};
use stateright::Model;
use stateright::actor::ActorModel;

/// Prints a report on a model, each path with its steps.
pub(crate) fn tell<A: Explorable, C, H: muster_checker::History>(
    model: &ActorModel<A, C, H>,
    report: Result<ActorReport<A, H>, Refused>,
) {
    let report = match report {
        Ok(report) => report,
        Err(refused) => return println!("refused: {refused}"),
    };
    let ending = match report.ending {
        Ending::Exhausted => "exhausted".to_owned(),
        Ending::NotExhausted(limit) => format!("not exhausted: {limit}"),
    };
    println!("{} states, {} steps, {} deep, {ending}", report.unique, report.generated, report.depth);
    for (name, verdict) in &report.verdicts {
        match verdict {
            Verdict::Holds => println!("{name}: holds"),
            Verdict::Never => println!("{name}: never"),
            Verdict::Undecided => println!("{name}: undecided"),
            Verdict::Violated(path) => steps(model, &format!("{name}: violated by"), path),
            Verdict::Found(path) => steps(model, &format!("{name}: found by"), path),
        }
    }
}

fn steps<A: Explorable, C, H: muster_checker::History>(
    model: &ActorModel<A, C, H>,
    heading: &str,
    path: &Counterexample<ModelState<A, H>, ModelAction<A>>,
) {
    println!("{heading} {} steps", path.actions.len());
    for action in &path.actions {
        println!("    {}", model.format_action(action));
    }
}

/// The numbers of the command line, or these.
pub(crate) fn arguments<const N: usize>(otherwise: [usize; N]) -> [usize; N] {
    let mut given = std::env::args().skip(1).map_while(|word| word.parse().ok());
    otherwise.map(|number| given.next().unwrap_or(number))
}
