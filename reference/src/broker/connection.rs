//! A connection: answers leave in the order of the requests.
//!
//! Kafka takes one request of a connection at a time, so a parked JoinGroup holds up what is behind it. Here it is
//! the same for all but Produce, OffsetCommit and Heartbeat: of these several may be under way, so that those of one
//! connection share a sync of the disk. They begin in order, and cannot tell whether those before are answered.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tracing::{debug, warn};

use super::api::Api;
use super::auth::{Authentication, Step};
use super::exchange::exchange;
use super::frame::{Frames, Header, Refusal};
use super::pipeline::{Request, first_answers, poll_in_order};
use super::server::Shared;

/// How long a request of a client that has gone may still take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long a client may take for TLS and authentication (Kafka leaves it to `connections.max.idle.ms`).
const GREETING: Duration = Duration::from_secs(10);
/// Requests of a connection that are under way at once.
const UNDER_WAY: usize = 64;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The broker's, as the client sees it: it is told to reach the coordinator and the partitions here.
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

/// Serves a connection until its end.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr) {
    shared.metrics.connections.fetch_add(1, Ordering::Relaxed);
    let ended = greet(&shared, stream, peer).await;
    shared.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    report(peer, ended);
}

/// Serves a connection that is no socket, without TLS.
pub(super) async fn serve_stream<S: AsyncRead + AsyncWrite + Send>(
    shared: Arc<Shared>,
    ends: Ends,
    stream: S,
) {
    report(ends.peer, Connection::new(&shared, &ends, stream).run().await);
}

fn report(peer: SocketAddr, ended: Result<(), Refusal>) {
    match ended {
        Ok(()) => debug!(%peer, "connection closed"),
        Err(Refusal::Io(error)) => debug!(%peer, %error, "connection lost"),
        Err(refusal) => warn!(%peer, "connection closed: {refusal}"),
    }
}

async fn greet(shared: &Shared, stream: TcpStream, peer: SocketAddr) -> Result<(), Refusal> {
    stream.set_nodelay(true)?;
    let ends = Ends { local: stream.local_addr()?, peer };
    let Some(tls) = &shared.tls else { return Connection::new(shared, &ends, stream).run().await };
    // Apart, so that it takes no room in connections without TLS.
    Box::pin(async {
        match tokio::time::timeout(GREETING, tls.accept(stream)).await {
            Ok(Ok(stream)) => Connection::new(shared, &ends, stream).run().await,
            Ok(Err(_)) => Err(Refusal::Authentication("no TLS that both sides speak")),
            Err(_) => Err(Refusal::Authentication("TLS took too long")),
        }
    })
    .await
}

struct Connection<'s, S> {
    shared: &'s Shared,
    ends: &'s Ends,
    frames: Frames<'s, ReadHalf<S>>,
    writer: WriteHalf<S>,
    authentication: Authentication,
    idle: Duration,
    under_way: VecDeque<Request<'s>>,
    /// A request that begins when all before it are answered.
    held: Option<(Header, Bytes)>,
    /// Answers that are not sent yet.
    answers: BytesMut,
}

