//! Frames as they pass, with their lengths.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Kafka's default of `socket.request.max.bytes`, for answers too.
const LONGEST: u32 = 100 * 1024 * 1024;
/// What is reserved before bytes are there.
const RESERVED: usize = 64 * 1024;

/// What comes next on a connection.
pub(super) enum Next {
    /// A frame, with its length.
    Frame(Bytes),
    /// Bytes that are no length of a frame: what is spoken here is not read.
    Other(Bytes),
    /// Nothing more.
    End,
}

/// Reads a frame.
pub(super) async fn read_frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Next> {
    let length = match from.read_u32().await {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Next::End),
        Err(error) => return Err(error),
    };
    if length > LONGEST {
        return Ok(Next::Other(Bytes::copy_from_slice(&length.to_be_bytes())));
    }
    let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(4);
    let mut frame = BytesMut::with_capacity(whole.min(RESERVED));
    frame.put_u32(length);
    while frame.len() < whole {
        let mut rest = (&mut *from).take(u64::try_from(whole - frame.len()).unwrap_or(0));
        if rest.read_buf(&mut frame).await? == 0 {
            return Ok(Next::End);
        }
    }
    Ok(Next::Frame(frame.freeze()))
}

/// Correlation id, API key and version of a request.
pub(super) fn request_header(frame: &Bytes) -> Option<(i32, i16, i16)> {
    let api = frame.get(4..6)?.first_chunk().copied().map(i16::from_be_bytes)?;
    let version = frame.get(6..8)?.first_chunk().copied().map(i16::from_be_bytes)?;
    let id = frame.get(8..12)?.first_chunk().copied().map(i32::from_be_bytes)?;
    Some((id, api, version))
}

/// The correlation id of an answer.
pub(super) fn correlation_id(frame: &Bytes) -> Option<i32> {
    frame.get(4..8)?.first_chunk().copied().map(i32::from_be_bytes)
}
