//! The frames between this program and the bottle, as `Driver.java` describes them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A frame that takes longer has met a bottle that hangs: nothing in it waits for anything.
const PATIENCE: Duration = Duration::from_mins(1);
/// An answer to a frame of a trace has some hundred bytes.
const REPLY_MAX: usize = 100 * 1024 * 1024;

/// What to do, and what that needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A fresh coordinator for a trace.
    New {
        /// Member ids follow from it.
        seed: u64,
        /// 0 active, 1 loading, 2 not the coordinator, 3 not running.
        serving: u8,
        /// Whether timers without a delay wait until they are named.
        patient: bool,
        /// Properties of Kafka.
        properties: Vec<(&'static str, String)>,
        /// Topics with their numbers of partitions.
        topics: Vec<(String, i32)>,
    },
    /// A request, header included; its answer comes with the number.
    Request {
        number: i32,
        bytes: &'a [u8],
    },
    /// Fires the timer of this name.
    Fire(&'a str),
    HoldReplication,
    ReleaseReplication,
    /// The next append fails with this error.
    FailAppend(&'a str),
    Resign,
    LoseUnreplicated,
    Elect,
    /// The marker that ends a producer's transaction.
    EndTransaction {
        producer: i64,
        commits: bool,
    },
    /// Lets so many milliseconds pass, in which no timer fires.
    Pass(u64),
    /// The API versions that this release of Kafka knows.
    Versions,
}

/// What the bottle did until it was idle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// Answers, header included, by the numbers of their requests.
    pub(super) answers: Vec<(i32, Bytes)>,
    /// Timers that were set, or set again.
    pub(super) set: Vec<String>,
    /// Timers that are not running any more.
    pub(super) gone: Vec<String>,
    /// What the frame asked for.
    pub(super) lines: Vec<String>,
}

/// A connection to the bottle.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream })
    }

    /// Sends the frame, and waits until the bottle is idle.
    pub(super) fn exchange(&mut self, frame: &Frame<'_>) -> io::Result<Reply> {
        self.stream.write_all(&encode(frame)?)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
        if length > REPLY_MAX {
            return Err(io::Error::other(format!("a reply of {length} bytes")));
        }
        let mut body = BytesMut::zeroed(length);
        self.stream.read_exact(&mut body)?;
        decode(body.freeze())
    }
}

fn encode(frame: &Frame<'_>) -> io::Result<BytesMut> {
    let mut out = BytesMut::new();
    out.put_u32(0);
    match frame {
        Frame::New { seed, serving, patient, properties, topics } => {
            out.put_u8(b'N');
            out.put_u64(*seed);
            out.put_u8(*serving);
            out.put_u8(u8::from(*patient));
            out.put_u32(count(properties)?);
            for (name, value) in properties {
                put(&mut out, name)?;
                put(&mut out, value)?;
            }
            out.put_u32(count(topics)?);
            for (topic, partitions) in topics {
                put(&mut out, topic)?;
                out.put_i32(*partitions);
            }
        }
        Frame::Request { number, bytes } => {
            out.put_u8(b'R');
            out.put_i32(*number);
            out.put_slice(bytes);
        }
        Frame::Fire(timer) => {
            out.put_u8(b'F');
            put(&mut out, timer)?;
        }
        Frame::FailAppend(error) => {
            out.put_u8(b'X');
            put(&mut out, error)?;
            out.put_i32(1);
        }
        Frame::HoldReplication => out.put_u8(b'H'),
        Frame::ReleaseReplication => out.put_u8(b'U'),
        Frame::Resign => out.put_u8(b'S'),
        Frame::LoseUnreplicated => out.put_u8(b'L'),
        Frame::Elect => out.put_u8(b'E'),
        Frame::EndTransaction { producer, commits } => {
            out.put_u8(b'M');
            out.put_i64(*producer);
            out.put_u8(u8::from(*commits));
        }
        Frame::Pass(ms) => {
            out.put_u8(b'P');
            out.put_u64(*ms);
        }
        Frame::Versions => out.put_u8(b'V'),
    }
    let length = u32::try_from(out.len() - 4).map_err(io::Error::other)?;
    out[..4].copy_from_slice(&length.to_be_bytes());
    Ok(out)
}

fn count<T>(of: &[T]) -> io::Result<u32> {
    u32::try_from(of.len()).map_err(io::Error::other)
}

fn put(out: &mut BytesMut, text: &str) -> io::Result<()> {
    out.put_u16(u16::try_from(text.len()).map_err(io::Error::other)?);
    out.put_slice(text.as_bytes());
    Ok(())
}

/// The reply, or the bottle's refusal as an error.
fn decode(mut body: Bytes) -> io::Result<Reply> {
    let done = 0;
    if body.try_get_u8().map_err(short)? != done {
        return Err(io::Error::other(text(&mut body)?));
    }
    let mut answers = Vec::new();
    for _ in 0..body.try_get_u32().map_err(short)? {
        let number = body.try_get_i32().map_err(short)?;
        let length = usize::try_from(body.try_get_u32().map_err(short)?).map_err(io::Error::other)?;
        answers.push((number, take(&mut body, length)?));
    }
    Ok(Reply { answers, set: lines(&mut body)?, gone: lines(&mut body)?, lines: lines(&mut body)? })
}

fn lines(body: &mut Bytes) -> io::Result<Vec<String>> {
    (0..body.try_get_u32().map_err(short)?).map(|_| text(body)).collect()
}

fn text(body: &mut Bytes) -> io::Result<String> {
    let length = usize::from(body.try_get_u16().map_err(short)?);
    Ok(String::from_utf8_lossy(&take(body, length)?).into_owned())
}

fn take(body: &mut Bytes, length: usize) -> io::Result<Bytes> {
    if body.remaining() < length { Err(short(())) } else { Ok(body.split_to(length)) }
}

fn short<E>(_too_short: E) -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the reply is too short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_its_length_its_letter_and_what_it_needs() {
        let fire = encode(&Frame::Fire("join-g")).expect("it is short");
        assert_eq!(&fire[..], b"\0\0\0\x09F\0\x06join-g");
        let fail = encode(&Frame::FailAppend("X")).expect("it is short");
        assert_eq!(&fail[..], b"\0\0\0\x08X\0\x01X\0\0\0\x01");
    }

    #[test]
    fn a_reply_has_answers_timers_and_lines() {
        let body = b"\0\0\0\0\x01\0\0\0\x07\0\0\0\x02ab\0\0\0\x01\0\x01s\0\0\0\0\0\0\0\0";
        let reply = decode(Bytes::from_static(body)).expect("it is complete");
        assert_eq!(reply.answers, [(7, Bytes::from_static(b"ab"))]);
        assert_eq!((reply.set, reply.gone, reply.lines), (vec!["s".to_owned()], Vec::new(), Vec::new()));
    }

    #[test]
    fn a_refusal_and_a_torn_reply_are_errors() {
        let refusal = decode(Bytes::from_static(b"\x01\0\x03why")).expect_err("refused");
        assert_eq!(refusal.to_string(), "why");
        assert!(decode(Bytes::from_static(b"\0\0\0\0\x01\0\0\0\x07\0\0\0\x02a")).is_err());
        assert!(decode(Bytes::new()).is_err());
    }
}
