//! Reads maps by partition number inside tagged enums.
//!
//! JSON has only text as keys. Inside an internally tagged or flattened enum serde reads ahead without knowing
//! the type and then offers the text to `i32`, which refuses it; here the number is parsed.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};

pub(super) fn deserialize<'de, D, V>(reader: D) -> Result<BTreeMap<String, BTreeMap<i32, V>>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    let by_text = BTreeMap::<String, BTreeMap<String, V>>::deserialize(reader)?;
    let mut by_number = BTreeMap::new();
    for (topic, of) in by_text {
        let mut partitions = BTreeMap::new();
        for (number, value) in of {
            let wrong = |_| D::Error::custom(format!("'{number}' is no partition of topic '{topic}'"));
            partitions.insert(number.parse().map_err(wrong)?, value);
        }
        by_number.insert(topic, partitions);
    }
    Ok(by_number)
}
