//! Safety properties, each with its exact meaning and whose view it takes.
//!
//! A property is a function of one state. What it needs to know of the past stands in a ghost that no step reads.

mod assignment;
mod membership;
mod offsets;
mod ownership;

use std::fmt;
use std::str::FromStr;

use crate::actor::View;

/// What of a state a property reads: a checker need not look at it again while these parts stay the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The coordinator.
    Coordinator,
    /// The coordinator and every consumer.
    Consumers,
    /// The coordinator and the messages in flight.
    Messages,
}

macro_rules! properties {
    ($( $variant:ident $id:literal $check:path, $scope:ident, $about:literal, )*) => {
        /// A safety property.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PropertyId { $( #[doc = $about] $variant, )* }

        impl PropertyId {
            /// Every property.
            pub const ALL: &'static [PropertyId] = &[ $( PropertyId::$variant, )* ];

            /// The property's one name.
            pub const fn id(self) -> &'static str { match self { $( PropertyId::$variant => $id, )* } }

            /// What it says.
            pub const fn about(self) -> &'static str { match self { $( PropertyId::$variant => $about, )* } }

            /// What of a state it reads.
            pub const fn scope(self) -> Scope { match self { $( PropertyId::$variant => Scope::$scope, )* } }

            /// `None`: it holds in this state; otherwise why not, naming members, partitions and generations.
            pub fn violation(self, view: &View<'_>) -> Option<String> {
                match self { $( PropertyId::$variant => $check(view), )* }
            }
        }
    };
}

properties! {
    OneOwnerPerGeneration "one_owner_per_generation" ownership::one_owner_per_generation, Coordinator,
        "within an incarnation of the group (one completed join), SyncGroup answers give a partition to at most one member",
    LiveOwnersDisjoint "live_owners_disjoint" ownership::live_owners_disjoint, Consumers,
        "two consumers both believe that they own a partition only if at least one of them is fenced: it has applied an older assignment than the last one handed out, or its id is no member's",
    AssignmentDisjoint "assignment_disjoint" assignment::assignment_disjoint, Messages,
        "no assignment that a leader sends gives a partition to two members",
    AssignmentComplete "assignment_complete" assignment::assignment_complete, Coordinator,
        "once assignments are handed out, every partition of every topic that a member subscribed to in this join is assigned to a member that subscribed to it",
    EvenAssignment "even_assignment" assignment::even_assignment, Coordinator,
        "range: for each topic, the numbers of partitions of any two subscribers differ by at most one",
    CommittedOffsetMonotonic "committed_offset_monotonic" offsets::committed_offset_monotonic, Coordinator,
        "a committed offset never goes below one that was acknowledged, except by a commit that its client had given up before it arrived",
    StaleCommitFenced "stale_commit_fenced" offsets::stale_commit_fenced, Coordinator,
        "no commit of an earlier generation, or of an id that is no member's, is accepted while the group has members",
    NoRecordSkipped "no_record_skipped" offsets::no_record_skipped, Consumers,
        "every record below a committed offset was processed by some consumer",
    GenerationMonotonic "generation_monotonic" membership::generation_monotonic, Coordinator,
        "each completed join has a generation above all before it",
    OneLeader "one_leader" membership::one_leader, Coordinator,
        "the JoinGroup answers of an incarnation name one leader",
}

impl fmt::Display for PropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A name that is not one of [`PropertyId::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown property '{0}'")]
pub struct UnknownProperty(pub String);

impl FromStr for PropertyId {
    type Err = UnknownProperty;

    fn from_str(id: &str) -> Result<Self, UnknownProperty> {
        Self::ALL.iter().copied().find(|p| p.id() == id).ok_or_else(|| UnknownProperty(id.to_owned()))
    }
}
