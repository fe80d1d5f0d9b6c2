//! Starts the broker, takes connections, and stops it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tracing::warn;

use super::config::BrokerConfig;
use super::connection;
use super::control;
use super::engine::{self, Command};
use super::faults::Faults;
use super::frame::Waiting;
use super::metrics::Metrics;
use super::topic_settings::Overrides;
use super::topics::{Bounds, Topics};
use super::watch::{Counters, Findings, Watch};
use super::{durable, engine::Durability, retention};
use crate::coordinator::{ErrorCode, TopicName};
use crate::storage::{OpenError, Writer};

/// Commands that may wait for the coordinator's task; beyond, connections wait.
const COMMANDS: usize = 1024;

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on: it is in use, or is none.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As given.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The keys of TLS cannot be used.
    #[error("cannot speak TLS: {0}")]
    Tls(String),
    /// Users are to authenticate, and there are none.
    #[error("the listener wants users to authenticate, and there are none: give --users FILE")]
    NoUsers,
    /// The control endpoint would be open to others.
    #[error("the control endpoint has no authentication: '{0}' is not a loopback address with a port")]
    Control(String),
    /// The data cannot be used.
    #[error("{directory}: {source}")]
    Data {
        /// The directory.
        directory: String,
        /// Why.
        source: OpenError,
    },
    /// A topic of the settings cannot be created.
    #[error("cannot create topic '{topic}' with {partitions} partitions: {error}")]
    Topic {
        /// The topic.
        topic: TopicName,
        /// Its number of partitions.
        partitions: i32,
        /// Why, as a client would be told.
        error: ErrorCode,
    },
}

/// The topics, and who waits for records. The writer has this and no more: who drops the rest last waits for its end.
#[derive(Clone)]
pub(super) struct Kept {
    topics: Arc<Mutex<Topics>>,
    /// Counts appends, to wake fetches that wait for records.
    appends: watch::Sender<u64>,
    /// About how many bytes the groups and their offsets take.
    pub(super) group_bytes: Arc<AtomicU64>,
}

impl Kept {
    /// The topics. Nothing is awaited while they are held.
    pub(super) fn topics(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an append.
    pub(super) fn appended(&self) {
        self.appends.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// What all connections share.
pub(super) struct Shared {
    pub(super) config: BrokerConfig,
    pub(super) kept: Kept,
    pub(super) tls: Option<TlsAcceptor>,
    /// Writes to disk, if anything is to last.
    pub(super) writer: Option<Arc<Writer>>,
    /// Held while topics are altered and the coordinator told of it, so that it is told in order.
    pub(super) altering: tokio::sync::Mutex<()>,
    pub(super) commands: mpsc::Sender<Command>,
    producer_ids: AtomicI64,
    /// Bytes of requests that are not there as a whole.
    pub(super) waiting: Waiting,
    pub(super) faults: Faults,
    pub(super) metrics: Metrics,
    pub(super) findings: Findings,
    pub(super) counters: Counters,
}

impl Shared {
    /// The topics. Nothing is awaited while they are held.
    pub(super) fn topics(&self) -> MutexGuard<'_, Topics> {
        self.kept.topics()
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            message_bytes: usize::try_from(self.config.message_max_bytes).unwrap_or(0),
            stored_bytes: self
                .config
                .max_memory
                .saturating_sub(self.kept.group_bytes.load(Ordering::Relaxed)),
            partitions: self.config.max_partitions,
        }
    }

    /// Counts an append.
    pub(super) fn appended(&self) {
        self.kept.appended();
    }

    /// Tells when records are appended.
    pub(super) fn appends(&self) -> watch::Receiver<u64> {
        self.kept.appends.subscribe()
    }

    pub(super) fn next_producer_id(&self) -> i64 {
        self.producer_ids.fetch_add(1, Ordering::Relaxed)
    }
}

/// A running broker. Dropping it stops it.
pub struct Broker {
    address: SocketAddr,
    control: Option<SocketAddr>,
    /// None once it is to stop.
    pub(super) shared: Option<Arc<Shared>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("address", &self.address)
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// Starts a broker; it serves as soon as this returns.
    pub async fn start(config: BrokerConfig) -> Result<Self, StartError> {
        if config.security.wants_sasl() && config.security.users.is_empty() {
            return Err(StartError::NoUsers);
        }
        let tls = super::tls::acceptor(&config.security)?;
        let failed = |source| StartError::Listen { address: config.listen.clone(), source };
        let listener = TcpListener::bind(&config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let controlled = control::listen(config.control.as_deref()).await?;
        let (commands, received) = mpsc::channel(COMMANDS);
        let (stop, stopped) = watch::channel(false);
        let wanted: BTreeMap<_, _> = config.topics.clone();
        let opened = durable::open(&config).await?;
        let durability = opened.writer.clone().map(|writer| Durability { writer, records: opened.records });
        let kept = Kept {
            topics: Arc::new(Mutex::new(opened.topics)),
            appends: watch::channel(0).0,
            group_bytes: Arc::default(),
        };
        let (findings, counters) = (Findings::default(), Counters::default());
        let watching = Watch::new(kept.clone(), findings.clone(), counters.clone());
        let groups = config.coordinator.clone();
        let coordinator = tokio::spawn(engine::run(
            groups,
            received,
            durability,
            kept.clone(),
            config.max_memory,
            watching,
        ));
        let shared = Arc::new(Shared {
            waiting: Waiting::new(config.max_memory),
            faults: Faults::new(config.faults.clone(), config.seed),
            metrics: Metrics::default(),
            findings,
            counters,
            config,
            kept,
            tls,
            writer: opened.writer,
            altering: tokio::sync::Mutex::default(),
            commands,
            producer_ids: AtomicI64::new(opened.first_producer_id),
        });
        let _ = shared.tell_topics().await;
        for (topic, partitions) in wanted {
            let there = shared.topics().get(&topic).map(|topic| topic.partitions.len());
            if there.is_some_and(|there| i32::try_from(there) == Ok(partitions)) {
                continue;
            }
            let created = shared.create_topic(&topic, partitions, Overrides::new()).await;
            created.map_err(|error| StartError::Topic { topic, partitions, error })?;
        }
        let mut tasks = Vec::new();
        let mut control = None;
        if let Some(listener) = controlled {
            control = listener.local_addr().ok();
            tasks.push(tokio::spawn(control::serve(listener, Arc::downgrade(&shared), stopped.clone())));
        }
        let period = shared.config.log_retention.check_interval_ms;
        tasks.push(tokio::spawn(retention::run(Arc::downgrade(&shared), period, stopped.clone())));
        tasks.push(tokio::spawn(accept(listener, Arc::clone(&shared), stopped)));
        tasks.push(coordinator);
        Ok(Self { address, control, shared: Some(shared), stop, tasks })
    }

    /// Where the control endpoint listens, if there is one.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it: connections are closed, and the address is free when this returns.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        // The coordinator's task ends when nobody is left who could ask it.
        self.shared = None;
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has stopped too.
            let _ = task.await;
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => welcome(&mut connections, &shared, stream, peer),
                Err(error) => {
                    warn!(%error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stopped.changed() => break,
        }
    }
    connections.shutdown().await;
}

fn welcome(connections: &mut JoinSet<()>, shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr) {
    if connections.len() >= usize::try_from(shared.config.max_connections).unwrap_or(0) {
        warn!(%peer, "connection refused: max.connections is {}", shared.config.max_connections);
        return;
    }
    connections.spawn(connection::serve(Arc::clone(shared), stream, peer));
}
