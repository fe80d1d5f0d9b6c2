//! `muster serve`: the reference broker, for other people's tests and for a look at the protocol.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::builder::ValueParser;
use muster_reference::broker::{Broker, BrokerConfig};
use muster_reference::coordinator::{Config, Mutation};
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;
use tracing_subscriber::EnvFilter;

/// Runs the reference broker: one node, in memory, until Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9092")]
    listen: String,
    /// A topic that exists from the start; may be repeated.
    #[arg(long = "topic", value_name = "NAME:PARTITIONS", value_parser = ValueParser::new(topic))]
    topics: Vec<(String, i32)>,
    /// A property by Kafka's name, e.g. group.initial.rebalance.delay.ms=0; may be repeated.
    #[arg(long = "set", value_name = "PROPERTY=VALUE", value_parser = ValueParser::new(property))]
    properties: Vec<(String, String)>,
    /// A deliberate defect to switch on, e.g. `accept_stale_commit`.
    #[arg(long, value_name = "ID")]
    mutation: Option<Mutation>,
}

fn topic(text: &str) -> Result<(String, i32), String> {
    let (name, partitions) = text.rsplit_once(':').ok_or("expected NAME:PARTITIONS")?;
    let partitions = partitions.parse().ok().filter(|count| *count > 0);
    let partitions = partitions.ok_or("the number of partitions must be a whole number above 0")?;
    Ok((name.to_owned(), partitions))
}

fn property(text: &str) -> Result<(String, String), String> {
    let (property, value) = text.split_once('=').ok_or("expected PROPERTY=VALUE")?;
    Ok((property.to_owned(), value.to_owned()))
}

/// Runs the command.
pub(crate) fn run(args: Args) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("muster serve: {error}");
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
        let broker = Broker::start(config).await.map_err(|error| error.to_string())?;
        announce(broker.address());
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
    let mut config = BrokerConfig { listen: args.listen, ..BrokerConfig::default() };
    for (name, partitions) in args.topics {
        if config.topics.insert(name.as_str().into(), partitions).is_some() {
            return Err(format!("topic '{name}' is given twice"));
        }
    }
    for (property, value) in args.properties {
        config.set(&property, &value).map_err(|error| error.to_string())?;
    }
    config.coordinator = Config { mutation: args.mutation, ..config.coordinator };
    Ok(config)
}

fn announce(address: SocketAddr) {
    if !address.ip().is_loopback() {
        warn!("listening on {address}: anyone who reaches this machine can read, write and disturb");
    }
    println!("listening on {address}");
}
