//! Which mutant is chosen, for the thread. Part of the copy of the workspace that is judged, not of the product.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

const MOST: usize = 8_192;

thread_local! {
    static CHOSEN: Cell<u32> = const { Cell::new(0) };
    static FUEL: Cell<u64> = const { Cell::new(0) };
}
static REACHED: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];

/// Chooses a mutant, 0 for none; `fuel`: after how many tests of it a run is taken to be without end.
pub fn choose(id: u32, fuel: u64) {
    CHOSEN.set(id);
    FUEL.set(fuel);
}

/// Whether this mutant is chosen.
pub fn on(id: u32) -> bool {
    REACHED[id as usize].store(true, Ordering::Relaxed);
    if CHOSEN.get() == 0 {
        return false;
    }
    let left = FUEL.get();
    assert!(left > 0, "it does not end");
    FUEL.set(left - 1);
    CHOSEN.get() == id
}

/// Whether a test of the mutant was ever made.
pub fn reached(id: u32) -> bool {
    REACHED[id as usize].load(Ordering::Relaxed)
}
