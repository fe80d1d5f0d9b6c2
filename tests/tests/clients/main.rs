//! Clients of other people on the reference broker. Their tests stand in a module of their own, so that they can be left
//! out by name when the rest is run.
//!
//! `tests/clients/install` installs them from their registries; the feature `clients` switches these tests on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "a test waits, with a limit")]

mod of_other_people;
