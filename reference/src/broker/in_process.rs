//! The wire without a socket: for clients in the same process, and for what tries to break the broker with bytes.

use bytes::Bytes;
use tokio::io::DuplexStream;

use super::connection::{self, Ends};
use super::frame::Header;
use super::refuse;
use super::server::Broker;
use crate::coordinator::ErrorCode;

/// Bytes that may be on their way in each direction.
const IN_FLIGHT: usize = 64 * 1024;

impl Broker {
    /// A connection without a socket: what is written to it is a client's, what is read from it the broker's.
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(IN_FLIGHT);
        if let Some(shared) = &self.shared {
            let ends = Ends { local: self.address(), peer: ([127, 0, 0, 1], 0).into() };
            tokio::spawn(connection::serve_stream(shared.clone(), ends, server));
        }
        client
    }
}

/// Whether these bytes, which follow a length on the wire, are a request that the broker takes.
#[doc(hidden)]
pub fn decodes(frame: &[u8]) -> bool {
    let parsed = Header::parse(&Bytes::copy_from_slice(frame));
    parsed.is_ok_and(|(header, body)| refuse::answer(&header, body, ErrorCode::UnknownServerError).is_ok())
}
