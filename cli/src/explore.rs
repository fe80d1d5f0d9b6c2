//! `muster explore`: the explorer's page on a scenario, a counterexample or a trace file.

mod recordings;
mod replay;
mod stateright;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use muster_explorer::file::{OpenError, Opened, groups, open};
use muster_explorer::spec::Spec;
use muster_explorer::{Explorer, serve};

use crate::conform::observed::traces;
use crate::scenario_args::ScenarioArgs;

/// What `muster explore` takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The port on 127.0.0.1; 0: any that is free
    #[arg(long, value_name = "N", default_value_t = 3000)]
    port: u16,
    /// The page: this project's, or stateright's Explorer
    #[arg(long, value_name = "muster|stateright", default_value = "muster")]
    ui: Ui,
}

/// Which page is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Ui {
    Muster,
    Stateright,
}

/// Why nothing is served: what to say, and the exit code.
struct Refusal {
    message: String,
    code: u8,
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self { message, code: 1 }
    }
}

/// Serves until it is ended; 1 if it cannot, 4 if the trace cannot be read.
pub(crate) fn run(args: Args) -> ExitCode {
    let Args { scenario, port, ui } = args;
    match explore(&scenario, port, ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal { message, code }) => {
            eprintln!("muster: {message}");
            ExitCode::from(code)
        }
    }
}

fn explore(args: &ScenarioArgs, port: u16, ui: Ui) -> Result<(), Refusal> {
    let files = files(args)?;
    let scenario = if files.is_empty() { Some(args.scenario()?) } else { None };
    let listen = |error| format!("cannot listen on 127.0.0.1:{port}: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    match (ui, scenario) {
        (Ui::Stateright, Some(scenario)) => {
            // stateright's server panics where it cannot listen; that it can has been seen. Whoever is told the
            // address must not meet this listener in its place.
            drop(listener);
            say(stateright::welcome(&scenario, address, args.is_single()));
            Ok(stateright::serve(scenario, address)?)
        }
        (Ui::Stateright, None) => {
            Err(Refusal::from("stateright's Explorer opens scenarios, not files".to_owned()))
        }
        (Ui::Muster, _) => {
            say(welcome(args, &files, address)?);
            let replay = Arc::new(replay::Systems::default());
            let explorer =
                Explorer { files, replay: Some(replay), recordings: Some(Arc::new(recordings::Traffic)) };
            serve(listener, explorer)
                .map_err(|error| format!("the explorer on {address} ended: {error}").into())
        }
    }
}

/// A name that ends like a file's is one: no scenario has a dot.
fn files(args: &ScenarioArgs) -> Result<Vec<Opened>, Refusal> {
    let Some(name) = args.scenario.as_deref().filter(|name| name.contains('.') || name.contains('/')) else {
        return Ok(Vec::new());
    };
    if args.is_varied() || args.mutation.is_some() {
        return Err(Refusal::from(
            "a trace file is shown as it is: no bounds, faults or mutation with it".to_owned(),
        ));
    }
    if let Some(recorded) = traces(Path::new(name)) {
        let unreadable = |why| Refusal { message: format!("cannot read {name}: {why}"), code: 4 };
        let unshown = |error: OpenError| Refusal { message: error.to_string(), code: 4 };
        return groups(name, recorded.map_err(unreadable)?).map_err(unshown);
    }
    open(Path::new(name)).map_err(|error| {
        let code = match error {
            OpenError::Read { .. } => 1,
            OpenError::Parse { .. } | OpenError::Traffic { .. } | OpenError::NothingDiverged { .. } => 4,
        };
        Refusal { message: error.to_string(), code }
    })
}

/// Where to look: the file, the counterexample of a defect, the scenario, or the catalogue.
fn welcome(args: &ScenarioArgs, files: &[Opened], address: SocketAddr) -> Result<Vec<String>, Refusal> {
    let at = |place: &str| format!("http://{address}/#/{place}");
    let mut lines = Vec::new();
    for (number, file) in files.iter().enumerate() {
        lines.push(format!("{}\n{}", file.path, at(&format!("file?n={number}"))));
    }
    if files.is_empty() {
        if args.is_single() {
            let spec = args.spec()?;
            let scenario = spec.scenario().map_err(|error| error.to_string())?;
            lines.push(format!("{}: {}", scenario.name, scenario.about));
            let violated = scenario.expected_violations.first();
            let find = violated.map(|property| format!("&find={property}")).unwrap_or_default();
            lines.push(at(&format!("trace?{}{find}", query(&spec))));
        } else {
            lines.push(format!("http://{address}/"));
        }
    }
    Ok(lines)
}

/// A scenario as links name it.
fn query(spec: &Spec) -> String {
    let mut parts = vec![format!("scenario={}", spec.scenario)];
    parts.extend(spec.mutation.as_ref().map(|mutation| format!("mutation={mutation}")));
    let numbers = [
        ("consumers", spec.consumers.map(i64::from)),
        ("topics", spec.topics.map(i64::from)),
        ("partitions", spec.partitions.map(i64::from)),
        ("records", spec.records.map(i64::from)),
        ("generations", spec.generations.map(i64::from)),
        ("members", spec.members.map(i64::from)),
    ];
    parts.extend(numbers.iter().filter_map(|(name, number)| Some(format!("{name}={}", (*number)?))));
    parts.extend(spec.assignor.as_ref().map(|assignor| format!("assignor={assignor}")));
    parts.extend(spec.release.as_ref().map(|release| format!("release={release}")));
    if let Some(f) = spec.faults {
        let all = [
            ("crash", f.crash),
            ("give_up", f.give_up),
            ("expire", f.expire),
            ("leave", f.leave),
            ("poll_timeout", f.poll_timeout),
            ("subscribe", f.subscribe),
            ("failover", f.failover),
            ("partitions", f.partitions),
            ("tools", f.tools),
        ];
        let always = ["crash", "give_up", "expire", "leave"];
        let all = all.iter().filter(|(name, n)| *n > 0 || always.contains(name));
        parts.push(format!(
            "faults={}",
            all.map(|(name, n)| format!("{name}:{n}")).collect::<Vec<_>>().join(",")
        ));
    }
    parts.join("&")
}

/// Whoever started it may not read; it serves all the same.
fn say(mut lines: Vec<String>) {
    lines.push("Ctrl-C ends it\n".to_owned());
    let text = lines.join("\n");
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
}
