//! Any broker, over TCP and Kafka's protocol.

mod access;
mod broker;
pub(crate) mod channel;
pub(crate) mod decode;
pub(crate) mod encode;
mod properties;
mod sasl;
mod scram;
mod secured;
pub mod security;
mod session;
mod switchboard;
mod tidy;
pub(crate) mod topics;
mod versions;
mod watch;

pub use access::Access;
pub use broker::Adapted;
pub use broker::Broker;
pub(crate) use decode::error_name;
pub(crate) use sasl::{Conversation, FRAME_MAX};
pub use security::{Security, SecurityError};
pub use tidy::{Plan, Tidied};
pub(crate) use versions::Versions;
pub use versions::{AtMost, NoLimit};
