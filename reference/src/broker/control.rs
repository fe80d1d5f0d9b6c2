//! The control endpoint, and the same as methods of [`Broker`]: what a test does to a broker that runs.
//!
//! The table of requests stands at [`BrokerConfig::control`](super::BrokerConfig::control).

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Weak};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};

use super::engine::Command;
use super::faults::{Fault, FaultError};
use super::metrics;
use super::server::{Broker, Shared, StartError};
use super::watch::Violation;
use crate::coordinator::{GroupId, MemberId};

/// Why a group was not disturbed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisturbError {
    /// No session of such a member.
    #[error("group '{group}' has no member '{member}'")]
    NoMember {
        /// As given.
        group: GroupId,
        /// As given.
        member: MemberId,
    },
    /// Only a stable group can be made to rebalance.
    #[error("group '{group}' is {state}, not Stable")]
    NotStable {
        /// As given.
        group: GroupId,
        /// Its state, by Kafka's name.
        state: &'static str,
    },
    /// The broker stops.
    #[error("the broker stops")]
    Stopping,
}

impl Broker {
    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        if let Some(shared) = &self.shared {
            shared.faults.add(fault);
        }
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        if let Some(shared) = &self.shared {
            shared.faults.clear();
        }
    }

    /// Rules that clients broke so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.as_ref().map(|shared| shared.findings.all()).unwrap_or_default()
    }

    /// Everything that is measured, as Prometheus reads it.
    pub async fn metrics(&self) -> String {
        match &self.shared {
            Some(shared) => metrics::render(shared).await,
            None => String::new(),
        }
    }

    /// Ends a member's session, as if it had been silent for too long.
    pub async fn expire_session(&self, group: &str, member: &str) -> Result<(), DisturbError> {
        expire(self.shared.as_deref().ok_or(DisturbError::Stopping)?, group.into(), member.into()).await
    }

    /// Has a stable group rebalance.
    pub async fn rebalance(&self, group: &str) -> Result<(), DisturbError> {
        rebalance(self.shared.as_deref().ok_or(DisturbError::Stopping)?, group.into()).await
    }

    /// Has another coordinator take over. As in Kafka, it knows committed offsets and the last generation of each group
    /// that its leader synced; rebalances, parked requests and new member ids are lost.
    pub async fn restart_coordinator(&self) -> Result<(), DisturbError> {
        restart(self.shared.as_deref().ok_or(DisturbError::Stopping)?).await
    }
}

async fn expire(shared: &Shared, group: GroupId, member: MemberId) -> Result<(), DisturbError> {
    let told = shared.look_up(|told| Command::Expire(group.clone(), member.clone(), told)).await;
    if told.ok_or(DisturbError::Stopping)? {
        info!(%group, %member, "a session is made to end");
        return Ok(());
    }
    Err(DisturbError::NoMember { group, member })
}

async fn rebalance(shared: &Shared, group: GroupId) -> Result<(), DisturbError> {
    let told = shared.look_up(|told| Command::Rebalance(group.clone(), told)).await;
    told.ok_or(DisturbError::Stopping)?.map_err(|state| DisturbError::NotStable { group, state })
}

async fn restart(shared: &Shared) -> Result<(), DisturbError> {
    shared.look_up(Command::Restart).await.ok_or(DisturbError::Stopping)
}

/// Takes the address, if there is one, which only this machine may reach.
pub(super) async fn listen(address: Option<&str>) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let resolved: Vec<SocketAddr> = address.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    if resolved.is_empty() || !resolved.iter().all(|address| address.ip().is_loopback()) {
        return Err(StartError::Control(address.to_owned()));
    }
    let failed = |source| StartError::Listen { address: address.to_owned(), source };
    TcpListener::bind(&resolved[..]).await.map(Some).map_err(failed)
}

type Answer = (StatusCode, String);

fn answer(outcome: Result<(), DisturbError>) -> Answer {
    match outcome {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(error @ DisturbError::NoMember { .. }) => (StatusCode::NOT_FOUND, format!("{error}\n")),
        Err(error @ DisturbError::NotStable { .. }) => (StatusCode::CONFLICT, format!("{error}\n")),
        Err(error @ DisturbError::Stopping) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

fn lines<T: ToString>(all: Vec<T>) -> String {
    all.into_iter().map(|one| one.to_string() + "\n").collect()
}

fn add(shared: &Shared, body: &str) -> Answer {
    let faults: Result<Vec<Fault>, FaultError> =
        body.lines().filter(|line| !line.trim().is_empty()).map(str::parse).collect();
    match faults {
        Ok(faults) => {
            let count = faults.len();
            for fault in faults {
                shared.faults.add(fault);
            }
            (StatusCode::OK, format!("{count} added\n"))
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")),
    }
}

/// A connection of the endpoint may stay open: it must not keep the broker from its end.
type Kept = State<Weak<Shared>>;

const STOPPING: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, "the broker stops\n");

fn upgraded(shared: &Weak<Shared>) -> Result<Arc<Shared>, (StatusCode, &'static str)> {
    shared.upgrade().ok_or(STOPPING)
}

/// Serves until the broker stops.
pub(super) async fn serve(listener: TcpListener, shared: Weak<Shared>, mut stopped: watch::Receiver<bool>) {
    let faults = get(|State(shared): Kept| async move {
        upgraded(&shared).map(|shared| lines(shared.faults.active()))
    })
    .post(|State(shared): Kept, body: String| async move { upgraded(&shared).map(|shared| add(&shared, &body)) })
    .delete(|State(shared): Kept| async move { upgraded(&shared).map(|shared| shared.faults.clear()) });
    let routes =
        Router::new()
            .route("/metrics", get(measured))
            .route(
                "/violations",
                get(|State(shared): Kept| async move {
                    upgraded(&shared).map(|shared| lines(shared.findings.all()))
                }),
            )
            .route("/faults", faults)
            .route("/groups/{group}/rebalance", post(rebalanced))
            .route("/groups/{group}/members/{member}/expire", post(expired))
            .route("/coordinator/restart", post(restarted))
            .with_state(shared);
    tokio::select! {
        served = axum::serve(listener, routes) => {
            if let Err(error) = served {
                warn!(%error, "the control endpoint ends");
            }
        }
        _ = stopped.changed() => {}
    }
}

async fn measured(State(shared): Kept) -> Result<String, (StatusCode, &'static str)> {
    Ok(metrics::render(&*upgraded(&shared)?).await)
}

async fn rebalanced(
    State(shared): Kept,
    Path(group): Path<String>,
) -> Result<Answer, (StatusCode, &'static str)> {
    Ok(answer(rebalance(&*upgraded(&shared)?, group.into()).await))
}

async fn expired(
    State(shared): Kept,
    Path((group, member)): Path<(String, String)>,
) -> Result<Answer, (StatusCode, &'static str)> {
    Ok(answer(expire(&*upgraded(&shared)?, group.into(), member.into()).await))
}

async fn restarted(State(shared): Kept) -> Result<Answer, (StatusCode, &'static str)> {
    Ok(answer(restart(&*upgraded(&shared)?).await))
}
