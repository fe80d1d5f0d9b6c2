//! The explorer: a web page on 127.0.0.1 that shows traces of consumer groups and walks the model.
//!
//! A path is the names of its steps ([`key`]); the server walks the model along them ([`walk`]) and tells what
//! happened ([`told`]). The page draws it.

pub mod catalogue;
pub mod drawing;
pub mod example;
pub mod file;
pub mod key;
pub mod label;
pub mod messages;
pub mod replay;
pub mod runs;
pub mod server;
pub mod spec;
pub mod told;
pub mod view;
pub mod walk;

pub use server::{Explorer, serve};
