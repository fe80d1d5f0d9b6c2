//! The two byte streams of a TCP connection, put in order.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::observe::stream::Direction;

/// Bytes that wait for others before them; beyond, those others are taken for lost.
const MOST_WAITING: usize = 8 * 1024 * 1024;

/// What a packet carries.
pub(super) struct Segment<'a> {
    pub(super) sequence: u32,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
}

#[derive(Default)]
struct Half {
    /// The sequence number of the byte that comes next.
    next: Option<u32>,
    /// What came before its turn, by sequence number, and how many bytes that is.
    waiting: BTreeMap<u32, Bytes>,
    waits: usize,
    /// The other side will send nothing more.
    is_over: bool,
}

/// A connection.
#[derive(Default)]
pub(super) struct Flow {
    requests: Half,
    responses: Half,
}

impl Flow {
    /// Takes a packet; gives the bytes whose turn it is.
    pub(super) fn take(&mut self, direction: Direction, segment: &Segment<'_>) -> Vec<Bytes> {
        let half = match direction {
            Direction::Request => &mut self.requests,
            Direction::Response => &mut self.responses,
        };
        let bytes = half.take(segment);
        half.is_over |= segment.fin;
        if segment.rst {
            (self.requests.is_over, self.responses.is_over) = (true, true);
        }
        bytes
    }

    /// Whether both sides have said that they will send nothing more, and all that they sent was seen. What is sent
    /// again later is known, so the flow has to be kept.
    pub(super) fn is_over(&self) -> bool {
        let is_over = |half: &Half| half.is_over && half.waiting.is_empty();
        is_over(&self.requests) && is_over(&self.responses)
    }

    /// Whether bytes never came.
    pub(super) fn missing(&self) -> Option<String> {
        let waiting = self.requests.waiting.len() + self.responses.waiting.len();
        (waiting > 0).then(|| "packets are missing from the capture".to_owned())
    }
}

impl Half {
    fn take(&mut self, segment: &Segment<'_>) -> Vec<Bytes> {
        if segment.syn {
            *self = Self { next: Some(segment.sequence.wrapping_add(1)), ..Self::default() };
            return Vec::new();
        }
        if segment.payload.is_empty() {
            return Vec::new();
        }
        if self.waits < MOST_WAITING {
            let bytes = Bytes::copy_from_slice(segment.payload);
            self.waits += bytes.len();
            let replaced = self.waiting.insert(segment.sequence, bytes);
            self.waits -= replaced.map_or(0, |bytes| bytes.len());
        }
        let mut next = *self.next.get_or_insert(segment.sequence);
        let mut ready = Vec::new();
        // Sequence numbers wrap: what lies less than half the circle behind has been there.
        while let Some(sequence) = self.waiting.keys().copied().find(|s| next.wrapping_sub(*s) < 1 << 31) {
            let Some(bytes) = self.waiting.remove(&sequence) else { break };
            self.waits -= bytes.len();
            let seen = usize::try_from(next.wrapping_sub(sequence)).unwrap_or(usize::MAX);
            if seen < bytes.len() {
                let fresh = bytes.slice(seen..);
                next = next.wrapping_add(u32::try_from(fresh.len()).unwrap_or(0));
                ready.push(fresh);
            }
        }
        self.next = Some(next);
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::{Flow, Segment};
    use crate::observe::stream::Direction;

    fn taken(flow: &mut Flow, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let segment = Segment { sequence, syn: false, fin: false, rst: false, payload };
        flow.take(Direction::Request, &segment).concat()
    }

    #[test]
    fn packets_are_put_in_order_and_repeated_ones_counted_once() {
        let mut flow = Flow::default();
        let syn = Segment { sequence: u32::MAX - 2, syn: true, fin: false, rst: false, payload: &[] };
        assert!(flow.take(Direction::Request, &syn).is_empty());
        // The third byte stands past the end of the circle.
        assert_eq!(taken(&mut flow, 1, b"de"), b"");
        assert!(flow.missing().is_some());
        assert_eq!(taken(&mut flow, u32::MAX - 1, b"abc"), b"abcde");
        assert_eq!(taken(&mut flow, u32::MAX, b"bcdef"), b"f");
        assert!(flow.missing().is_none());
    }
}
