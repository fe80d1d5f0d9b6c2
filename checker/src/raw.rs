//! The unsafe code, all of it: zeroed words in memory that is reserved at once, and prefetching.
//!
//! Invariants of [`Words`]: `at` is the start of a live mapping of `reserved` bytes that this value alone owns, made
//! readable and writable and never unmapped before `drop`; it is aligned to a page, hence to a word; every bit pattern
//! is an `AtomicU64`, and untouched pages read as zeros. So the first `len <= reserved / 8` words may be lent as a
//! slice of atomics for as long as the value lives. Words are shared between threads as atomics only.
#![allow(unsafe_code, reason = "the one module that maps memory and prefetches; its invariants stand above")]

use std::ops::Deref;
use std::sync::atomic::AtomicU64;

/// Zeroed words that are resident once they are written. Growing moves nothing.
pub(crate) struct Words {
    #[cfg(unix)]
    at: std::ptr::NonNull<AtomicU64>,
    #[cfg(unix)]
    reserved: usize,
    #[cfg(unix)]
    len: usize,
    #[cfg(not(unix))]
    words: Vec<AtomicU64>,
}

/// Bytes that are asked for first; address space only, but Miri gives memory at once.
#[cfg(unix)]
const MOST_RESERVED: usize = if cfg!(miri) { 1 << 24 } else { 1 << 38 };
/// Bytes; less than this is of no use.
#[cfg(unix)]
const LEAST_RESERVED: usize = if cfg!(miri) { 1 << 22 } else { 1 << 26 };
/// How the memory is mapped. Miri knows no flag for what is not reserved.
#[cfg(unix)]
const MAPPED: libc::c_int =
    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | if cfg!(miri) { 0 } else { libc::MAP_NORESERVE };

#[cfg(unix)]
impl Words {
    /// So many words, if the system has the address space.
    pub(crate) fn zeroed(len: usize) -> Option<Self> {
        let mut reserved = MOST_RESERVED;
        while reserved >= LEAST_RESERVED && reserved / 8 >= len {
            // SAFETY: a new private anonymous mapping at an address of the system's choice touches no other memory.
            let at = unsafe {
                libc::mmap(std::ptr::null_mut(), reserved, libc::PROT_READ | libc::PROT_WRITE, MAPPED, -1, 0)
            };
            if at != libc::MAP_FAILED
                && let Some(at) = std::ptr::NonNull::new(at.cast::<AtomicU64>())
            {
                #[cfg(all(target_os = "linux", not(miri)))]
                // SAFETY: the mapping was just made, is `reserved` long, and the advice changes no contents.
                let _ = unsafe { libc::madvise(at.as_ptr().cast(), reserved, libc::MADV_HUGEPAGE) };
                return Some(Self { at, reserved, len });
            }
            reserved /= 2;
        }
        None
    }

    /// Makes it so many words, if that much was reserved; the new ones are zero.
    pub(crate) fn grow(&mut self, len: usize) -> bool {
        let fits = len >= self.len && len <= self.reserved / 8;
        if fits {
            self.len = len;
        }
        fits
    }
}

#[cfg(unix)]
// SAFETY: the mapping is owned, not tied to a thread; its contents are atomics.
unsafe impl Send for Words {}
#[cfg(unix)]
// SAFETY: sharing the value lends atomics only.
unsafe impl Sync for Words {}

#[cfg(unix)]
impl Drop for Words {
    fn drop(&mut self) {
        // SAFETY: this value owns the mapping of exactly this length, and nothing borrows it any more.
        let _ = unsafe { libc::munmap(self.at.as_ptr().cast(), self.reserved) };
    }
}

#[cfg(unix)]
impl Deref for Words {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: see the invariants of the module.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

#[cfg(not(unix))]
impl Words {
    /// So many words.
    pub(crate) fn zeroed(len: usize) -> Option<Self> {
        let mut words = Self { words: Vec::new() };
        words.grow(len).then_some(words)
    }

    /// Makes it so many words; the new ones are zero.
    pub(crate) fn grow(&mut self, len: usize) -> bool {
        let more = len.saturating_sub(self.words.len());
        let room = self.words.try_reserve_exact(more).is_ok();
        if room {
            self.words.resize_with(len, AtomicU64::default);
        }
        room
    }
}

#[cfg(not(unix))]
impl Deref for Words {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        &self.words
    }
}

/// Starts to bring an element into the cache. It is a hint: an index that is out of bounds does nothing.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would cost more than what it hides")]
pub(crate) fn prefetch<T>(elements: &[T], at: usize) {
    if let Some(element) = elements.get(at) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: prefetching reads nothing and faults on nothing; the address is that of a live reference.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = element;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn words_are_zero_and_stay_in_place_when_they_grow() {
        let mut words = Words::zeroed(1000).unwrap();
        assert!(words.iter().all(|w| w.load(Ordering::Relaxed) == 0));
        words[999].store(7, Ordering::Relaxed);
        assert!(words.grow(1 << 20));
        assert_eq!((words.len(), words[999].load(Ordering::Relaxed)), (1 << 20, 7));
        assert_eq!(words[(1 << 20) - 1].load(Ordering::Relaxed), 0);
    }

    #[test]
    fn threads_share_words() {
        let words = Words::zeroed(64).unwrap();
        let add = || {
            for word in words.iter() {
                word.fetch_add(1, Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(add);
            scope.spawn(add);
        });
        assert!(words.iter().all(|w| w.load(Ordering::Relaxed) == 2));
    }

    #[test]
    #[cfg(unix)]
    fn more_than_the_address_space_is_refused() {
        assert!(Words::zeroed(usize::MAX / 8).is_none());
        assert!(!Words::zeroed(8).unwrap().grow(usize::MAX / 8));
    }

    #[test]
    fn prefetching_past_the_end_does_nothing() {
        prefetch::<u32>(&[], 3);
        prefetch(&Words::zeroed(8).unwrap(), 4);
    }
}
