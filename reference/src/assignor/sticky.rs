//! `AbstractStickyAssignor`: as even as can be, and as little moved as can be.

use std::collections::BTreeMap;

use super::claims::Claims;
use super::constrained::Constrained;
use super::general::General;
use super::{AssignError, Shares, Subscriber, TopicPartition};
use crate::coordinator::{Generation, MemberId, TopicName};

/// An assignment, and what moves in it.
pub(super) struct Sticky {
    pub(super) shares: Shares,
    /// The new owner of each partition that another member may still own; none if it is to be worked out.
    pub(super) moving: Option<BTreeMap<TopicPartition, MemberId>>,
}

/// Members with one subscription are filled up to quotas; with several, partitions are moved one by one.
pub(super) fn assign(
    topics: &BTreeMap<TopicName, i32>,
    subscribers: &[Subscriber],
    seen: Generation,
) -> Result<Sticky, AssignError> {
    let claims = Claims::of(topics, subscribers, seen);
    if claims.equal {
        Constrained::build(topics, claims)
    } else {
        let shares = General::build(topics, claims)?;
        Ok(Sticky { shares, moving: None })
    }
}
