//! About how much memory a coordinator takes.

use super::Coordinator;
use super::group::{Group, Member};
use super::ids::{GroupId, InstanceId, MemberId};

impl Coordinator {
    /// Bytes that an offset takes beside its metadata: measured, with its key, its place in a tree, and the allocator's
    /// own.
    pub const OFFSET_BYTES: usize = 160;
    /// Bytes that a member takes beside its texts, what it offers and what it is assigned.
    pub const MEMBER_BYTES: usize = 1024;
    /// Bytes that an id takes beside its text that was given out and is not used.
    const PENDING_BYTES: usize = 384;
    /// Bytes that a group takes beside its name and its members.
    const GROUP_BYTES: usize = 512;

    /// About how many bytes of memory the groups and their offsets take. Looks at all of them.
    pub fn held_bytes(&self) -> usize {
        let offsets = self.state.offsets.iter().map(|(group, offsets)| {
            let offsets = offsets.values().map(|offset| Self::OFFSET_BYTES + offset.metadata.len());
            group.as_str().len() + offsets.sum::<usize>()
        });
        let groups = self.state.groups.iter().map(|(id, group)| Self::of_group(id, group));
        let pending = self.state.pending.len() * Self::OFFSET_BYTES;
        offsets.sum::<usize>() + pending + groups.sum::<usize>()
    }

    /// The timer of each member has the group's name as that member sent it.
    fn of_group(id: &GroupId, group: &Group) -> usize {
        let members = group.members.iter().map(|(id, member)| Self::of_member(id, member));
        let pending = group.pending.iter().map(|id| Self::PENDING_BYTES + id.as_str().len());
        let names = (1 + group.members.len() + group.pending.size()) * id.as_str().len();
        Self::GROUP_BYTES + names + members.sum::<usize>() + pending.sum::<usize>()
    }

    /// Texts and the assignment are there twice: in the last record of the group too.
    fn of_member(id: &MemberId, member: &Member) -> usize {
        let client = member.client.client_id().len() + member.client.host().len();
        let instance = member.instance.as_ref().map(InstanceId::as_str).unwrap_or_default().len();
        let twice = id.as_str().len() + client + instance + member.assignment.len();
        let offers = member.protocols.iter().map(|offer| offer.name.as_str().len() + offer.metadata.len());
        Self::MEMBER_BYTES + 2 * twice + offers.sum::<usize>()
    }
}
