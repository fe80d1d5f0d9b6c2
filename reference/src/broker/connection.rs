//! A connection: one request at a time, in order, as Kafka does. A parked JoinGroup holds up what is behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::dispatch;
use super::faults::Kind as Fault;
use super::frame::{self, Header, Refusal};
use super::refuse;
use super::server::Shared;

/// How long a request of a client that has gone may still take.
const FAREWELL: Duration = Duration::from_secs(1);

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
    let ended = run(&shared, stream, peer).await;
    shared.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    match ended {
        Ok(()) => debug!(%peer, "connection closed"),
        Err(Refusal::Io(error)) => debug!(%peer, %error, "connection lost"),
        Err(refusal) => warn!(%peer, "connection closed: {refusal}"),
    }
}

async fn run(shared: &Shared, stream: TcpStream, peer: SocketAddr) -> Result<(), Refusal> {
    stream.set_nodelay(true)?;
    let ends = Ends { local: stream.local_addr()?, peer };
    let idle = Duration::from_millis(u64::try_from(shared.config.connections_max_idle_ms).unwrap_or(0));
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let read = frame::read(&mut reader, shared.config.socket_request_max_bytes);
        let Ok(frame) = tokio::time::timeout(idle, read).await else { return Ok(()) };
        let Some(frame) = frame? else { return Ok(()) };
        let (header, body) = Header::parse(&frame)?;
        drop(frame);
        let (kind, started) = ((header.api, header.version), Instant::now());
        let fault = shared.faults.strike(&header);
        let answer = match fault {
            Some(Fault::Error(error)) => Some(refuse::answer(&header, body, error)?),
            Some(Fault::Delay(_) | Fault::Drop | Fault::Duplicate | Fault::Close) | None => {
                answer(shared, ends, header, body, &mut reader).await?
            }
        };
        let Some(answer) = answer else { return Ok(()) };
        if let Some(Fault::Delay(by)) = fault {
            tokio::time::sleep(by).await;
        }
        shared.metrics.request(kind, started.elapsed());
        match fault {
            Some(Fault::Drop) => {}
            Some(Fault::Close) => return Ok(()),
            Some(Fault::Duplicate) => writer.write_all(&[&answer[..], &answer[..]].concat()).await?,
            Some(Fault::Delay(_) | Fault::Error(_)) | None => writer.write_all(&answer).await?,
        }
    }
}

/// The answer, empty if the request wants none. None: the client has gone.
async fn answer(
    shared: &Shared,
    ends: Ends,
    header: Header,
    body: Bytes,
    reader: &mut BufReader<OwnedReadHalf>,
) -> Result<Option<Bytes>, Refusal> {
    let handled = dispatch::handle(shared, ends, header, body);
    tokio::pin!(handled);
    tokio::select! {
        biased;
        answer = &mut handled => return answer.map(Some),
        () = gone(reader) => {}
    }
    match tokio::time::timeout(FAREWELL, handled).await {
        Ok(answer) => answer.map(Some),
        Err(_) => Ok(None),
    }
}

/// Returns when the client has closed its end, unless it sent more before.
async fn gone(reader: &mut BufReader<OwnedReadHalf>) {
    if reader.buffer().is_empty() && !matches!(reader.get_mut().peek(&mut [0]).await, Ok(1..)) {
        return;
    }
    std::future::pending::<()>().await;
}
