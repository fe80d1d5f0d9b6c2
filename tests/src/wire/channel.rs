//! One TCP connection: frames out, frames in, and which request each answer belongs to.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, StrBytes, encode_request_header_into_buffer};

use super::secured::Secured;
use super::security::Security;
use crate::system::Defect;

/// Kafka's own default for `socket.request.max.bytes`; a longer answer is none.
const FRAME_MAX: usize = 100 * 1024 * 1024;

/// A request as it goes out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    pub(crate) body: Bytes,
}

/// An answer: the request it belongs to, and its body.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) correlation: i32,
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    pub(crate) body: Bytes,
}

struct Awaited {
    correlation: i32,
    api: ApiKey,
    version: i16,
}

/// A connection.
pub(super) struct Channel {
    pub(super) stream: Secured,
    inbound: BytesMut,
    awaited: VecDeque<Awaited>,
    correlation: i32,
    closed: bool,
}

impl Channel {
    pub(super) fn connect(address: SocketAddr, host: &str, security: &Security) -> io::Result<Self> {
        Ok(Self {
            stream: Secured::connect(address, host, security)?,
            inbound: BytesMut::new(),
            awaited: VecDeque::new(),
            correlation: 0,
            closed: false,
        })
    }

    /// Whether nothing is under way, so that another group can use the connection.
    pub(super) fn is_idle(&self) -> bool {
        self.awaited.is_empty() && self.inbound.is_empty() && !self.closed
    }

    /// Whether a request is unanswered.
    pub(super) fn is_awaiting(&self) -> bool {
        !self.awaited.is_empty() && !self.closed
    }

    /// Sends a request and returns its correlation id.
    pub(super) fn send(&mut self, client_id: &str, outgoing: &Outgoing) -> io::Result<i32> {
        self.correlation += 1;
        let header = RequestHeader::default()
            .with_request_api_key(outgoing.api as i16)
            .with_request_api_version(outgoing.version)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(StrBytes::from_string(client_id.to_owned())));
        let mut frame = BytesMut::new();
        frame.put_i32(0);
        encode_request_header_into_buffer(&mut frame, &header).map_err(io::Error::other)?;
        frame.put_slice(&outgoing.body);
        let length = i32::try_from(frame.len() - 4).map_err(io::Error::other)?;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        self.stream.write_all(&frame)?;
        self.awaited.push_back(Awaited {
            correlation: self.correlation,
            api: outgoing.api,
            version: outgoing.version,
        });
        Ok(self.correlation)
    }

    /// Takes what has arrived, and returns the answers that it completes.
    pub(super) fn read(&mut self) -> Vec<Result<Incoming, Defect>> {
        let mut chunk = [0; 8192];
        while !self.closed {
            match self.stream.read(&mut chunk) {
                Ok(0) => self.closed = true,
                Ok(read) => self.inbound.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_reset) => self.closed = true,
            }
        }
        let mut answers = Vec::new();
        while let Some(answer) = self.answer() {
            let failed = answer.is_err();
            answers.push(answer);
            if failed {
                self.closed = true;
                return answers;
            }
        }
        if self.closed {
            self.awaited.clear();
            answers.push(Err(Defect::Closed));
        }
        answers
    }

    fn answer(&mut self) -> Option<Result<Incoming, Defect>> {
        let length = i32::from_be_bytes(self.inbound.get(..4)?.try_into().ok()?);
        let undecodable = |why: &str| Some(Err(Defect::Undecodable(why.to_owned())));
        let Ok(length) = usize::try_from(length) else { return undecodable("a negative frame length") };
        if length > FRAME_MAX {
            return undecodable("a frame of more than 100 MiB");
        }
        if self.inbound.len() < 4 + length {
            return None;
        }
        let mut frame = self.inbound.split_to(4 + length).freeze().slice(4..);
        let Some(awaited) = self.awaited.pop_front() else { return undecodable("an answer to no request") };
        let version = awaited.api.response_header_version(awaited.version);
        match ResponseHeader::decode(&mut frame, version) {
            Err(error) => undecodable(&format!("response header: {error}")),
            Ok(header) if header.correlation_id != awaited.correlation => undecodable(&format!(
                "correlation id {}, expected {}",
                header.correlation_id, awaited.correlation
            )),
            Ok(_) => Some(Ok(Incoming {
                correlation: awaited.correlation,
                api: awaited.api,
                version: awaited.version,
                body: frame,
            })),
        }
    }
}
