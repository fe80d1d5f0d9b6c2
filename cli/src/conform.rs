//! `muster conform`: is this group coordinator right? Traces of the model are replayed on it.

mod client;
mod judge;
pub(crate) mod observed;
mod traces;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::RangedU64ValueParser;
use muster_conformance::Profile;
use muster_conformance::kafka::Version;
use muster_conformance::report::{Conclusion, Report, to_json};
use muster_conformance::suite::Extent;
use muster_model::trace::Release;
use muster_reference::coordinator::Mutation;
use muster_specs::Rule;

/// What `muster conform` takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    judged: Judged,
}

/// What is judged.
#[derive(clap::Subcommand, Debug)]
enum Judged {
    #[command(flatten)]
    Replayed(Target),
    /// A client: it is run against the reference broker and led through scenarios
    Client(client::ClientArgs),
    /// A recording or a capture of traffic between clients and brokers
    Trace(observed::TraceArgs),
    /// Clients and brokers while they talk, from between them
    Proxy(observed::ProxyArgs),
}

/// What traces are replayed on.
#[derive(clap::Subcommand, Debug)]
enum Target {
    /// The reference coordinator of this project, in process and over the wire
    Reference(ReferenceArgs),
    /// A broker that is running
    Broker(BrokerArgs),
    /// An Apache Kafka, fetched from Maven Central, started, judged and stopped
    Kafka(KafkaArgs),
    /// The coordinator of an Apache Kafka in a bottle: timers, replication and leadership as the trace says
    Bottle(KafkaArgs),
}

#[derive(clap::Args, Debug)]
struct ReferenceArgs {
    /// Switch on a deliberate defect, which must be noticed
    #[arg(long, value_name = "ID")]
    mutation: Option<Mutation>,
    /// Only in process: timers fire by name, nothing is waited for
    #[arg(long)]
    in_process: bool,
    /// Only over the wire
    #[arg(long, conflicts_with = "in_process")]
    wire: bool,
    /// The release whose rules hold where releases differ
    #[arg(long, value_name = "3.9|4.3", default_value = "4.3")]
    release: Release,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
struct BrokerArgs {
    /// Where it listens; a cluster is reached by any of its brokers
    #[arg(value_name = "HOST:PORT", value_parser = address)]
    address: String,
    /// The release whose rules hold where releases differ
    #[arg(long, value_name = "3.9|4.3", default_value = "4.3")]
    release: Release,
    /// The broker's group.initial.rebalance.delay.ms
    #[arg(long, value_name = "N", default_value_t = Profile::default().initial_delay_ms)]
    initial_rebalance_delay_ms: u64,
    /// The broker's group.min.session.timeout.ms
    #[arg(long, value_name = "N", default_value_t = Profile::default().min_session_ms)]
    min_session_timeout_ms: u64,
    /// The broker's group.max.session.timeout.ms
    #[arg(long, value_name = "N", default_value_t = Profile::default().max_session_ms)]
    max_session_timeout_ms: u64,
    /// The broker's group.max.size [default: unlimited]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    group_max_size: Option<i32>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
struct KafkaArgs {
    /// A published version, e.g. 4.3.1 or 3.9.2
    #[arg(value_name = "VERSION")]
    version: Version,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How many traces are replayed at once
    /// [default: 32; in a bottle, one for each core]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    jobs: Option<usize>,
    /// Replay this trace instead of the suite; may be repeated
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// Replay every trace of the larger bounds: for what need not be waited for
    #[arg(long)]
    large: bool,
    /// Replay only traces that follow this rule
    #[arg(long, value_name = "ID")]
    rule: Option<Rule>,
    /// Replay only traces of this scenario of the suite, e.g. arbitrary; may be repeated
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// The longest that the timers of one trace may take over the wire, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    max_wait: u64,
    /// Where diverging traces are saved
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,
}

impl Common {
    fn extent(&self) -> Extent {
        if self.large { Extent::Large } else { Extent::Small }
    }
}

fn address(text: &str) -> Result<String, String> {
    let port =
        text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(port)) if port > 0 => Ok(text.to_owned()),
        Some(_) | None => Err("expected HOST:PORT, as in 127.0.0.1:9092".to_owned()),
    }
}

/// Why nothing was judged: what to say, and the exit code.
struct Refusal {
    message: String,
    code: u8,
}

#[allow(clippy::needless_pass_by_value, reason = "they are handed to map_err as they are")]
impl Refusal {
    fn usage(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    fn undecided(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: 3 }
    }

    fn unreadable(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: 4 }
    }
}

/// Judges and reports: 0 conforms, 1 usage, 2 diverges, 3 could not be decided, 4 unreadable trace.
pub(crate) fn run(args: Args) -> ExitCode {
    let target = match args.judged {
        Judged::Client(args) => return ended(client::run(&args)),
        Judged::Trace(args) => return ended(observed::trace(&args)),
        Judged::Proxy(args) => return ended(observed::proxy(&args)),
        Judged::Replayed(target) => target,
    };
    let json = match &target {
        Target::Reference(ReferenceArgs { common, .. })
        | Target::Broker(BrokerArgs { common, .. })
        | Target::Kafka(KafkaArgs { common, .. })
        | Target::Bottle(KafkaArgs { common, .. }) => common.json,
    };
    let reports = match judge::judge(&target) {
        Ok(reports) => reports,
        Err(Refusal { message, code }) => {
            eprintln!("muster: {message}");
            return ExitCode::from(code);
        }
    };
    match print(&reports, json) {
        // Whoever reads has read enough; the verdict stands.
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            eprintln!("muster: cannot print the report: {error}");
            return ExitCode::from(1);
        }
    }
    exit_code(&reports)
}

fn ended(judged: Result<u8, Refusal>) -> ExitCode {
    match judged {
        Ok(code) => ExitCode::from(code),
        Err(Refusal { message, code }) => {
            eprintln!("muster: {message}");
            ExitCode::from(code)
        }
    }
}

fn print(reports: &[Report], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        return writeln!(out, "{:#}", to_json(reports));
    }
    for report in reports {
        writeln!(out, "{report}\n")?;
    }
    Ok(())
}

fn exit_code(reports: &[Report]) -> ExitCode {
    let any = |conclusion| reports.iter().any(|report| report.conclusion() == conclusion);
    let whole = if any(Conclusion::Diverges) {
        Conclusion::Diverges
    } else if any(Conclusion::Undecided) || reports.is_empty() {
        Conclusion::Undecided
    } else {
        Conclusion::Conforms
    };
    ExitCode::from(code(whole))
}

/// The exit code that says it.
fn code(conclusion: Conclusion) -> u8 {
    match conclusion {
        Conclusion::Conforms => 0,
        Conclusion::Diverges => 2,
        Conclusion::Undecided => 3,
    }
}
