//! `muster conform trace` and `muster conform proxy`: traffic of others is judged.

mod reading;

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_conformance::observe::proxy::{Passed, Proxy};
use muster_conformance::observe::recording::{Header, Writer};
use muster_conformance::observe::stream::Sink as _;
use muster_conformance::observe::verdict::Verdict;
use muster_conformance::observe::watch::Watch;
use muster_conformance::observe::{capture, export};
use muster_conformance::wire::Security;
use muster_model::trace::{Release, Trace};
use muster_reference::coordinator::{Config, Release as ReferenceRelease};

use super::{Refusal, code};
use reading::{read, watched};

/// The broker, as far as its traffic does not tell.
#[derive(clap::Args, Debug)]
pub(super) struct Settings {
    /// The release whose rules hold where releases differ
    #[arg(long, value_name = "3.9|4.3")]
    release: Option<Release>,
    /// The broker's group.initial.rebalance.delay.ms [default: 3000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    initial_rebalance_delay_ms: Option<i32>,
    /// The broker's group.max.size [default: unlimited]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    group_max_size: Option<i32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct TraceArgs {
    /// A recording of `muster conform proxy`, or a capture (pcap, pcapng) of traffic that is not encrypted
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the broker of a capture listens
    #[arg(long, value_name = "PORT", default_value_t = KAFKAS_PORT)]
    broker_port: u16,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args, Debug)]
pub(super) struct ProxyArgs {
    /// Where clients come; an open address exposes the broker behind it
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:19092")]
    listen: SocketAddr,
    /// The broker; others of its cluster are found through it
    #[arg(long, value_name = "HOST:PORT", value_parser = super::address)]
    broker: String,
    /// How the broker is reached, as Kafka's tools take it: security.protocol, sasl.mechanism, sasl.jaas.config,
    /// ssl.truststore.location (PEM); clients come to the proxy without it
    #[arg(long, value_name = "FILE")]
    command_config: Option<PathBuf>,
    /// Write what passes to this file, which `muster conform trace` reads
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Stop after so many seconds [default: at Ctrl-C]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    #[command(flatten)]
    settings: Settings,
}

/// How often what passed is judged.
const EVERY: Duration = Duration::from_secs(5);

fn config(header: &Header) -> Config {
    let release = if header.release == "3.9" { ReferenceRelease::V3_9 } else { ReferenceRelease::V4_3 };
    Config {
        release,
        group_initial_rebalance_delay_ms: header.group_initial_rebalance_delay_ms,
        group_max_size: header.group_max_size.unwrap_or(i32::MAX),
        // What clients may ask for is the broker's to say, and its answers say it.
        group_min_session_timeout_ms: 0,
        group_max_session_timeout_ms: i32::MAX,
        ..Config::default()
    }
}

impl Settings {
    fn header(&self, known: Option<&Header>) -> Header {
        let release = match self.release {
            Some(Release::V3_9) => "3.9".to_owned(),
            Some(Release::V4_3) => "4.3".to_owned(),
            None => known.map_or_else(|| "4.3".to_owned(), |header| header.release.clone()),
        };
        let delay = known.map_or(3_000, |header| header.group_initial_rebalance_delay_ms);
        let size = self.group_max_size.or(known.and_then(|header| header.group_max_size));
        Header::new(release, self.initial_rebalance_delay_ms.unwrap_or(delay), size)
    }
}

/// Judges a file.
pub(super) fn trace(args: &TraceArgs) -> Result<u8, Refusal> {
    let name = args.file.display().to_string();
    let settings = |known: Option<&Header>| config(&args.settings.header(known));
    let watch = watched(&args.file, args.broker_port, settings)
        .map_err(|why| Refusal::unreadable(format!("cannot read {name}: {why}")))?;
    let verdict = watch.verdict(name);
    print(&verdict, args.settings.json).map_err(Refusal::usage)?;
    Ok(code(verdict.conclusion()))
}

