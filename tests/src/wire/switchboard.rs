//! All connections of one run, waited for together.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::{Decodable, Encodable};
use mio::{Events, Interest, Poll, Token};

use super::channel::{Channel, Incoming, Outgoing};
use super::decode::message;
use super::encode::outgoing;
use super::security::Security;
use crate::clock::{left_until, now};
use crate::system::{Defect, Trouble};

/// How long the system may take for an answer that does not have to wait for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Idle connections that are kept for later runs.
const POOL_MAX: usize = 512;

/// Connections without a request under way, for any group to use.
pub(super) struct Pool {
    idle: Mutex<Vec<(SocketAddr, Channel)>>,
    security: Security,
    /// The names by which addresses were asked for: a certificate is of a name.
    hosts: Mutex<BTreeMap<SocketAddr, String>>,
}

impl Pool {
    /// How every connection is secured.
    pub(super) fn new(security: Security) -> Self {
        Self { idle: Mutex::default(), security, hosts: Mutex::default() }
    }

    /// The address of `HOST:PORT`.
    pub(super) fn resolve(&self, host_and_port: &str) -> Result<SocketAddr, Trouble> {
        let unknown =
            |why: String| Trouble::Unreachable(format!("cannot resolve broker '{host_and_port}': {why}"));
        let mut found = host_and_port.to_socket_addrs().map_err(|error| unknown(error.to_string()))?;
        let address = found.next().ok_or_else(|| unknown("no address".to_owned()))?;
        let host = host_and_port.rsplit_once(':').map_or(host_and_port, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        self.hosts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(address, host);
        Ok(address)
    }

    fn connect(&self, address: SocketAddr) -> io::Result<Channel> {
        let hosts = self.hosts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let host = hosts.get(&address).cloned().unwrap_or_else(|| address.ip().to_string());
        drop(hosts);
        Channel::connect(address, &host, &self.security)
    }

    /// One that is still open: brokers close what was idle for long (`connections.max.idle.ms`).
    fn take(&self, address: SocketAddr) -> Option<Channel> {
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while let Some(found) = idle.iter().rposition(|(at, _)| *at == address) {
            let (_, mut channel) = idle.swap_remove(found);
            if channel.read().is_empty() {
                return Some(channel);
            }
        }
        None
    }

    fn put(&self, address: SocketAddr, channel: Channel) {
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if idle.len() < POOL_MAX {
            idle.push((address, channel));
        }
    }
}

/// The connections of one run to one broker.
pub(super) struct Switchboard<'p> {
    pool: &'p Pool,
    address: SocketAddr,
    poll: Poll,
    events: Events,
    channels: Vec<(String, Channel)>,
    by_name: BTreeMap<String, usize>,
}

impl<'p> Switchboard<'p> {
    pub(super) fn new(idle: &'p Pool, address: SocketAddr) -> Result<Self, Trouble> {
        let sockets = Poll::new();
        let poll = sockets.map_err(|e| Trouble::Unreachable(format!("cannot wait for sockets: {e}")))?;
        let (events, channels, by_name) = (Events::with_capacity(64), Vec::new(), BTreeMap::new());
        Ok(Self { pool: idle, address, poll, events, channels, by_name })
    }

