//! What happens in the end: known answers, random graphs against every set of states there is, and actor models.

#[path = "../../examples/actors/mod.rs"]
mod actors;
#[cfg(test)]
#[path = "../exactness/automata.rs"]
mod automata;
#[cfg(test)]
mod known;
#[cfg(test)]
mod models;
#[cfg(test)]
mod random;
#[cfg(test)]
mod random_models;
#[cfg(test)]
mod table;
