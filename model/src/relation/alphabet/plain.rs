//! Requests with nothing odd about them.

use crate::message::{Assignments, OffsetCommit, SyncGroup};
use crate::trace::CommitMetadata;
use crate::types::{Generation, MemberId, Offset, Partition, ProtocolName, ProtocolType};

pub(super) fn sync_of(member: MemberId, generation: Generation, assignments: Assignments) -> SyncGroup {
    let protocol = Some((ProtocolType::Consumer, ProtocolName::Range));
    SyncGroup { version: 5, member, instance: None, generation, protocol, assignments }
}

pub(super) fn commit_of(
    version: i16,
    member: Option<MemberId>,
    generation: Generation,
    partitions: &[Partition],
) -> OffsetCommit {
    OffsetCommit {
        version,
        member,
        instance: None,
        generation,
        offsets: partitions.iter().map(|p| (*p, Offset(1))).collect(),
        metadata: CommitMetadata::Short,
        abandoned: false,
    }
}
