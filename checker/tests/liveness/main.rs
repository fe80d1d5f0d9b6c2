//! What happens in the end: known answers, and random graphs against every set of states there is.

#[cfg(test)]
mod known;
#[cfg(test)]
mod random;
#[cfg(test)]
mod table;
