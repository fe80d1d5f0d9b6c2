//! Every broker of a cluster is reached through a listener of its own.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::{Link, serve};

/// Brokers by the address that they tell, and where the proxy listens for each.
pub(super) struct Nodes {
    first: SocketAddr,
    by_address: Mutex<BTreeMap<(String, i32), SocketAddr>>,
}

impl Nodes {
    pub(super) fn new(first: SocketAddr) -> Self {
        Self { first, by_address: Mutex::new(BTreeMap::new()) }
    }

    /// Where a client reaches a broker through the proxy: each that is told of gets a listener.
    pub(super) async fn listening_for(&self, link: &Link, host: &str, port: i32) -> io::Result<SocketAddr> {
        let mut known = self.by_address.lock().await;
        if let Some(address) = known.get(&(host.to_owned(), port)) {
            return Ok(*address);
        }
        let listener = TcpListener::bind(SocketAddr::new(self.first.ip(), 0)).await?;
        let address = listener.local_addr()?;
        known.insert((host.to_owned(), port), address);
        tokio::spawn(serve(listener, format!("{host}:{port}"), link.clone()));
        Ok(address)
    }
}
