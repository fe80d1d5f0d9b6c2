//! One process, broker and controller, on loopback, gone when it is dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use uuid::Uuid;

use super::{StartError, Version, classpath};
use crate::clock::now;
use crate::system::Profile;
use crate::wire::Broker;

const SERVES_WITHIN: Duration = Duration::from_secs(90);
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// What the test lets Kafka be set to; everything else is fixed or Kafka's default.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `group.max.size`; `None`: unlimited.
    pub group_max_size: Option<i32>,
    /// The longest time that the timers of one trace may take.
    pub max_wait_ms: u64,
}

/// A running Apache Kafka.
#[derive(Debug)]
pub struct Kafka {
    version: Version,
    address: String,
    profile: Profile,
    child: Child,
    folder: TempDir,
}

impl Kafka {
    /// Fetches, formats and starts the version, and waits until it serves. `stop` ends the waiting.
    pub fn start(version: &Version, settings: &Settings, stop: &AtomicBool) -> Result<Self, StartError> {
        let classpath = classpath::resolve(version)?;
        let failed = |why: String| StartError::Start { version: version.clone(), why };
        let io = |error: std::io::Error| failed(error.to_string());
        let folder = tempfile::Builder::new().prefix("muster-kafka-").tempdir().map_err(io)?;
        let (broker, controller) = free_ports().map_err(io)?;
        let profile = settings.profile();
        let properties = folder.path().join("server.properties");
        fs::write(&properties, text(&profile, folder.path(), broker, controller)).map_err(io)?;
        format_storage(&classpath, &properties, folder.path()).map_err(|failure| failure.named(version))?;
        let child = java(&classpath, folder.path())
            .map_err(io)?
            .args(["-Xmx512m", "kafka.Kafka"])
            .arg(&properties)
            .spawn()
            .map_err(|error| no_java(&error))?;
        let address = format!("127.0.0.1:{broker}");
        let mut kafka = Self { version: version.clone(), address, profile, child, folder };
        kafka.wait_until_it_serves(stop)?;
        Ok(kafka)
    }

    /// Connects to it as to any broker.
    pub fn connect(&self) -> Result<Broker, crate::Trouble> {
        Broker::connect(&format!("Apache Kafka {}", self.version), &self.address, self.profile.clone())
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn wait_until_it_serves(&mut self, stop: &AtomicBool) -> Result<(), StartError> {
        let deadline = now() + SERVES_WITHIN;
        while now() < deadline {
            if stop.load(Ordering::Relaxed) {
                return Err(StartError::Interrupted);
            }
            let failed = |why: String| StartError::Start { version: self.version.clone(), why };
            if let Some(status) = self.child.try_wait().map_err(|error| failed(error.to_string()))? {
                return Err(failed(format!("it ended with {status}: {}", last_line(self.folder.path()))));
            }
            if self.connect().is_ok() {
                return Ok(());
            }
            thread::sleep(ASK_AGAIN);
        }
        let why = format!("it does not serve after {} s", SERVES_WITHIN.as_secs());
        Err(StartError::Start { version: self.version.clone(), why })
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // Its log directory goes with it, so there is nothing that a slower end would save.
        let _already_gone = self.child.kill();
        let _already_waited = self.child.wait();
    }
}

enum FormatFailure {
    NoJava(StartError),
    Failed(String),
}

impl FormatFailure {
    fn named(self, version: &Version) -> StartError {
        match self {
            Self::NoJava(error) => error,
            Self::Failed(why) => StartError::Start { version: version.clone(), why },
        }
    }
}

fn format_storage(classpath: &str, properties: &Path, folder: &Path) -> Result<(), FormatFailure> {
    let failed = |error: std::io::Error| FormatFailure::Failed(error.to_string());
    // A cluster id is 16 bytes in base64 without padding: hexadecimal digits are such, and `A` fills the rest.
    let cluster = format!("{}A", &Uuid::new_v4().simple().to_string()[..21]);
    let mut command = java(classpath, folder).map_err(failed)?;
    command.args(["kafka.tools.StorageTool", "format", "-t", &cluster, "-c"]).arg(properties);
    let status = command.status().map_err(|error| FormatFailure::NoJava(no_java(&error)))?;
    if status.success() {
        return Ok(());
    }
    Err(FormatFailure::Failed(format!("formatting ended with {status}: {}", last_line(folder))))
}

/// `java`, in a process group of its own so that Ctrl-C ends the judgement first and Kafka after it.
fn java(classpath: &str, folder: &Path) -> std::io::Result<Command> {
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classpath]).process_group(0);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).current_dir(folder);
    Ok(command)
}

fn no_java(error: &std::io::Error) -> StartError {
    StartError::Program { program: "java", purpose: "run Apache Kafka", why: error.to_string() }
}

fn last_line(folder: &Path) -> String {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines = || log.lines().filter(|line| !line.trim().is_empty());
    let telling = lines().find(|line| line.contains("Exception") || line.contains("ERROR"));
    telling.or_else(|| lines().next_back()).unwrap_or("it said nothing").to_owned()
}

/// Two free ports: both are held until both are known, then released for Kafka to take.
fn free_ports() -> std::io::Result<(u16, u16)> {
    let one = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}

impl Settings {
    /// A broker that is started for the purpose has timers so short that traces take seconds at most, and an
    /// initial delay in which several members can still join.
    /// What such a broker is told.
    pub fn profile(&self) -> Profile {
        Profile {
            initial_delay_ms: 600,
            min_session_ms: 100,
            group_max_size: self.group_max_size,
            max_wait_ms: self.max_wait_ms,
            ..Profile::default()
        }
    }
}

/// `server.properties`: one node, loopback, internal topics as small as they can be, short timers.
fn text(profile: &Profile, folder: &Path, broker: u16, controller: u16) -> String {
    let (delay, session) = (profile.initial_delay_ms, profile.min_session_ms);
    let size = profile.group_max_size.map_or_else(String::new, |size| format!("group.max.size={size}\n"));
    let data = folder.join("data");
    format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\ncontroller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
         auto.create.topics.enable=false\nnum.network.threads=2\nnum.io.threads=4\n\
         offsets.topic.num.partitions=1\noffsets.topic.replication.factor=1\noffsets.topic.segment.bytes=10485760\n\
         transaction.state.log.num.partitions=1\ntransaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\nshare.coordinator.state.topic.num.partitions=1\n\
         share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms={delay}\ngroup.min.session.timeout.ms={session}\n{size}",
        data.display()
    )
}
