//! Actors for the examples, tests and benches: each an ordinary stateright model.

#![allow(dead_code, reason = "each of the targets that share these actors uses some of them")]

pub mod group;
pub mod mutex;
pub mod paxos;
pub mod small;
pub mod two_phase;
