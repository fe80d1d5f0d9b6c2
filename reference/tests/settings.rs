//! Settings by Kafka's names of them, one by one and from text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use muster_reference::broker::BrokerConfig;

/// Settings that make no sense are refused by name.
#[test]
fn properties_are_checked() {
    let mut config = BrokerConfig::default();
    for (property, value) in [
        ("no.such.property", "1"),
        ("num.partitions", "0"),
        ("num.partitions", "x"),
        ("auto.create.topics.enable", "yes"),
        ("group.max.size", "-1"),
    ] {
        let error = config.set(property, value).unwrap_err().to_string();
        assert!(error.contains(property) && !error.contains('\n'), "{error}");
    }
    assert_eq!(config, BrokerConfig::default(), "nothing was set");
}

#[test]
fn properties_are_read_from_text() {
    let mut config = BrokerConfig::default();
    config.read_properties("# a comment\n\nnum.partitions = 7\ngroup.max.size=3\n").unwrap();
    assert_eq!((config.num_partitions, config.coordinator.group_max_size), (7, 3));
    for text in ["num.partitions", "no.such=1", "num.partitions=x"] {
        let error = config.read_properties(text).unwrap_err().to_string();
        assert!(!error.contains('\n') && error.contains(text.split('=').next().unwrap()), "{error}");
    }
}
