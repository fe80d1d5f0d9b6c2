//! A local step, as one thread keeps it.

/// A local step, as it is cached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cached {
    pub(super) local: u32,
    pub(super) id: u32,
    pub(super) delta: u64,
    /// Of the messages that it sends, in `Expander::sent`.
    pub(super) first: u32,
    pub(super) sends: u16,
    /// Of [`NOTHING`], [`CRASH`], [`WEIGHS`], [`HARMLESS`], [`FIRST`] and [`BOUND`].
    pub(super) flags: u16,
}

/// It is none: nothing happens.
pub(super) const NOTHING: u16 = 1;
/// It counts against the most crashes at a time.
pub(super) const CRASH: u16 = 2;
/// It counts something against a limit.
pub(super) const WEIGHS: u16 = 4;
/// It undoes nothing that a property looks for.
pub(super) const HARMLESS: u16 = 8;
/// It may be taken before all others.
pub(super) const FIRST: u16 = 16;
/// Its actor may not be chosen to go first.
pub(super) const BOUND: u16 = 32;
/// Whether it can be taken depends on the whole state.
pub(super) const ASKED: u16 = NOTHING | CRASH | WEIGHS;

impl Cached {
    #[inline]
    pub(super) fn is(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}
