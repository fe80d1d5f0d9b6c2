//! A checked model of Kafka consumer groups.

pub mod trace;