/// What a recording or a capture tells of each group, as traces; none if the file is neither.
pub(crate) fn traces(path: &Path) -> Option<Result<Vec<Trace>, String>> {
    let mut beginning = Vec::new();
    File::open(path).ok()?.take(64).read_to_end(&mut beginning).ok()?;
    let is_recording = beginning.windows(HEADED.len()).any(|bytes| bytes == HEADED);
    if !is_recording && !capture::is_capture(&beginning) {
        return None;
    }
    let told = read(path, KAFKAS_PORT).map(|(header, history)| {
        let is_old = header.is_some_and(|header| header.release == "3.9");
        let release = if is_old { Release::V3_9 } else { Release::V4_3 };
        history.groups.keys().filter_map(|group| export::trace(&history, group, release)).collect()
    });
    Some(told)
}

/// What stands in the first line of a recording.
const HEADED: &[u8] = b"\"muster_recording\"";
/// Where a broker listens by default.
const KAFKAS_PORT: u16 = 9092;

/// Judges what passes.
pub(super) fn proxy(args: &ProxyArgs) -> Result<u8, Refusal> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Refusal::undecided(format!("cannot start: {error}")))?;
    let verdict = runtime.block_on(pass(args))?;
    print(&verdict, args.settings.json).map_err(Refusal::usage)?;
    Ok(code(verdict.conclusion()))
}

async fn pass(args: &ProxyArgs) -> Result<Verdict, Refusal> {
    let header = args.settings.header(None);
    let mut writer = match &args.record {
        None => None,
        Some(path) => {
            let cannot =
                |error: io::Error| Refusal::usage(format!("cannot write {}: {error}", path.display()));
            let file = File::create(path).map_err(cannot)?;
            Some(Writer::new(BufWriter::new(file), &header).map_err(cannot)?)
        }
    };
    let security = match &args.command_config {
        None => Security::default(),
        Some(file) => Security::load(file).map_err(Refusal::usage)?,
    };
    let bound = Proxy::secured(args.listen, args.broker.clone(), security).await;
    let (proxy, mut passed) = bound.map_err(|error| {
        Refusal::undecided(format!(
            "cannot stand between {} and broker {}: {error}",
            args.listen, args.broker
        ))
    })?;
    let address = proxy.address().map_err(Refusal::undecided)?;
    eprintln!("clients of {} come to {address}; Ctrl-C ends it and tells the verdict", args.broker);
    let from = format!("traffic of {} through {address}", args.broker);
    let proxy = tokio::spawn(proxy.run());
    let mut watch = Watch::new(config(&header));
    let mut tick = tokio::time::interval(EVERY);
    let end = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => drop(tokio::signal::ctrl_c().await),
        }
    };
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => break,
            Some(seen) = passed.recv() => keep(seen, &mut watch, writer.as_mut())?,
            _at = tick.tick() => watch.look().iter().for_each(|line| eprintln!("{}", line.trim_end())),
        }
    }
    proxy.abort();
    passed.close();
    while let Some(seen) = passed.recv().await {
        keep(seen, &mut watch, writer.as_mut())?;
    }
    if let Some(writer) = &mut writer {
        writer.flush().map_err(|error| Refusal::usage(format!("the recording is not whole: {error}")))?;
    }
    Ok(watch.verdict(from))
}

fn keep(
    seen: Passed,
    watch: &mut Watch,
    writer: Option<&mut Writer<BufWriter<File>>>,
) -> Result<(), Refusal> {
    let written = match (&seen, writer) {
        (Passed::Chunk(chunk), Some(writer)) => writer.chunk(chunk),
        (Passed::Closed { at_us, connection }, Some(writer)) => writer.closed(*at_us, connection),
        (Passed::Trouble(_), _) | (_, None) => Ok(()),
    };
    written.map_err(|error| Refusal::usage(format!("the recording cannot be written: {error}")))?;
    match seen {
        Passed::Chunk(chunk) => watch.take(&chunk),
        Passed::Closed { connection, .. } => watch.close(&connection),
        Passed::Trouble(line) => eprintln!("muster: {line}"),
    }
    Ok(())
}

fn print(verdict: &Verdict, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let done = if json { writeln!(out, "{:#}", verdict.to_json()) } else { writeln!(out, "{verdict}") };
    match done {
        // Whoever reads has read enough; the verdict stands.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
