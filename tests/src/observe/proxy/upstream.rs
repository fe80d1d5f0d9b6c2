//! The proxy's way to the broker: plain or with TLS, and authenticated by the proxy where the broker asks for it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::wire::{Conversation, FRAME_MAX, Security};

/// A connection, whatever carries it.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Connects to `HOST:PORT`, and does what is needed before the first request of a client.
pub(super) async fn connect(broker: &str, security: &Security) -> io::Result<Box<dyn Duplex>> {
    let stream = TcpStream::connect(broker).await?;
    // Small frames that wait for company are what a proxy would add most.
    let _best_effort = stream.set_nodelay(true);
    let mut stream: Box<dyn Duplex> = match &security.tls {
        None => Box::new(stream),
        Some(config) => {
            let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let name = ServerName::try_from(host).map_err(io::Error::other)?;
            Box::new(TlsConnector::from(config.clone()).connect(name, stream).await?)
        }
    };
    let Some(credentials) = &security.credentials else { return Ok(stream) };
    let (mut conversation, mut frame) = Conversation::start(credentials);
    loop {
        stream.write_all(&frame).await?;
        stream.flush().await?;
        let length = usize::try_from(stream.read_i32().await?).unwrap_or(usize::MAX);
        if length > FRAME_MAX {
            return Err(io::Error::other("SASL: the answer is no frame of Kafka's"));
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).await?;
        match conversation.next(&answer).map_err(io::Error::other)? {
            Some(next) => frame = next,
            None => return Ok(stream),
        }
    }
}
