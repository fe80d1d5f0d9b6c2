//! What properties read of actors' states, as a state in which all else is made equal: they say the same of both, and a
//! checker asks once of all that look alike.

use super::{PropertyId, Scope};
use crate::actor::NodeState;
use crate::consumer::{Consumer, ConsumerPhase};
use crate::coordinator::{Coordinator, Ghost, Group, Member, Parked, Phase};
use crate::scenario::Scenario;
use crate::types::ClientId;

/// What is read of an actor's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Everything.
    Everything,
    /// Who is a member, what it was assigned, what is committed, and what was answered.
    Group,
    /// Who is fenced, and who owns what.
    Owners,
    /// What is committed, and what was processed.
    Records,
}

impl PropertyId {
    /// What it reads of actors' states. A property that is vacuous in the scenario reads nothing.
    pub fn sight(self, scenario: &Scenario) -> Sight {
        let is_vacuous = self == Self::WithheldComesBack && !scenario.assignor.is_cooperative()
            || self == Self::StickyKeeps && !scenario.assignor.is_sticky();
        if is_vacuous || matches!(self, Self::NoRecordSkipped | Self::HandoverRepeatsNothing) {
            Sight::Records
        } else if self == Self::LiveOwnersDisjoint {
            Sight::Owners
        } else if self.scope() == Scope::Coordinator && Self::ALL.contains(&self) {
            Sight::Group
        } else {
            Sight::Everything
        }
    }
}

impl Sight {
    /// What is read of a state.
    #[must_use]
    pub fn of(self, scenario: &Scenario, state: &NodeState) -> NodeState {
        match (self, state) {
            (Self::Group, NodeState::Coordinator(of)) => NodeState::Coordinator(group(of)),
            (Self::Owners, NodeState::Coordinator(of)) => NodeState::Coordinator(fences(of)),
            (Self::Records, NodeState::Coordinator(of)) => {
                NodeState::Coordinator(Coordinator { offsets: of.offsets.clone(), ..Coordinator::new() })
            }
            (Self::Owners, NodeState::Consumer(of)) => NodeState::Consumer(owner(scenario, of)),
            (Self::Records, NodeState::Consumer(of)) => {
                let repeated = of.repeated && scenario.hands_over_in_order();
                let processed = of.processed.clone();
                NodeState::Consumer(Consumer { processed, repeated, ..Consumer::started(scenario) })
            }
            (Self::Everything, _)
            | (Self::Group, NodeState::Consumer(_))
            | (_, NodeState::Store(_) | NodeState::Cluster(_) | NodeState::Ledger(_)) => state.clone(),
        }
    }
}

fn group(of: &Coordinator) -> Coordinator {
    let told = |group: &Group| {
        // Assignments are those that the members have once all of them have one.
        let is_stable = group.phase == Phase::Stable;
        let members = group.members.iter().filter(|(_, member)| is_stable || member.instance.is_some());
        let members = members.map(|(id, member)| {
            let (protocols, assignment) = (member.protocols.clone(), member.assignment.clone());
            let bare = bare(member);
            (*id, if is_stable { Member { protocols, assignment, ..bare } } else { bare })
        });
        Group {
            phase: if is_stable { Phase::Stable } else { Phase::Empty },
            generation: group.generation,
            protocol: group.protocol.filter(|_| is_stable),
            members: members.collect(),
            ..Group::new()
        }
    };
    Coordinator {
        group: of.group.as_ref().map(told),
        resigned: of.resigned,
        offsets: of.offsets.clone(),
        ghost: of.ghost.clone(),
        ..Coordinator::new()
    }
}

fn fences(of: &Coordinator) -> Coordinator {
    let members = of.group.iter().flat_map(|group| &group.members);
    let members = members.map(|(id, member)| (*id, Member { instance: None, ..bare(member) })).collect();
    Coordinator {
        group: Some(Group { members, ..Group::new() }),
        ghost: Ghost { synced: of.ghost.synced, ..Ghost::default() },
        ..Coordinator::new()
    }
}

/// A member of which nothing is known but its instance id.
fn bare(of: &Member) -> Member {
    Member {
        client: ClientId(0),
        instance: of.instance,
        protocols: Vec::new(),
        assignment: None,
        parked: Parked::default(),
        is_new: false,
        pending_sync: false,
        dead: false,
    }
}

fn owner(scenario: &Scenario, of: &Consumer) -> Consumer {
    let seen = Consumer { phase: ConsumerPhase::Stable, ..Consumer::started(scenario) };
    if !of.is_live() || of.owned.is_empty() {
        return seen;
    }
    let owned = of.owned.keys().map(|partition| (*partition, None)).collect();
    Consumer { member: of.member, applied: of.applied, owned, ..seen }
}
