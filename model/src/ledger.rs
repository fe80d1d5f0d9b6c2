//! Ghost: the records that consumers processed, whoever it was. Consumers keep their own, and a checker may hand them over.

use std::collections::BTreeMap;

use crate::types::Partition;

/// What was processed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// The records of each partition, a bit each.
    pub processed: BTreeMap<Partition, u8>,
}
