//! About how much memory a coordinator takes.

use super::Coordinator;
use super::group::{Group, Member};

impl Coordinator {
    /// Bytes that an offset takes beside its metadata: measured, with its key, its place in a tree, and the allocator's
    /// own.
    pub const OFFSET_BYTES: usize = 160;
    /// Bytes that a member takes beside what it offers and what it is assigned.
    pub const MEMBER_BYTES: usize = 1024;

    /// About how many bytes of memory the groups and their offsets take. Looks at all of them.
    pub fn held_bytes(&self) -> usize {
        let offsets = self.state.offsets.values().flatten();
        let offsets: usize = offsets.map(|(_, offset)| Self::OFFSET_BYTES + offset.metadata.len()).sum();
        let members = self.state.groups.values().flat_map(|group: &Group| group.members.values());
        let of_member = |member: &Member| {
            let offers: usize = member.protocols.iter().map(|offer| offer.metadata.len()).sum();
            Self::MEMBER_BYTES + offers + member.assignment.len()
        };
        offsets + members.map(of_member).sum::<usize>()
    }
}
