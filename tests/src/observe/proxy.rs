//! A proxy between clients and brokers: bytes go through, addresses are rewritten so that clients come back to it, and
//! what passes is told to whoever judges.

mod frames;
mod nodes;
mod rewrite;
mod traffic;
mod upstream;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::stream::{Chunk, Direction};
use crate::clock::now;
use crate::wire::Security;
use frames::{Next, read_frame};
use nodes::Nodes;
use traffic::{Teller, traffic};
use upstream::Duplex;

pub use traffic::{MOST_BEHIND, Traffic};

/// Something that passed.
#[derive(Clone, Debug)]
pub enum Passed {
    /// A frame, with its length.
    Chunk(Chunk),
    /// The connection is closed.
    Closed {
        /// Microseconds since the proxy began.
        at_us: i64,
        /// As in [`Chunk::connection`].
        connection: String,
    },
    /// Something went wrong that is no fault of a client or a broker: one line.
    Trouble(String),
}

/// A proxy that listens.
pub struct Proxy {
    listener: TcpListener,
    broker: String,
    link: Link,
}

/// What every connection shares.
#[derive(Clone)]
struct Link {
    began: Instant,
    teller: Teller,
    nodes: Arc<Nodes>,
    security: Security,
}

/// So many requests of a connection wait for their answers: some are never answered (Produce without acknowledgement).
const MOST_WAITING: usize = 10_000;

/// Requests whose answers are awaited: correlation id, API key, version.
type Waiting = Arc<Mutex<VecDeque<(i32, i16, i16)>>>;

impl Proxy {
    /// Listens on `listen` for clients of `broker` (`HOST:PORT`); with it, what will pass.
    pub async fn bind(listen: SocketAddr, broker: String) -> io::Result<(Self, Traffic)> {
        Self::secured(listen, broker, Security::default()).await
    }

    /// The same, with what the broker wants to know before it answers; clients come to the proxy without it.
    pub async fn secured(
        listen: SocketAddr,
        broker: String,
        security: Security,
    ) -> io::Result<(Self, Traffic)> {
        let listener = TcpListener::bind(listen).await?;
        // A broker that is not there is better told of before a client asks.
        drop(upstream::connect(&broker, &security).await?);
        let nodes = Arc::new(Nodes::new(listener.local_addr()?));
        let (teller, traffic) = traffic(MOST_BEHIND);
        Ok((Self { listener, broker, link: Link { began: now(), teller, nodes, security } }, traffic))
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The moment from which its times count.
    pub fn began(&self) -> Instant {
        self.link.began
    }

    /// Lets traffic through until it is dropped.
    pub async fn run(self) {
        serve(self.listener, self.broker, self.link).await;
    }
}

/// Boxed: a node that a broker tells of is served in the same way.
fn serve(
    listener: TcpListener,
    broker: String,
    link: Link,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        loop {
            match listener.accept().await {
                Ok((client, peer)) => {
                    tokio::spawn(connection(client, peer, broker.clone(), link.clone()));
                }
                Err(error) => {
                    link.tell(Passed::Trouble(format!("a connection cannot be accepted: {error}")));
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    })
}

async fn connection(client: TcpStream, peer: SocketAddr, broker: String, link: Link) {
    let name = peer.to_string();
    let server = match upstream::connect(&broker, &link.security).await {
        Ok(server) => server,
        Err(error) => return link.tell(Passed::Trouble(format!("broker {broker}: {error}"))),
    };
    // Small frames that wait for company are what a proxy would add most.
    let _best_effort = client.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let waiting = Waiting::default();
    // Whichever ends first ends the other: halves of connections are of no use to Kafka.
    tokio::select! {
        _ended = requests(from_client, to_server, &name, &link, &waiting) => {}
        _ended = responses(from_server, to_client, &name, &link, &waiting) => {}
    }
    link.tell(Passed::Closed { at_us: link.now_us(), connection: name });
}

async fn requests(
    from: OwnedReadHalf,
    mut to: WriteHalf<Box<dyn Duplex>>,
    name: &str,
    link: &Link,
    waiting: &Waiting,
) -> io::Result<()> {
    let mut from = BufReader::new(from);
    loop {
        let frame = match read_frame(&mut from).await? {
            Next::Frame(frame) => frame,
            Next::Other(beginning) => {
                return link.unread(name, Direction::Request, beginning, &mut from, &mut to).await;
            }
            Next::End => return Ok(()),
        };
        if let Some(header) = frames::request_header(&frame) {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back(header);
            if waiting.len() > MOST_WAITING {
                waiting.pop_front();
            }
        }
        link.chunk(name, Direction::Request, frame.clone()).await;
        to.write_all(&frame).await?;
        // TLS keeps what is not flushed.
        to.flush().await?;
    }
}

async fn responses(
    from: ReadHalf<Box<dyn Duplex>>,
    mut to: OwnedWriteHalf,
    name: &str,
    link: &Link,
    waiting: &Waiting,
) -> io::Result<()> {
    let mut from = BufReader::new(from);
    loop {
        let frame = match read_frame(&mut from).await? {
            Next::Frame(frame) => frame,
            Next::Other(beginning) => {
                return link.unread(name, Direction::Response, beginning, &mut from, &mut to).await;
            }
            Next::End => return Ok(()),
        };
        let of = frames::correlation_id(&frame).and_then(|id| take(waiting, id));
        let frame = match of {
            Some((api, version)) => match rewrite::rewrite(link, api, version, &frame).await {
                Ok(frame) => frame,
                Err(why) => {
                    link.tell(Passed::Trouble(format!(
                        "an answer of API {api} v{version} goes on as it is: {why}"
                    )));
                    frame
                }
            },
            None => frame,
        };
        link.chunk(name, Direction::Response, frame.clone()).await;
        to.write_all(&frame).await?;
    }
}

fn take(waiting: &Waiting, correlation_id: i32) -> Option<(i16, i16)> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let place = waiting.iter().position(|(id, ..)| *id == correlation_id)?;
    waiting.drain(..=place).next_back().map(|(_, api, version)| (api, version))
}

impl Link {
    fn now_us(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn tell(&self, passed: Passed) {
        self.teller.tell(passed);
    }

    /// Lets through what is no Kafka that can be read (TLS between client and broker, for instance).
    async fn unread(
        &self,
        name: &str,
        direction: Direction,
        beginning: Bytes,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        self.chunk(name, direction, beginning.clone()).await;
        to.write_all(&beginning).await?;
        to.flush().await?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            to.write_all(&buffer[..count]).await?;
            to.flush().await?;
        }
    }

    async fn chunk(&self, name: &str, direction: Direction, bytes: Bytes) {
        let (connection, length) = (name.to_owned(), bytes.len());
        let chunk = Chunk { at_us: self.now_us(), connection, direction, bytes };
        self.teller.tell_when_there_is_room(Passed::Chunk(chunk), length).await;
    }
}
