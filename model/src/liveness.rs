//! What has to happen in the end, once the budgets of faults are spent: properties of behaviours, each under fairness
//! that [`FAIRNESS`] names.
//!
//! A behaviour is judged in normal form, where member ids and generations matter by order and equality only: a group
//! that rebalances for ever comes back to a state that it was in, and the counterexample is a way to a cycle.

mod fair;
mod goals;

use std::fmt;
use std::str::FromStr;

pub use fair::{FAIRNESS, property};

use crate::mutation::Mutation;

macro_rules! properties {
    ($( $variant:ident $id:literal $about:literal, )*) => {
        /// A property of behaviours.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum LivenessId { $( #[doc = $about] $variant, )* }

        impl LivenessId {
            /// Every property of behaviours.
            pub const ALL: &'static [LivenessId] = &[ $( LivenessId::$variant, )* ];

            /// The property's one name.
            pub const fn id(self) -> &'static str { match self { $( LivenessId::$variant => $id, )* } }

            /// What it says.
            pub const fn about(self) -> &'static str { match self { $( LivenessId::$variant => $about, )* } }
        }
    };
}

properties! {
    GroupStabilises "group_stabilises"
        "from some moment on every live consumer is a member of a Stable group and has applied its assignment of the present generation",
    EveryPartitionOwned "every_partition_owned"
        "from some moment on each partition that a live consumer subscribes to is owned by a live consumer",
    NoRebalanceLoop "no_rebalance_loop"
        "rebalances start only so many times, and then never again",
    EveryRecordCommitted "every_record_committed"
        "from some moment on every record that a live consumer subscribes to is committed",
}

/// What a defect keeps from happening, and the scenario that shows it.
const HINDERED: &[(Mutation, &str, &[LivenessId])] = &[
    (Mutation::CompleteJoinAtOnce, "live", LivenessId::ALL),
    (Mutation::HideRebalanceFromHeartbeat, "live", &[LivenessId::GroupStabilises]),
    (
        Mutation::SkipRejoinAfterRevocation,
        "live_cooperative",
        &[LivenessId::EveryPartitionOwned, LivenessId::EveryRecordCommitted],
    ),
    (
        Mutation::IgnoreNewPartitions,
        "live_grow",
        &[LivenessId::EveryPartitionOwned, LivenessId::EveryRecordCommitted],
    ),
    (Mutation::SkipPartition, "live", &[LivenessId::EveryPartitionOwned, LivenessId::EveryRecordCommitted]),
];

/// What a defect keeps from happening in a scenario.
pub fn hindered(mutation: Mutation, scenario: &str) -> Vec<LivenessId> {
    let here = HINDERED.iter().filter(|(m, name, _)| (*m, *name) == (mutation, scenario));
    here.flat_map(|(_, _, properties)| properties.iter().copied()).collect()
}

/// The scenarios that show what defects keep from happening.
pub fn showing() -> impl Iterator<Item = (Mutation, &'static str)> {
    HINDERED.iter().map(|(mutation, scenario, _)| (*mutation, *scenario))
}

impl fmt::Display for LivenessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A name that is not one of [`LivenessId::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown liveness property '{0}'")]
pub struct UnknownLiveness(pub String);

impl FromStr for LivenessId {
    type Err = UnknownLiveness;

    fn from_str(id: &str) -> Result<Self, UnknownLiveness> {
        Self::ALL.iter().copied().find(|p| p.id() == id).ok_or_else(|| UnknownLiveness(id.to_owned()))
    }
}
