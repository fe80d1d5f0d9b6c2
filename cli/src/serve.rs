//! `muster serve`: the reference broker, for other people's tests and for a look at the protocol.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use muster_reference::broker::{Broker, BrokerConfig};
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
    /// A topic that exists from the start; may be repeated.
    #[arg(long = "topic", value_name = "NAME:PARTITIONS")]
    topics: Vec<String>,
    /// A property by Kafka's name, e.g. group.initial.rebalance.delay.ms=0; may be repeated.
    #[arg(long = "set", value_name = "PROPERTY=VALUE")]
    properties: Vec<String>,
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

/// Runs the command.
pub(crate) fn run(args: Args) -> ExitCode {
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
            None => format!("in memory, at most {} MiB of it", config.max_stored_bytes >> 20),
        };
        let broker = Broker::start(config).await.map_err(|error| error.to_string())?;
        announce(broker.address(), &kept);
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
    let mut config = BrokerConfig { listen: args.listen, data: args.data, ..BrokerConfig::default() };
    for text in &args.topics {
        let (name, partitions) = topic(text)?;
        if config.topics.insert(name.into(), partitions).is_some() {
            return Err(format!("topic '{name}' is given twice"));
        }
    }
    for text in &args.properties {
        let (property, value) = property(text)?;
        config.set(property, value).map_err(|error| error.to_string())?;
    }
    let mutation = args.mutation.as_deref().map(str::parse::<Mutation>).transpose();
    let mutation = mutation.map_err(|error| error.to_string())?;
    config.coordinator = Config { mutation, ..config.coordinator };
    Ok(config)
}

fn announce(address: SocketAddr, kept: &str) {
    if !address.ip().is_loopback() {
        warn!("listening on {address}: anyone who reaches this machine can read, write and disturb");
    }
    // Without a reader the broker is of use all the same.
    let _ = writeln!(std::io::stdout(), "listening on {address}, {kept}");
}
