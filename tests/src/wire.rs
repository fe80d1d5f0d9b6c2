//! Any broker, over TCP and Kafka's protocol.

mod broker;
mod channel;
mod decode;
mod encode;
mod session;
mod switchboard;
mod topics;
mod watch;

pub use broker::Broker;
