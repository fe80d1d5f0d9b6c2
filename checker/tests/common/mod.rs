//! What the tests of the engine share.

#![allow(dead_code, reason = "each of the tests that share this uses some of it")]

#[path = "../../examples/actors/mod.rs"]
pub mod actors;
pub mod baseline;
pub mod exact;
