//! `muster explore`: stateright's Explorer on a scenario, at the counterexample if there is one.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::thread;

use muster_model::actor::model;
use muster_model::check::{Continue, Counterexample, Options, check_with};
use muster_model::scenario::Scenario;
use stateright::Model;

use crate::scenario_args::ScenarioArgs;

/// States that are searched for a counterexample before the Explorer opens.
const MOST_STATES: usize = 1_000_000;

/// What `muster explore` takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The port on 127.0.0.1; 0: any that is free
    #[arg(long, value_name = "N", default_value_t = 3000)]
    port: u16,
}

/// Serves until it is ended; 1 if it cannot.
pub(crate) fn run(args: Args) -> ExitCode {
    let Args { scenario, port } = args;
    match explore(&scenario, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("muster: {message}");
            ExitCode::from(1)
        }
    }
}

fn explore(args: &ScenarioArgs, port: u16) -> Result<(), String> {
    let scenario = args.scenario()?;
    // stateright's server panics where it cannot listen, so this is tried before.
    let free_address = || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.local_addr()
    };
    let address: SocketAddr =
        free_address().map_err(|error| format!("cannot listen on 127.0.0.1:{port}: {error}"))?;
    let told = welcome(&scenario, address, args.is_single());
    // Whoever started it may not read; it serves all the same.
    let _ = io::stdout().write_all(told.as_bytes()).and_then(|()| io::stdout().flush());
    let server = thread::spawn(move || {
        model(&scenario).checker().serve(address);
    });
    server.join().map_err(|_| format!("the explorer on {address} ended by a failure of its server"))
}

/// Where to look. Scenarios that ship hold; one with a defect, or with other bounds, is searched first.
fn welcome(scenario: &Scenario, address: SocketAddr, varied: bool) -> String {
    let mut lines = vec![format!("{}: {}", scenario.name, scenario.about), format!("http://{address}/")];
    if varied {
        let options = Options { max_states: Some(MOST_STATES), ..Options::default() };
        let report = check_with(scenario, &options, &mut |_| Continue::Yes);
        for violation in report.violations() {
            let (property, steps) = (violation.property, violation.steps.len());
            lines.push(format!("{property} is violated after {steps} steps: {}", violation.reason));
            lines.push(format!("http://{address}/#/steps/{}", encoded(scenario, violation)));
        }
        lines.extend(report.undecided.map(|why| format!("not every state was searched: {why}")));
    }
    lines.push("Ctrl-C ends it\n".to_owned());
    lines.join("\n")
}

/// The path as the Explorer takes it: the place of the first state, then of each action among those enabled.
fn encoded(scenario: &Scenario, counterexample: &Counterexample) -> String {
    let model = model(scenario);
    let place = |(state, action): &(_, _)| {
        let mut enabled = Vec::new();
        model.actions(state, &mut enabled);
        enabled.iter().position(|a| a == action).map(|i| i.to_string())
    };
    let places = counterexample.steps.iter().map_while(place);
    ["0".to_owned()].into_iter().chain(places).collect::<Vec<_>>().join("/")
}
