//! `muster serve`: the reference broker, for other people's tests and for a look at the protocol.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use muster_reference::broker::{Broker, BrokerConfig, Fault};
use muster_reference::coordinator::{Config, Mutation};
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;
use tracing_subscriber::EnvFilter;

/// Runs the reference broker: one node, in memory or with its data in a directory, until Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9092")]
    listen: String,
    /// Keep topics, records and groups in this directory: what is acknowledged is synced. Without it everything is in
    /// memory.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Bounds the memory of topics, records and groups, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    max_memory: u64,
    /// Users of SASL/PLAIN, a line each: name=password. Switched on by e.g. `--set listeners=SASL_SSL://127.0.0.1:9093`
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// A topic that exists from the start; may be repeated.
    #[arg(long = "topic", value_name = "NAME:PARTITIONS")]
    topics: Vec<String>,
    /// A file of properties by Kafka's names, a line each: key=value.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A property by Kafka's name, e.g. group.initial.rebalance.delay.ms=0, in place of the file's; may be repeated.
    #[arg(long = "set", value_name = "PROPERTY=VALUE")]
    properties: Vec<String>,
    /// Where to take orders and to tell what is measured, over HTTP, on loopback only: /metrics, /violations, /faults,
    /// /groups/GROUP/rebalance, /groups/GROUP/members/MEMBER/expire, /coordinator/restart.
    #[arg(long, value_name = "HOST:PORT")]
    control: Option<String>,
    /// A fault, e.g. `delay:api=Heartbeat,ms=200,times=3`, `drop:api=JoinGroup`, `duplicate`, `close:client=x`,
    /// `error:api=OffsetCommit,code=NOT_COORDINATOR,probability=0.1`; may be repeated.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// Decides when faults strike that do not always strike.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// A deliberate defect to switch on, e.g. `accept_stale_commit`.
    #[arg(long, value_name = "ID")]
    mutation: Option<String>,
}

fn topic(text: &str) -> Result<(&str, i32), String> {
    let parsed = text.rsplit_once(':').and_then(|(name, count)| Some((name, count.parse().ok()?)));
    parsed
        .filter(|(_, count)| *count > 0)
        .ok_or_else(|| format!("--topic '{text}' is not NAME:PARTITIONS with a number of partitions above 0"))
}

fn property(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("--set '{text}' is not PROPERTY=VALUE"))
}

/// A page of two MiB of which little is used is resident as a whole: a broker takes less without, and is as fast. Where
/// that cannot be had it takes more.
fn want_no_huge_pages() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
}

/// Runs the command.
pub(crate) fn run(args: Args) -> ExitCode {
    want_no_huge_pages();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            let _ = writeln!(std::io::stderr(), "muster serve: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: Args) -> Result<(), String> {
    let config = config(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|error| format!("cannot take signals: {error}"))?;
        let kept = match &config.data {
            Some(directory) => format!("data in {}", directory.display()),
            None => format!("in memory, at most {} MiB of it", config.max_memory >> 20),
        };
        let is_open = !config.security.wants_sasl();
        let broker = Broker::start(config).await.map_err(|error| error.to_string())?;
        announce(broker.address(), broker.control_address(), is_open, &kept);
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.map_err(|error| format!("cannot take signals: {error}"))?;
            }
            _ = terminate.recv() => {}
        }
        broker.shutdown().await;
        Ok(())
    })
}

fn config(args: Args) -> Result<BrokerConfig, String> {
    let mut config = BrokerConfig {
        listen: args.listen,
        data: args.data,
        max_memory: args.max_memory << 20,
        control: args.control,
        faults: args.faults,
        seed: args.seed,
        ..BrokerConfig::default()
    };
    for text in &args.topics {
        let (name, partitions) = topic(text)?;
        if config.topics.insert(name.into(), partitions).is_some() {
            return Err(format!("topic '{name}' is given twice"));
        }
    }
    if let Some(file) = &args.config {
        let failed = |why: String| format!("{}: {why}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        config.read_properties(&text).map_err(|error| failed(error.to_string()))?;
    }
    for text in &args.properties {
        let (property, value) = property(text)?;
        config.set(property, value).map_err(|error| error.to_string())?;
    }
    if let Some(file) = &args.users {
        let failed = |why: String| format!("{}: {why}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        config.security.read_users(&text).map_err(|error| failed(error.to_string()))?;
    }
    let mutation = args.mutation.as_deref().map(str::parse::<Mutation>).transpose();
    let mutation = mutation.map_err(|error| error.to_string())?;
    config.coordinator = Config { mutation, ..config.coordinator };
    Ok(config)
}

fn announce(address: SocketAddr, control: Option<SocketAddr>, is_open: bool, kept: &str) {
    if is_open && !address.ip().is_loopback() {
        warn!("listening on {address}: anyone who reaches this machine can read, write and disturb");
    }
    // Without a reader the broker is of use all the same.
    let control = control.map(|control| format!(", controlled on http://{control}")).unwrap_or_default();
    let _ = writeln!(std::io::stdout(), "listening on {address}, {kept}{control}");
}
