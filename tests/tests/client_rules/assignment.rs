//! Subscriptions and assignments of the consumer protocol.

use bytes::{Buf, BufMut, Bytes, BytesMut};

fn put_text(bytes: &mut BytesMut, text: &str) {
    bytes.put_i16(i16::try_from(text.len()).unwrap());
    bytes.put_slice(text.as_bytes());
}

/// A subscription of version 1; `is_whole`: with its owned partitions, of which there are none.
pub(crate) fn subscription(topic: &str, is_whole: bool) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(1);
    bytes.put_i32(1);
    put_text(&mut bytes, topic);
    bytes.put_i32(-1);
    if is_whole {
        bytes.put_i32(0);
    }
    bytes.freeze()
}

/// An assignment of version 0.
pub(crate) fn assignment(topic: &str, partitions: &[i32]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(0);
    bytes.put_i32(1);
    put_text(&mut bytes, topic);
    bytes.put_i32(i32::try_from(partitions.len()).unwrap());
    for partition in partitions {
        bytes.put_i32(*partition);
    }
    bytes.put_i32(-1);
    bytes.freeze()
}

/// The partitions in an assignment of one topic.
pub(crate) fn assigned(mut bytes: Bytes) -> Vec<i32> {
    if bytes.len() < 6 || bytes.get_i16() < 0 || bytes.get_i32() != 1 {
        return Vec::new();
    }
    let name = usize::try_from(bytes.get_i16()).unwrap();
    bytes.advance(name);
    (0..bytes.get_i32()).map(|_| bytes.get_i32()).collect()
}
