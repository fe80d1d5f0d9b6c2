//! The engine sees every state, each once, at its distance: against a search of whole states that cannot be wrong, and
//! against stateright's own checkers where those are right.

#[path = "../../examples/actors/mod.rs"]
mod actors;
mod agreement;
mod baseline;
mod counts;
mod defects;
mod exact;
mod paths;
mod random;
