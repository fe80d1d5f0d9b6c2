//! The engine sees every state, each once, at its distance: against a search of whole states that cannot be wrong, and
//! against stateright's own checkers where those are right.

#[path = "../../examples/actors/mod.rs"]
mod actors;
#[cfg(test)]
mod agreement;
#[cfg(test)]
mod automata;
#[cfg(test)]
mod baseline;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod defects;
#[cfg(test)]
mod exact;
#[cfg(test)]
mod orbits;
#[cfg(test)]
mod order;
#[cfg(test)]
mod paths;
mod pool;
#[cfg(test)]
mod random;
#[cfg(test)]
mod relation;
