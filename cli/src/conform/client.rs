//! `muster conform client`: a client is run, led through scenarios, and judged by what it sends.

use std::io::{self, IsTerminal as _, Write as _};

use clap::builder::RangedU64ValueParser;
use muster_conformance::client::{self, Options, POINTS, Point, Scenario};
use muster_reference::broker::ClientRule;

use super::{Refusal, code};

/// What `muster conform client` takes.
#[derive(clap::Args, Debug)]
#[command(after_long_help = ENVIRONMENT)]
pub(super) struct ClientArgs {
    /// Play only this scenario; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    scenario: Vec<Scenario>,
    /// Judge only this rule; may be repeated [default: all]
    #[arg(long, value_name = "ID")]
    rule: Vec<ClientRule>,
    /// How many scenarios are played at once, each with a broker and a client of its own
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = RangedU64ValueParser::<usize>::new().range(1..=64))]
    jobs: usize,
    /// List the scenarios, the errors that are put to the client, and the rules
    #[arg(long)]
    list: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The client: a program that joins the group, reads the topic and commits, until it is asked to leave (SIGTERM)
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "list")]
    command: Vec<String>,
}

const ENVIRONMENT: &str = "\
The client is told what to do by its environment:
  MUSTER_BOOTSTRAP     HOST:PORT of the broker
  MUSTER_TOPIC         the topic to subscribe to; it is there, and records keep coming
  MUSTER_PARTITIONS    how many partitions it has
  MUSTER_GROUP         group.id
  MUSTER_CLIENT_ID     client.id
  MUSTER_SESSION_MS    session.timeout.ms
  MUSTER_HEARTBEAT_MS  heartbeat.interval.ms
  MUSTER_INSTANCE      group.instance.id, in the scenarios `fenced` and `fenced_errors`; otherwise it is not set
  MUSTER_MAX_POLL_MS   max.poll.interval.ms, in the scenario `max_poll`; otherwise it is not set
  MUSTER_SLOW_MS       how long the application is to take with one record, after some others, in `max_poll`
It is to use the classic protocol, to begin at the earliest offset, and to commit what it has read soon (within
seconds). What else it needs comes from the environment of this command. What it prints is not judged.

Exit codes: 0 every rule that was put to the test is kept, 2 a rule is broken, 3 nothing can be said (of a scenario),
1 usage.";

/// Judges a client, and reports.
pub(super) fn run(args: &ClientArgs) -> Result<u8, Refusal> {
    if args.list {
        return print(&list()).map(|()| 0);
    }
    let all = |given: &[Scenario]| if given.is_empty() { Scenario::ALL.to_vec() } else { given.to_vec() };
    let options = Options {
        command: args.command.clone(),
        scenarios: all(&args.scenario),
        rules: if args.rule.is_empty() { ClientRule::ALL.to_vec() } else { args.rule.clone() },
        jobs: args.jobs,
    };
    if let Some(program) = args.command.first().filter(|program| !is_there(program)) {
        return Err(Refusal::usage(format!("cannot run {program}: there is no such program")));
    }
    let tells = io::stderr().is_terminal();
    let report = client::judge(&options, |scenario| {
        if tells {
            eprintln!("{scenario} is over");
        }
    });
    let report = report.map_err(Refusal::undecided)?;
    if args.json {
        print(&format!("{:#}", report.to_json()))?;
    } else {
        print(&report.to_string())?;
    }
    Ok(code(report.conclusion()))
}

fn is_there(program: &str) -> bool {
    let is_file = |path: std::path::PathBuf| path.is_file();
    if program.contains('/') {
        return is_file(program.into());
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| is_file(folder.join(program))))
}

fn list() -> String {
    let scenarios =
        Scenario::ALL.iter().map(|scenario| format!("  {:<22}{}", scenario.name(), scenario.about()));
    let points = POINTS.iter().map(|Point { scenario, api, error, .. }| {
        format!("  {:<22}{api} is answered with {}", scenario.name(), error.name())
    });
    let rules = ClientRule::ALL.iter().map(|rule| format!("  {:<28}{}", rule.id(), rule.must()));
    let headed = ["scenarios".to_owned()].into_iter().chain(scenarios).chain(["errors".to_owned()]);
    let headed = headed.chain(points).chain(["rules".to_owned()]);
    headed.chain(rules).collect::<Vec<_>>().join("\n")
}

fn print(text: &str) -> Result<(), Refusal> {
    match writeln!(io::stdout().lock(), "{text}") {
        // Whoever reads has read enough; the verdict stands.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::usage(format!("cannot print the report: {error}")))
        }
        _printed => Ok(()),
    }
}
