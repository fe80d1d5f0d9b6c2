//! Any broker, over TCP and Kafka's protocol.

mod broker;
pub(crate) mod channel;
pub(crate) mod decode;
pub(crate) mod encode;
mod session;
mod switchboard;
pub(crate) mod topics;
mod watch;

pub use broker::Broker;
pub(crate) use broker::Versions;
pub(crate) use decode::error_name;
