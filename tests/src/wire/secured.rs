//! A socket as the broker's listener wants it: plain or with TLS, and authenticated before anything else is asked.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::thread;
use std::time::Duration;

use mio::net::TcpStream;
use tokio_rustls::rustls::{ClientConnection, Stream};

use super::sasl::{Conversation, FRAME_MAX};
use super::security::Security;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a handshake may wait for an answer.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a full send buffer is tried again, a millisecond apart.
const WRITE_TRIES: u32 = 5_000;

/// A connected socket that never blocks.
pub(super) struct Secured {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Secured {
    /// Connects, and does what is needed before the first request.
    pub(super) fn connect(address: SocketAddr, host: &str, security: &Security) -> io::Result<Self> {
        let mut stream = StdStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANDSHAKE_TIMEOUT))?;
        stream.set_write_timeout(Some(HANDSHAKE_TIMEOUT))?;
        let mut tls = security.session(host)?;
        match &mut tls {
            Some(tls) => {
                tls.set_buffer_limit(None);
                tls.complete_io(&mut stream).map_err(|error| failed("TLS", &error))?;
                authenticate(&mut Stream::new(tls, &mut stream), security)?;
            }
            None => authenticate(&mut stream, security)?,
        }
        stream.set_nonblocking(true)?;
        Ok(Self { stream: TcpStream::from_std(stream), tls: tls.map(Box::new) })
    }

    /// What is waited on.
    pub(super) fn socket(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Takes what has arrived; `WouldBlock` when nothing has, 0 when nothing will.
    pub(super) fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.read(chunk) };
        loop {
            match tls.reader().read(chunk) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                taken => return taken,
            }
            if tls.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Sends all of it.
    pub(super) fn write_all(&mut self, mut frame: &[u8]) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.writer().write_all(frame)?;
            frame = &[];
        }
        for _ in 0..WRITE_TRIES {
            let sent = match &mut self.tls {
                Some(tls) if tls.wants_write() => tls.write_tls(&mut self.stream),
                Some(_) => return Ok(()),
                None if frame.is_empty() => return Ok(()),
                None => self.stream.write(frame),
            };
            match sent {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => frame = frame.get(sent..).unwrap_or(&[]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::TimedOut.into())
    }
}

/// Says who is connected, if the listener wants to know.
fn authenticate(stream: &mut (impl Read + Write), security: &Security) -> io::Result<()> {
    let Some(credentials) = &security.credentials else { return Ok(()) };
    let (mut conversation, mut frame) = Conversation::start(credentials);
    loop {
        stream.write_all(&frame)?;
        let mut length = [0; 4];
        stream.read_exact(&mut length).map_err(|error| failed("SASL", &error))?;
        let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > FRAME_MAX {
            return Err(io::Error::other(
                "SASL: the answer is no frame of Kafka's (is the listener one with TLS?)",
            ));
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).map_err(|error| failed("SASL", &error))?;
        match conversation.next(&answer).map_err(io::Error::other)? {
            Some(next) => frame = next,
            None => return Ok(()),
        }
    }
}

fn failed(what: &str, error: &io::Error) -> io::Error {
    let is = |kinds: [ErrorKind; 2]| kinds.contains(&error.kind());
    let why = if is([ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset]) {
        "the broker closed the connection".to_owned()
    } else if is([ErrorKind::WouldBlock, ErrorKind::TimedOut]) {
        "the broker does not answer".to_owned()
    } else {
        error.to_string()
    };
    io::Error::new(error.kind(), format!("{what}: {why}"))
}
