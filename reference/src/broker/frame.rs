//! Frames of the wire: a length, a header, a body.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::protocol::{Decodable, Encodable};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::api::Api;
use super::shape::{Malformed, Walker};

/// Why a connection is closed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("frame of {length} bytes; socket.request.max.bytes is {most}")]
    TooLarge { length: i32, most: i32 },
    #[error("requests that are not there as a whole take {held_by_all} bytes, more than --max-memory")]
    NoRoom { held_by_all: usize },
    #[error("the connection ended in the middle of a request")]
    Truncated,
    #[error("the client does not read its answers")]
    Unread,
    #[error("{api:?} before authentication")]
    Unauthenticated { api: Api },
    #[error("authentication failed: {0}")]
    Authentication(&'static str),
    #[error("API key {key} is not known")]
    UnknownApi { key: i16 },
    #[error("{api:?} version {version} is not supported")]
    UnsupportedVersion { api: Api, version: i16 },
    #[error("malformed header: {0}")]
    Header(Malformed),
    #[error("malformed {api:?} request, version {version}: {reason}")]
    Body { api: Api, version: i16, reason: String },
    #[error("{api:?} answer, version {version}, cannot be written: {reason}")]
    Answer { api: Api, version: i16, reason: String },
    #[error("Produce with acks=0 failed, and only this can tell its client")]
    UnacknowledgedProduce,
    #[error("a fault that was asked for")]
    Fault,
    #[error("the broker stops")]
    Stopping,
}

/// The header of a request.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) api: Api,
    pub(super) version: i16,
    pub(super) correlation_id: i32,
    pub(super) client_id: String,
}

/// Bytes that are read at once when nothing is held.
const FIRST: usize = 16 * 1024;
/// Bytes that a connection reserves to wait for the rest of a request; more once more arrive.
const LEAST_RESERVED: usize = 1024;
const MOST_RESERVED: usize = 64 * 1024;

/// Frames as they arrive. Memory grows with the bytes that are there, not with what a length claims, and goes again
/// when nothing waits to be read.
pub(super) struct Frames<'w, R> {
    from: R,
    bytes: BytesMut,
    most: i32,
    waiting: &'w Waiting,
    /// Of its bytes, those that it counts there.
    counted: usize,
}

/// What all connections hold of requests that are not there as a whole.
#[derive(Debug)]
pub(super) struct Waiting {
    bytes: AtomicUsize,
    most: usize,
}

impl Waiting {
    pub(super) fn new(most: u64) -> Self {
        Self { bytes: AtomicUsize::new(0), most: usize::try_from(most).unwrap_or(usize::MAX) }
    }
}

impl<R> Frames<'_, R> {
    /// Counts what it holds, if that is much; what is too much for all together is refused.
    fn count(&mut self) -> Result<(), Refusal> {
        let held = if self.bytes.len() < MOST_RESERVED { 0 } else { self.bytes.capacity() };
        let before = std::mem::replace(&mut self.counted, held);
        if held == before {
            return Ok(());
        }
        let all = &self.waiting.bytes;
        let added = held.wrapping_sub(before);
        let held_by_all = all.fetch_add(added, Ordering::Relaxed).wrapping_add(added);
        if held > before && held_by_all > self.waiting.most {
            return Err(Refusal::NoRoom { held_by_all });
        }
        Ok(())
    }
}

impl<R> Drop for Frames<'_, R> {
    fn drop(&mut self) {
        self.waiting.bytes.fetch_sub(self.counted, Ordering::Relaxed);
    }
}

impl<'w, R: AsyncRead + Unpin> Frames<'w, R> {
    pub(super) fn new(from: R, most: i32, waiting: &'w Waiting) -> Self {
        Self { from, bytes: BytesMut::new(), most, waiting, counted: 0 }
    }

    /// The next frame, if all of it is there.
    pub(super) fn take(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Some(length) = self.bytes.first_chunk().copied().map(i32::from_be_bytes) else { return Ok(None) };
        let Some(bytes) = usize::try_from(length).ok().filter(|_| length <= self.most) else {
            return Err(Refusal::TooLarge { length, most: self.most });
        };
        if self.bytes.len() - 4 < bytes {
            return Ok(None);
        }
        self.bytes.advance(4);
        let frame = self.bytes.split_to(bytes).freeze();
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
        self.count()?;
        Ok(Some(frame))
    }

