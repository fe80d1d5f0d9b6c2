//! One JVM for all bottles of a run, gone when it is dropped.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use muster_model::trace::Trace;
use tempfile::TempDir;

use super::frames::{Connection, Frame};
use super::jar;
use super::session::BottleSession;
use crate::kafka::{StartError, Version};
use crate::schedule::Schedule;
use crate::system::{Profile, Session, System, Trouble};
use crate::wire::Versions;

/// Kafka's own coordinator, under the control of the test. Each session has a connection to the JVM, and with it a
/// thread and a coordinator service of its own.
#[derive(Debug)]
pub struct Bottle {
    version: Version,
    address: SocketAddr,
    versions: Versions,
    idle: Mutex<Vec<Connection>>,
    /// How often each trace was run: each run has other member ids, in the same order every time.
    runs: Mutex<BTreeMap<String, u64>>,
    child: Child,
    folder: TempDir,
}

impl Bottle {
    /// Builds the bottle for the version, if it was not built before, and starts it.
    pub fn start(version: &Version) -> Result<Self, StartError> {
        let classpath = jar::build(version)?;
        let failed = |why: String| StartError::Start { version: version.clone(), why };
        let io = |error: std::io::Error| failed(error.to_string());
        let folder = tempfile::Builder::new().prefix("muster-bottle-").tempdir().map_err(io)?;
        let log = File::create(folder.path().join("log")).map_err(io)?;
        let mut child = Command::new("java")
            // Two threads that share what they compiled: one collector thread costs less than several.
            .args(["-XX:+UseSerialGC", "-Xms256m", "-Xmx512m", "-Xshare:auto", "-cp", &classpath])
            .arg("muster.bottle.Main")
            // It ends with its standard input, and so with this process, however that ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(|error| StartError::Program {
                program: "java",
                purpose: "run Kafka's coordinator in a bottle",
                why: error.to_string(),
            })?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(io)?;
        }
        let Ok(port) = line.trim().parse::<u16>() else {
            let _already_gone = child.kill();
            let status = child.wait().map_err(io)?;
            return Err(failed(format!("the JVM ended with {status}: {}", said(&folder))));
        };
        let mut bottle = Self {
            version: version.clone(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            versions: Versions::new([]),
            idle: Mutex::default(),
            runs: Mutex::default(),
            child,
            folder,
        };
        bottle.versions = bottle.ask_versions().map_err(|trouble| failed(trouble.to_string()))?;
        Ok(bottle)
    }

    /// What the machine lacks to start the bottle of a version, in one line.
    pub fn missing(version: &Version) -> Option<String> {
        super::needs::missing(version)
    }

    fn ask_versions(&self) -> Result<Versions, Trouble> {
        let mut connection = self.connection()?;
        let reply = connection.exchange(&Frame::Versions).map_err(|error| self.ended(&error))?;
        let announced = reply.lines.iter().filter_map(|line| {
            let mut numbers = line.split(' ').map(str::parse::<i16>);
            let mut next = || numbers.next()?.ok();
            Some((next()?, (next()?, next()?)))
        });
        let versions = Versions::new(announced);
        self.give_back(connection);
        Ok(versions)
    }

    fn connection(&self) -> Result<Connection, Trouble> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => Connection::open(self.address).map_err(|error| self.ended(&error)),
        }
    }

    /// A connection whose last frame was answered serves the next trace.
    pub(super) fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// The bottle refuses what it is told, or does not answer.
    pub(super) fn ended(&self, error: &std::io::Error) -> Trouble {
        let version = &self.version;
        Trouble::Unreachable(if error.kind() == ErrorKind::Other {
            format!("the bottle of Apache Kafka {version} refuses: {error}")
        } else {
            format!("the bottle of Apache Kafka {version} has ended: {}", said(&self.folder))
        })
    }

    /// A seed that follows from the trace and from how often it was run.
    fn seed(&self, trace: &Trace) -> u64 {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs.entry(trace.name.clone()).or_default();
        *run += 1;
        let named = trace.name.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31) ^ u64::from(byte));
        named.wrapping_mul(1_000_003).wrapping_add(*run)
    }
}

/// The first telling line that the JVM printed.
fn said(folder: &TempDir) -> String {
    let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    let mut lines = log.lines().filter(|line| !line.trim().is_empty() && !line.contains("SLF4J"));
    lines
        .find(|line| line.contains("Error") || line.contains("Exception"))
        .map_or_else(|| "it said nothing".to_owned(), |line| line.trim().to_owned())
}

impl System for Bottle {
    fn name(&self) -> String {
        format!("Apache Kafka {} in a bottle", self.version)
    }

    fn open<'s>(&'s self, trace: &'s Trace, _pace: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        if let Some(unsupported) = self.versions.unsupported(trace) {
            return Err(Trouble::NotApplicable(unsupported));
        }
        let schedule = Schedule::without_time(trace, &Profile::default()).map_err(Trouble::NotApplicable)?;
        let session = BottleSession::open(self, self.connection()?, trace, schedule, self.seed(trace))?;
        Ok(Box::new(session))
    }
}

impl Drop for Bottle {
    fn drop(&mut self) {
        // It keeps nothing that a slower end would save.
        let _already_gone = self.child.kill();
        let _already_waited = self.child.wait();
    }
}
