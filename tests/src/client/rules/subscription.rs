//! Subscriptions that are what they say.

use muster_reference::broker::ClientRule;
use muster_reference::coordinator::Request;

use super::{At, Judged, Watch};

/// Watches what is offered in JoinGroup.
#[derive(Default)]
pub(super) struct Subscription {
    is_found: bool,
}

/// Bytes that are taken from the front; none: there are too few.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<i16> {
        self.take(2)?.first_chunk().copied().map(i16::from_be_bytes)
    }

    fn int(&mut self) -> Option<i32> {
        self.take(4)?.first_chunk().copied().map(i32::from_be_bytes)
    }

    fn text(&mut self) -> Option<()> {
        let length = self.short()?;
        self.take(usize::try_from(length).ok()?).map(|_| ())
    }

    fn each(&mut self, skip: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        for _ in 0..self.int()?.max(0) {
            skip(self)?;
        }
        Some(())
    }
}

/// Reads over a subscription; the field at which it ends too early.
fn read(metadata: &[u8]) -> Result<(), (i16, &'static str)> {
    let mut bytes = Bytes(metadata);
    let version = bytes.short().ok_or((0, "version"))?;
    let has = |read: Option<()>, field| read.ok_or((version, field));
    has(bytes.each(Bytes::text), "topics")?;
    let length = bytes.int().ok_or((version, "user data"))?;
    has(bytes.take(usize::try_from(length).unwrap_or(0)).map(|_| ()), "user data")?;
    if version >= 1 {
        let topic = |bytes: &mut Bytes<'_>| {
            bytes.text()?;
            bytes.each(|bytes| bytes.int().map(|_| ()))
        };
        has(bytes.each(topic), "owned partitions")?;
    }
    if version >= 2 {
        has(bytes.int().map(|_| ()), "generation")?;
    }
    if version >= 3 {
        // A rack may be null, of length -1.
        let length = bytes.short().ok_or((version, "rack"))?;
        has(bytes.take(usize::try_from(length).unwrap_or(0)).map(|_| ()), "rack")?;
    }
    Ok(())
}

impl Watch for Subscription {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        let Some(exchange) = at.asked() else { return };
        let Request::JoinGroup(join) = &exchange.request else { return };
        if join.protocol_type.as_str() != "consumer" || self.is_found {
            return;
        }
        for offer in join.protocols.iter() {
            let read = read(&offer.metadata);
            self.is_found = read.is_err();
            judged.test(ClientRule::SendsWholeSubscription, read.is_ok(), at.us, || {
                let (version, field) = read.err().unwrap_or_default();
                let bytes = offer.metadata.len();
                format!(
                    "its subscription for {} is of version {version}, has {bytes} bytes, and ends before the {field}",
                    offer.name
                )
            });
            if self.is_found {
                return;
            }
        }
    }
}
