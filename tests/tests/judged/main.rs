//! A broker is judged over the wire: what diverges is made small and told in every form, what is declared is no
//! surprise, what is created is deleted, and listeners with TLS and SASL are served.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod adapted;
mod reports;
mod secure;
mod shrink;
mod tidied;