    /// Reads what is there, or waits for it; false at the end of the stream. Nothing is lost if this is given up.
    pub(super) async fn fill(&mut self) -> Result<bool, Refusal> {
        let arrived = if self.bytes.is_empty() {
            poll_fn(|context| self.poll_first(context)).await?
        } else {
            if self.bytes.capacity() == self.bytes.len() {
                self.bytes.reserve(self.bytes.len().clamp(LEAST_RESERVED, MOST_RESERVED));
            }
            let arrived = self.from.read_buf(&mut self.bytes).await?;
            self.count()?;
            arrived
        };
        if arrived > 0 {
            return Ok(true);
        }
        // Half a frame is one too few.
        if self.bytes.is_empty() { Ok(false) } else { Err(Refusal::Truncated) }
    }

    /// Reads by way of the stack: who waits for a request holds no buffer for it.
    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        let mut room = [MaybeUninit::uninit(); FIRST];
        let mut read = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.from).poll_read(context, &mut read))?;
        let arrived = read.filled();
        self.bytes.reserve(if arrived.len() < FIRST { arrived.len() } else { MOST_RESERVED });
        self.bytes.extend_from_slice(arrived);
        Poll::Ready(Ok(arrived.len()))
    }

    /// Whether little has arrived that was not taken.
    pub(super) fn has_room(&self) -> bool {
        self.bytes.len() < MOST_RESERVED
    }
}

impl Header {
    /// Splits a frame into header and body. An ApiVersions request of a version that is not known has no readable
    /// body, and may have no readable client id either.
    pub(super) fn parse(frame: &Bytes) -> Result<(Self, Bytes), Refusal> {
        let mut walker = Walker::new(frame, 0, false);
        let key = i16::from_be_bytes(walker.take().map_err(Refusal::Header)?);
        let version = i16::from_be_bytes(walker.take().map_err(Refusal::Header)?);
        let correlation_id = i32::from_be_bytes(walker.take().map_err(Refusal::Header)?);
        let api = Api::of(key).ok_or(Refusal::UnknownApi { key })?;
        if !api.takes(version) {
            return if api == Api::ApiVersions {
                let client_id = String::new();
                Ok((Self { api, version, correlation_id, client_id }, Bytes::new()))
            } else {
                Err(Refusal::UnsupportedVersion { api, version })
            };
        }
        let client_id = walker.nullable_text().map_err(Refusal::Header)?.unwrap_or_default();
        let client_id = String::from_utf8_lossy(client_id).into_owned();
        if version >= api.flexible_since() {
            walker.tagged_fields().map_err(Refusal::Header)?;
        }
        let body = frame.slice(frame.len() - walker.left()..);
        Ok((Self { api, version, correlation_id, client_id }, body))
    }

    /// Reads the body, after it was looked over.
    pub(super) fn decode<T: Decodable>(&self, mut body: Bytes) -> Result<T, Refusal> {
        let malformed = |reason: String| Refusal::Body { api: self.api, version: self.version, reason };
        let flexible = self.version >= self.api.flexible_since();
        let walker = Walker::new(&body, self.version, flexible);
        walker.request(self.api.shape()).map_err(|error| malformed(error.to_string()))?;
        T::decode(&mut body, self.version).map_err(|error| malformed(error.to_string()))
    }

    /// Writes an answer as a frame.
    pub(super) fn encode<T: Encodable>(&self, answer: &T) -> Result<Bytes, Refusal> {
        self.encode_as(answer, self.version)
    }

    /// Writes an answer as a frame, in another version.
    pub(super) fn encode_as<T: Encodable>(&self, answer: &T, version: i16) -> Result<Bytes, Refusal> {
        let failed = |reason: String| Refusal::Answer { api: self.api, version, reason };
        let mut frame = BytesMut::with_capacity(256);
        frame.put_i32(0);
        frame.put_i32(self.correlation_id);
        if self.api.key().response_header_version(version) >= 1 {
            frame.put_u8(0);
        }
        answer.encode(&mut frame, version).map_err(|error| failed(error.to_string()))?;
        let length = i32::try_from(frame.len() - 4).map_err(|error| failed(error.to_string()))?;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        Ok(frame.freeze())
    }
}
