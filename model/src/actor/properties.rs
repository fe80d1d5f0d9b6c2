//! Properties as stateright takes them.

use stateright::{Expectation, Property};

use super::{GroupModel, GroupState, View};
use crate::property::PropertyId;

/// As stateright takes it.
pub(super) fn property(id: PropertyId) -> Property<GroupModel> {
    // stateright takes plain functions, so each property needs its own.
    macro_rules! always {
        ($( $property:ident )*) => { match id { $( PropertyId::$property => {
            |model: &GroupModel, state: &GroupState| {
                View::new(&model.cfg, state).is_some_and(|v| PropertyId::$property.violation(&v).is_none())
            }
        } )* } };
    }
    let condition: fn(&GroupModel, &GroupState) -> bool = always!(
        OneOwnerPerGeneration LiveOwnersDisjoint AssignmentDisjoint AssignmentComplete MovingPartitionWithheld
        EvenAssignment
        CommittedOffsetMonotonic StaleCommitFenced NoRecordSkipped GenerationMonotonic OneLeader
        OneMemberPerInstance HandoverRepeatsNothing WithheldComesBack StickyKeeps
        AcknowledgedIsDurable
        ProcessedExactlyOnce NoTwoProcessorsAtOnce NoStaleOverwrite RecordOrderPreserved OrderAcrossTopics
        UnrelatedMembersUndisturbed UnrelatedCommitsUndisturbed SlowMemberDelaysNobody EveryMemberOwnsSomething
        IdleMembersHelp EvenLoadAcrossTopics LateCommitIsHarmless AutoCommitNeverLoses KeptStaticMemberIsFenced
        FetchedOffsetIsFinal GenerationIdentifiesAssignment LeaveIsFinal LeaderNoticesNewPartitions
    );
    Property { expectation: Expectation::Always, name: id.id(), condition }
}
