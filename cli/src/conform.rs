//! `muster conform`: is this group coordinator right? Traces of the model are replayed on it.

mod client;
mod common;
mod judge;
mod judgement;
pub(crate) mod observed;
mod outputs;
mod progress;
mod traces;

use std::path::PathBuf;
use std::process::ExitCode;

use muster_conformance::Profile;
use muster_conformance::kafka::Version;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::wire::AtMost;
use muster_model::trace::Release;
use muster_reference::coordinator::Mutation;

use common::Common;

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
    /// The broker's group.initial.rebalance.delay.ms; 0: it waits for nobody
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
    /// Send no higher version of an API than this, e.g. JoinGroup=5; may be repeated
    #[arg(long, value_name = "API=VERSION")]
    at_most: Vec<AtMost>,
    /// What the names of its topics and groups begin with: letters, digits, '.', '_' and '-'
    #[arg(long, value_name = "NAME", default_value = "muster", value_parser = prefix)]
    prefix: String,
    /// Properties as Kafka's tools take them: security.protocol, sasl.mechanism, sasl.jaas.config,
    /// ssl.truststore.location (PEM)
    #[arg(long, value_name = "FILE")]
    command_config: Option<PathBuf>,
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

fn address(text: &str) -> Result<String, String> {
    let port =
        text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(port)) if port > 0 => Ok(text.to_owned()),
        Some(_) | None => Err("expected HOST:PORT, as in 127.0.0.1:9092".to_owned()),
    }
}

/// Kafka's rule for the names of topics, with room for the rest of the name.
fn prefix(text: &str) -> Result<String, String> {
    let fits = (1..=100).contains(&text.len());
    if fits && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        Ok(text.to_owned())
    } else {
        Err("expected up to 100 letters, digits, '.', '_' and '-'".to_owned())
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
    let common = match &target {
        Target::Reference(ReferenceArgs { common, .. })
        | Target::Broker(BrokerArgs { common, .. })
        | Target::Kafka(KafkaArgs { common, .. })
        | Target::Bottle(KafkaArgs { common, .. }) => common,
    };
    let judged = judge::judge(&target).and_then(|reports| {
        outputs::write(&reports, common)?;
        Ok(code(whole(&reports)))
    });
    ended(judged)
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

/// What stands for all of them.
fn whole(reports: &[Report]) -> Conclusion {
    let any = |conclusion| reports.iter().any(|report| report.conclusion() == conclusion);
    if any(Conclusion::Diverges) {
        Conclusion::Diverges
    } else if any(Conclusion::Undecided) || reports.is_empty() {
        Conclusion::Undecided
    } else {
        Conclusion::Conforms
    }
}

/// The exit code that says it.
fn code(conclusion: Conclusion) -> u8 {
    match conclusion {
        Conclusion::Conforms => 0,
        Conclusion::Diverges => 2,
        Conclusion::Undecided => 3,
    }
}
