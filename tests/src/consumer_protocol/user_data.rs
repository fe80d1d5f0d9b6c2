//! The user data of the sticky assignor: what a member was last assigned, and in which generation
//! (`StickyAssignor.STICKY_ASSIGNOR_USER_DATA_V1`).

use bytes::{Buf, BufMut, Bytes, BytesMut};
use muster_model::trace::{Claim, Partitions};

/// The topics named by `name`.
pub(super) fn encode(claim: &Claim, name: impl Fn(&str) -> String) -> Result<Bytes, String> {
    let count = |length: usize| i32::try_from(length).map_err(|_| "a claim to too much".to_owned());
    let mut bytes = BytesMut::new();
    bytes.put_i32(count(claim.partitions.len())?);
    for (topic, partitions) in &claim.partitions {
        let topic = name(topic);
        bytes.put_i16(i16::try_from(topic.len()).map_err(|_| "the name of a topic is too long".to_owned())?);
        bytes.put_slice(topic.as_bytes());
        bytes.put_i32(count(partitions.len())?);
        for partition in partitions {
            bytes.put_i32(*partition);
        }
    }
    bytes.put_i32(claim.generation);
    Ok(bytes.freeze())
}

/// The topics named by `name`.
pub(super) fn decode(mut bytes: Bytes, name: impl Fn(&str) -> String) -> Result<Claim, String> {
    let mut partitions = Partitions::new();
    for _ in 0..number(&mut bytes)? {
        let length = bytes.try_get_u16().map_err(|error| error.to_string())?;
        if bytes.remaining() < usize::from(length) {
            return Err("user data ends in the name of a topic".to_owned());
        }
        let topic = bytes.copy_to_bytes(usize::from(length));
        let topic = std::str::from_utf8(&topic).map_err(|error| error.to_string())?.to_owned();
        let mut indices = Vec::new();
        for _ in 0..number(&mut bytes)? {
            indices.push(number(&mut bytes)?);
        }
        partitions.insert(name(&topic), indices);
    }
    Ok(Claim { partitions, generation: number(&mut bytes)? })
}

fn number(bytes: &mut Bytes) -> Result<i32, String> {
    bytes.try_get_i32().map_err(|error| format!("user data: {error}"))
}
