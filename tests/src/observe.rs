//! Traffic between clients and brokers that somebody else made: recorded, captured or passing through, and judged.
//!
//! [`recording`] and [`capture`] give bytes by connection, [`stream`] cuts them into frames, [`history`] holds what was
//! asked of each group and what was answered. [`judge`] keeps every state of a correct coordinator that is consistent
//! with what was seen; [`anomalies`] looks at the whole history for what no correct group shows; [`verdict`] tells.
//!
//! What counts is order: that of each connection, and that an answer which was seen before a request was sent came
//! before it. Clocks serve for one thing only: no timer of a coordinator fires before its time.

pub mod anomalies;
pub mod answer;
pub mod capture;
pub(crate) mod client_rules;
pub mod export;
mod highest;
pub mod history;
pub mod judge;
pub mod proxy;
pub mod recording;
pub mod stream;
pub mod verdict;
pub mod watch;
