//! Brokers in processes of their own: this program again, or librdkafka's mock cluster in Python.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use muster_reference::broker::{Broker, BrokerConfig};
use tempfile::TempDir;

use crate::AT_ONCE;

/// The argument with which this program is a broker.
const SERVE: &str = "serve";
/// Prints the address of a mock cluster of one broker, and waits.
const MOCK: &str = "
import sys
from confluent_kafka import Producer
producer = Producer({'test.mock.num.brokers': 1})
broker = next(iter(producer.list_topics('t', timeout=10).brokers.values()))
print(f'{broker.host}:{broker.port} 0', flush=True)
sys.stdin.read()
";

/// A broker in a process of its own, which ends with the end of its standard input.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    took_to_start: Duration,
    /// What it has on disk goes with it.
    _folder: Option<TempDir>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, micros) = line.trim().split_once(' ').unwrap();
        let address = address.replace("localhost", "127.0.0.1").parse().unwrap();
        Self { child, address, took_to_start: Duration::from_micros(micros.parse().unwrap()), _folder: None }
    }

    /// One that was started, and has this directory.
    pub(crate) fn started(child: Child, address: SocketAddr, folder: TempDir) -> Self {
        Self { child, address, took_to_start: Duration::ZERO, _folder: Some(folder) }
    }

    pub(crate) fn serve(data: Option<&Path>) -> Self {
        let data = data.unwrap_or(Path::new(""));
        let mut command = Command::new(env::current_exe().unwrap());
        // Without huge pages, as `muster serve`.
        Self::start(command.env("MIMALLOC_ALLOW_THP", "0").arg(SERVE).arg(data))
    }

    /// None: it is not installed.
    pub(crate) fn mock() -> Option<Self> {
        let python = clients()?.join("python/bin/python");
        python.exists().then(|| Self::start(Command::new(python).args(["-c", MOCK])))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the call that starts the broker until it has returned, by the broker's own clock.
    pub(crate) fn took_to_start(&self) -> Duration {
        self.took_to_start
    }

    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// What the process has used of all processors so far.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        // `utime` and `stime`, in hundredths of a second.
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    /// Has it stop, and waits.
    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where `tests/clients/install` puts what it installs.
pub(crate) fn clients() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("muster/clients"))
}

/// Whether this process is to be a broker.
pub(crate) fn is_broker() -> bool {
    env::args().nth(1).is_some_and(|argument| argument == SERVE)
}

/// Is a broker until the end of standard input.
pub(crate) fn run() {
    let started = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), AT_ONCE);
    config.set("group.initial.rebalance.delay.ms", "2000").unwrap();
    config.data = env::args_os().nth(2).filter(|data| !data.is_empty()).map(PathBuf::from);
    let broker = runtime.block_on(Broker::start(config)).unwrap();
    println!("{} {}", broker.address(), started.elapsed().as_micros());
    let _ = std::io::stdin().read(&mut [0]);
    runtime.block_on(broker.shutdown());
}