impl<'s, S: AsyncRead + AsyncWrite + Send> Connection<'s, S> {
    fn new(shared: &'s Shared, ends: &'s Ends, stream: S) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            shared,
            ends,
            frames: Frames::new(reader, shared.config.socket_request_max_bytes, &shared.waiting),
            writer,
            authentication: Authentication::new(&shared.config.security),
            idle: Duration::from_millis(u64::try_from(shared.config.connections_max_idle_ms).unwrap_or(0)),
            under_way: VecDeque::new(),
            held: None,
            answers: BytesMut::new(),
        }
    }

    async fn run(&mut self) -> Result<(), Refusal> {
        loop {
            self.begin().await?;
            if !self.under_way.is_empty() {
                if !self.wait_for_answers().await? {
                    return Ok(());
                }
            } else if let Some((header, body)) = self.held.take() {
                self.send().await?;
                let Some(answer) = self.alone(header, body).await? else { return Ok(()) };
                // Not copied: a leader's may be large.
                self.answers = answer.into();
            } else {
                self.send().await?;
                // A connection that waits holds next to nothing: there may be thousands.
                self.under_way = VecDeque::new();
                let patience =
                    if self.authentication.is_done() { self.idle } else { self.idle.min(GREETING) };
                match tokio::time::timeout(patience, self.frames.fill()).await {
                    Ok(filled) => {
                        if !filled? {
                            return Ok(());
                        }
                    }
                    Err(_) => return Ok(()),
                }
            }
        }
    }

    /// Begins what has arrived, as far as it may.
    async fn begin(&mut self) -> Result<(), Refusal> {
        while self.held.is_none() && self.under_way.len() < UNDER_WAY {
            let Some(frame) = self.frames.take()? else { break };
            if !self.authentication.is_done() {
                match self.authentication.step(&frame)? {
                    Step::Answer(answer) => self.answers.extend_from_slice(&answer),
                    Step::Refuse(answer, refusal) => {
                        self.answers.extend_from_slice(&answer);
                        self.send().await?;
                        return Err(refusal);
                    }
                    Step::Pass => self.held = Some(Header::parse(&frame)?),
                }
                continue;
            }
            let (header, body) = Header::parse(&frame)?;
            if matches!(header.api, Api::Produce | Api::OffsetCommit | Api::Heartbeat) {
                let handled = exchange(self.shared, self.ends, header, body);
                self.under_way.push_back(Request::UnderWay(Box::pin(handled)));
                // So that they begin in order.
                poll_fn(|context| Poll::Ready(self.under_way.back_mut().map(|last| last.poll(context))))
                    .await;
            } else {
                self.held = Some((header, body));
            }
        }
        Ok(())
    }

    /// Waits for the first answer, and takes those that are there with it; or for more requests, if there is room.
    /// False: the client has gone.
    async fn wait_for_answers(&mut self) -> Result<bool, Refusal> {
        let has_room = self.held.is_none() && self.under_way.len() < UNDER_WAY;
        tokio::select! {
            biased;
            answered = first_answers(&mut self.under_way) => return self.take(answered).await,
            filled = self.frames.fill(), if has_room => if filled? { return Ok(true) },
        }
        let _ = tokio::time::timeout(FAREWELL, async {
            while !self.under_way.is_empty() {
                first_answers(&mut self.under_way).await;
            }
        })
        .await;
        Ok(false)
    }

    /// Takes answers, and those that are about to be there: the coordinator gives many out at a time, and to send each by
    /// itself takes longer than to make it.
    async fn take(&mut self, answered: Vec<Result<Bytes, Refusal>>) -> Result<bool, Refusal> {
        for answer in answered {
            self.answers.extend_from_slice(&answer?);
        }
        if !self.under_way.is_empty() {
            tokio::task::yield_now().await;
            for answer in poll_fn(|context| Poll::Ready(poll_in_order(&mut self.under_way, context))).await {
                self.answers.extend_from_slice(&answer?);
            }
        }
        self.send().await?;
        Ok(true)
    }

    /// Sends the answers that are there. A client that does not read them is closed like an idle one; until then
    /// nothing more is taken from it.
    async fn send(&mut self) -> Result<(), Refusal> {
        if self.answers.is_empty() {
            return Ok(());
        }
        let sent = tokio::time::timeout(self.idle, async {
            self.writer.write_all(&self.answers).await?;
            self.writer.flush().await
        });
        sent.await.map_err(|_| Refusal::Unread)??;
        self.answers = BytesMut::new();
        Ok(())
    }

    /// Handles a request with no other beside it. None: the client has gone.
    async fn alone(&mut self, header: Header, body: Bytes) -> Result<Option<Bytes>, Refusal> {
        // It is large, and there only as long as it lasts.
        let mut handled = Box::pin(exchange(self.shared, self.ends, header, body));
        tokio::select! {
            biased;
            answer = &mut handled => return answer.map(Some),
            gone = gone(&mut self.frames) => gone?,
        }
        match tokio::time::timeout(FAREWELL, handled).await {
            Ok(answer) => answer.map(Some),
            Err(_) => Ok(None),
        }
    }
}

/// Returns when the client has closed its end, unless it sent much before.
async fn gone<R: AsyncRead + Unpin>(frames: &mut Frames<'_, R>) -> Result<(), Refusal> {
    while frames.has_room() {
        match frames.fill().await {
            Ok(true) => {}
            Ok(false) | Err(Refusal::Truncated) => return Ok(()),
            Err(refusal) => return Err(refusal),
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, F: Future>(_: fn(A, TcpStream, SocketAddr) -> F) -> usize {
        size_of::<F>()
    }

    fn size_of_exchange<'s, F: Future>(_: impl Fn(&'s Shared, &'s Ends, Header, Bytes) -> F) -> usize {
        size_of::<F>()
    }

    /// Thousands of connections may be open, and on each of them a JoinGroup parked.
    #[test]
    fn a_connection_and_a_request_are_small() {
        let (connection, request) = (size(serve), size_of_exchange(exchange));
        assert!(connection <= 1100 && request <= 416, "{connection} and {request} bytes");
    }
}
