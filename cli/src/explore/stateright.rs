//! `--ui stateright`: stateright's own Explorer, at the counterexample if there is one.

use std::net::SocketAddr;
use std::thread;

use muster_model::actor::model;
use muster_model::check::{Continue, Counterexample, check_up_to};
use muster_model::scenario::Scenario;
use stateright::Model;

/// States that are searched for a counterexample before the Explorer opens.
const MOST_STATES: usize = 1_000_000;

/// Serves until it is ended.
pub(super) fn serve(scenario: Scenario, address: SocketAddr) -> Result<(), String> {
    let server = thread::spawn(move || {
        model(&scenario).checker().serve(address);
    });
    server.join().map_err(|_| format!("the explorer on {address} ended by a failure of its server"))
}

/// Where to look. Scenarios that ship hold; one with a defect, or with other bounds, is searched first.
pub(super) fn welcome(scenario: &Scenario, address: SocketAddr, varied: bool) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", scenario.name, scenario.about), format!("http://{address}/")];
    if varied {
        let report = check_up_to(scenario, Some(MOST_STATES), &mut |_| Continue::Yes);
        for violation in report.violations() {
            let (property, steps) = (violation.property, violation.steps.len());
            lines.push(format!("{property} is violated after {steps} steps: {}", violation.reason));
            lines.push(format!("http://{address}/#/steps/{}", encoded(scenario, violation)));
        }
        lines.extend(report.undecided.map(|why| format!("not every state was searched: {why}")));
    }
    lines
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
