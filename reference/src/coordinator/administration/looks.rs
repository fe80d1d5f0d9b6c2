//! What `DescribeGroups` and `ListGroups` tell. They only read, so that they are no requests of [`super::super::Request`].

use bytes::Bytes;

use super::super::Coordinator;
use super::super::config::Release;
use super::super::error::ErrorCode;
use super::super::group::{Group, Member, Phase};
use super::super::ids::{GroupId, MemberId};
use super::super::view::{GroupDescription, GroupListing, MemberDescription};

/// From this version of `DescribeGroups` on, an absent group is an error.
const FIRST_VERSION_WITH_ABSENCE: i16 = 6;
/// The state of an absent group.
const DEAD: &str = "Dead";

impl Coordinator {
    /// Every group, by name.
    pub fn list_groups(&self) -> Vec<GroupListing> {
        let listed = |(id, group): (&GroupId, &Group)| GroupListing {
            group: id.clone(),
            protocol_type: protocol_type(group),
            state: group.phase.name(),
        };
        self.state.groups.iter().map(listed).collect()
    }

    /// What `ListGroups` says before it looks at the groups: a broker that coordinates none has none to list.
    pub fn listing_error(&self) -> ErrorCode {
        let error = self.readiness();
        if error == ErrorCode::NotCoordinator { ErrorCode::None } else { error }
    }

    /// A group; none if it is absent.
    pub fn describe_group(&self, id: &GroupId) -> Option<GroupDescription> {
        let group = self.state.groups.get(id)?;
        let protocol = match group.phase {
            Phase::Stable { .. } => group.protocol.as_ref(),
            Phase::Empty | Phase::Preparing { .. } | Phase::Completing { .. } => None,
        };
        let tells_assignments = match self.config.release {
            Release::V3_9 => matches!(group.phase, Phase::Stable { .. }),
            Release::V4_3 => true,
        };
        let described = |(id, member): (&MemberId, &Member)| MemberDescription {
            member: id.clone(),
            instance: member.instance.clone(),
            client_id: member.client.client_id().to_owned(),
            host: member.client.host().to_owned(),
            metadata: member.metadata(protocol),
            assignment: if tells_assignments { member.assignment.clone() } else { Bytes::new() },
        };
        Some(GroupDescription {
            state: group.phase.name(),
            protocol_type: protocol_type(group),
            protocol: protocol.map(ToString::to_string).unwrap_or_default(),
            generation: group.generation,
            leader: group.leader.clone(),
            members: group.members.iter().map(described).collect(),
        })
    }

    /// The error and the state that a version of `DescribeGroups` tells of a group that is absent.
    pub fn describe_absent_group(version: i16) -> (ErrorCode, &'static str) {
        if version >= FIRST_VERSION_WITH_ABSENCE {
            (ErrorCode::GroupIdNotFound, DEAD)
        } else {
            (ErrorCode::None, DEAD)
        }
    }
}

fn protocol_type(group: &Group) -> String {
    group.protocol_type.as_ref().map(ToString::to_string).unwrap_or_default()
}

impl GroupListing {
    /// Whether `ListGroups` is to list it where these states are asked for; none: whatever its state.
    pub fn is_in(&self, states: &[&str]) -> bool {
        states.is_empty() || states.iter().any(|wanted| wanted.eq_ignore_ascii_case(self.state))
    }
}
