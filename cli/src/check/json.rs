//! The same as JSON, versioned.

use muster_model::check::{Report, Verdict};
use muster_model::mutation::Mutation;
use muster_model::narrate::Narration;
use muster_model::property::PropertyId;
use muster_model::scenario::Scenario;
use muster_model::trace::Trace;
use serde::Serialize;

use super::json_liveness;
use super::search::Checked;
use super::table::bounds;

/// The version of both forms.
const FORMAT: &str = "muster-check/1";

#[derive(Serialize)]
struct ReportJson {
    format: &'static str,
    as_expected: bool,
    exhausted: bool,
    states: usize,
    seconds: f64,
    scenarios: Vec<CheckedJson>,
}

#[derive(Serialize)]
struct ListJson {
    format: &'static str,
    scenarios: Vec<ScenarioJson>,
}

#[derive(Serialize)]
struct CheckedJson {
    #[serde(flatten)]
    scenario: ScenarioJson,
    /// Unique states.
    states: usize,
    /// Steps taken, and the first state.
    generated: usize,
    /// Steps from the first state to the farthest.
    depth: usize,
    seconds: f64,
    /// The most that the search took, where the engine tells.
    bytes: Option<u64>,
    exhausted: bool,
    /// Why not.
    undecided: Option<String>,
    as_expected: bool,
    properties: Vec<PropertyJson>,
    /// What has to happen in the end, where the scenario says so.
    liveness: Vec<json_liveness::BehaviourJson>,
}

#[derive(Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "the scenario's own, by its names")]
struct ScenarioJson {
    name: String,
    about: String,
    bounds: BoundsJson,
    faults: FaultsJson,
    bounds_in_words: String,
    assignor: &'static str,
    discovery: bool,
    mixed_subscriptions: bool,
    membership: &'static str,
    commit: &'static str,
    commit_on_revocation: bool,
    hand_off: bool,
    release: String,
    mutation: Option<&'static str>,
    mutation_about: Option<&'static str>,
    expected_violations: Vec<&'static str>,
    /// What is claimed of it, if it is a hazard.
    claim: Option<&'static str>,
}

#[derive(Serialize)]
struct BoundsJson {
    consumers: u8,
    topics: u8,
    partitions: u8,
    records: u8,
    generations: i8,
    members: u8,
    group_max_size: Option<u8>,
}

#[derive(Serialize)]
struct FaultsJson {
    crash: u8,
    give_up: u8,
    expire: u8,
    leave: u8,
    poll_timeout: u8,
    subscribe: u8,
    failover: u8,
    partitions: u8,
    tools: u8,
}

#[derive(Serialize)]
struct PropertyJson {
    id: &'static str,
    about: &'static str,
    /// `holds`: in every state within the bounds; `violated`; `undecided`.
    verdict: &'static str,
    expected: &'static str,
    counterexample: Option<CounterexampleJson>,
}

#[derive(Serialize)]
struct CounterexampleJson {
    reason: String,
    /// Of the path, with those that only the search needs.
    steps: usize,
    transcript: Vec<String>,
    trace: Trace,
}

/// The report.
pub(super) fn report(checked: &[Checked], seconds: f64) -> Result<String, String> {
    text(&ReportJson {
        format: FORMAT,
        as_expected: checked.iter().all(|c| c.report.is_as_expected()),
        exhausted: checked.iter().all(|c| c.report.undecided.is_none()),
        states: checked.iter().map(|c| c.report.states).sum(),
        seconds,
        scenarios: checked.iter().map(checked_json).collect(),
    })
}

/// The scenarios, and no verdicts.
pub(super) fn list(scenarios: &[Scenario]) -> Result<String, String> {
    text(&ListJson { format: FORMAT, scenarios: scenarios.iter().map(scenario_json).collect() })
}

fn text(value: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| format!("cannot write the report as JSON: {error}"))
}

fn checked_json(Checked { report, seconds }: &Checked) -> CheckedJson {
    let properties = report.verdicts.iter();
    CheckedJson {
        scenario: scenario_json(&report.scenario),
        states: report.states,
        generated: report.generated,
        depth: report.depth,
        seconds: *seconds,
        bytes: report.bytes,
        exhausted: report.undecided.is_none(),
        undecided: report.undecided.as_ref().map(ToString::to_string),
        as_expected: report.is_as_expected(),
        properties: properties.map(|(property, verdict)| property_json(report, *property, verdict)).collect(),
        liveness: json_liveness::of(report),
    }
}

fn scenario_json(scenario: &Scenario) -> ScenarioJson {
    let (b, f) = (&scenario.bounds, scenario.faults);
    ScenarioJson {
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        bounds: BoundsJson {
            consumers: b.consumers,
            topics: b.topics,
            partitions: b.partitions,
            records: b.records,
            generations: b.generations,
            members: b.members,
            group_max_size: b.group_max_size,
        },
        faults: FaultsJson {
            crash: f.crash,
            give_up: f.give_up,
            expire: f.expire,
            leave: f.leave,
            poll_timeout: f.poll_timeout,
            subscribe: f.subscribe,
            failover: f.failover,
            partitions: f.partitions,
            tools: f.tools,
        },
        bounds_in_words: bounds(scenario),
        assignor: scenario.assignor.name(),
        discovery: scenario.discovery,
        mixed_subscriptions: scenario.mixed_subscriptions,
        membership: scenario.membership.name(),
        commit: scenario.commit.name(),
        commit_on_revocation: scenario.commit_on_revocation,
        hand_off: scenario.hand_off,
        release: scenario.release.to_string(),
        mutation: scenario.mutation.map(Mutation::id),
        mutation_about: scenario.mutation.map(Mutation::about),
        expected_violations: scenario.expected_violations.iter().map(|p| p.id()).collect(),
        claim: scenario.claim.map(PropertyId::id),
    }
}

fn property_json(report: &Report, property: PropertyId, verdict: &Verdict) -> PropertyJson {
    let expected = report.scenario.expected_violations.contains(&property);
    let (said, counterexample) = match verdict {
        Verdict::Holds => ("holds", None),
        Verdict::Undecided => ("undecided", None),
        Verdict::Violated(found) => {
            let told = Narration::of_counterexample(&report.scenario, found);
            let transcript = told.text().lines().map(str::to_owned).collect();
            let (reason, steps) = (found.reason.clone(), found.steps.len());
            ("violated", Some(CounterexampleJson { reason, steps, transcript, trace: told.trace }))
        }
    };
    PropertyJson {
        id: property.id(),
        about: property.about(),
        verdict: said,
        expected: if expected { "violated" } else { "holds" },
        counterexample,
    }
}