    /// Where it is connected to.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends on the connection of this name, which is opened when first used.
    pub(super) fn send(&mut self, name: &str, client_id: &str, outgoing: &Outgoing) -> Result<i32, Trouble> {
        let address = self.address;
        let unreachable = |e: io::Error| Trouble::Unreachable(format!("cannot reach broker {address}: {e}"));
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None => self.open(name).map_err(unreachable)?,
        };
        self.channels[index].1.send(client_id, outgoing).map_err(unreachable)
    }

    fn open(&mut self, name: &str) -> io::Result<usize> {
        let mut channel = match self.pool.take(self.address) {
            Some(channel) => channel,
            None => self.pool.connect(self.address)?,
        };
        let index = self.channels.len();
        self.poll.registry().register(channel.stream.socket(), Token(index), Interest::READABLE)?;
        self.channels.push((name.to_owned(), channel));
        self.by_name.insert(name.to_owned(), index);
        Ok(index)
    }

    /// Whether a request is unanswered on a connection of which `of` holds.
    pub(super) fn is_awaiting(&self, of: impl Fn(&str) -> bool) -> bool {
        self.channels.iter().any(|(name, channel)| of(name) && channel.is_awaiting())
    }

    /// What arrives until `deadline`, as soon as anything does; empty when nothing did.
    pub(super) fn receive(&mut self, deadline: Instant) -> Vec<(String, Result<Incoming, Defect>)> {
        loop {
            let left = left_until(deadline);
            // An interrupted wait is repeated; any other failure shows as silence, and so as missing answers.
            let _interrupted = self.poll.poll(&mut self.events, Some(left));
            let mut received = Vec::new();
            for event in &self.events {
                if let Some((name, channel)) = self.channels.get_mut(event.token().0) {
                    received.extend(channel.read().into_iter().map(|answer| (name.clone(), answer)));
                }
            }
            if !received.is_empty() || left.is_zero() {
                return received;
            }
        }
    }

    /// Sends a request and waits for its answer, handing what else arrives to `other`.
    pub(super) fn exchange(
        &mut self,
        name: &str,
        outgoing: &Outgoing,
        other: &mut Vec<(String, Result<Incoming, Defect>)>,
    ) -> Result<Incoming, Trouble> {
        let correlation = self.send(name, "muster", outgoing)?;
        let deadline = now() + PATIENCE;
        while now() < deadline {
            let mut own = None;
            // All that arrived together is handed on, whatever stands first.
            for (from, answer) in self.receive(deadline) {
                match answer {
                    Ok(incoming) if from == name && incoming.correlation == correlation => {
                        own = Some(Ok(incoming));
                    }
                    Err(defect) if from == name => own = own.or(Some(Err(defect))),
                    answer @ (Ok(_) | Err(_)) => other.push((from, answer)),
                }
            }
            if let Some(answer) = own {
                return answer
                    .map_err(|defect| Trouble::Unreachable(format!("broker {}: {defect}", self.address)));
            }
        }
        let (api, seconds) = (outgoing.api, PATIENCE.as_secs());
        Err(Trouble::Unreachable(format!(
            "broker {} does not answer {api:?} within {seconds} s",
            self.address
        )))
    }
}

impl Drop for Switchboard<'_> {
    fn drop(&mut self) {
        for (_, mut channel) in self.channels.drain(..) {
            if channel.is_idle() && self.poll.registry().deregister(channel.stream.socket()).is_ok() {
                self.pool.put(self.address, channel);
            }
        }
    }
}

/// One request and its answer.
pub(super) fn ask<Q: Encodable, A: Decodable>(
    switchboard: &mut Switchboard<'_>,
    api: ApiKey,
    version: i16,
    request: &Q,
) -> Result<A, Trouble> {
    let request = outgoing(api, version, request).map_err(Trouble::Unreachable)?;
    let answer = switchboard.exchange("", &request, &mut Vec::new())?;
    message(&answer)
        .map_err(|why| Trouble::Unreachable(format!("{api:?} v{version} is answered wrongly: {why}")))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_the_broker_has_closed_is_not_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pool = Pool::new(Security::default());
        let (mut stays, _open) = (pool.connect(address).unwrap(), listener.accept().unwrap());
        let goes = pool.connect(address).unwrap();
        drop(listener.accept().unwrap());
        let open = stays.stream.socket().local_addr().unwrap();
        pool.put(address, stays);
        pool.put(address, goes);
        let deadline = now() + PATIENCE;
        while now() < deadline {
            let mut taken = pool.take(address).unwrap();
            if taken.stream.socket().local_addr().unwrap() == open {
                return;
            }
            // The end of it has not arrived yet.
            pool.put(address, taken);
        }
        panic!("the closed connection is given out");
    }
}
