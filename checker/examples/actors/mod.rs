//! Actors for the examples, tests and benches: each an ordinary stateright model.

#![allow(dead_code, reason = "each of the targets that share these actors uses some of them")]

pub(crate) mod endless;
pub(crate) mod group;
pub(crate) mod mutex;
pub(crate) mod paxos;
pub(crate) mod small;
pub(crate) mod tell;
pub(crate) mod two_phase;
