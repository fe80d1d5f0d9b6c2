//! What happens in the end: known answers, and random graphs against every set of states there is.

mod known;
mod random;
mod table;
