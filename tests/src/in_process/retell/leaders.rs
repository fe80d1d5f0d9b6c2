//! Who may lead a group next, where Kafka's choice hangs on hash order.

use std::collections::BTreeSet;

use muster_model::trace::{self, Choice};
use muster_reference::coordinator::{Change, Effect, GroupChange, GroupDescription, Response, Transition};

/// The members of a group, and those of them of whom one leads.
#[derive(Default)]
pub(super) struct Leaders {
    members: BTreeSet<String>,
    may_lead: BTreeSet<String>,
}

impl Leaders {
    /// As a coordinator that has just taken over has them.
    pub(super) fn of(group: Option<&GroupDescription>) -> Self {
        Self {
            members: group.iter().flat_map(|g| &g.members).map(|m| m.member.to_string()).collect(),
            may_lead: group.and_then(|g| g.leader.as_ref()).iter().map(ToString::to_string).collect(),
        }
    }

    /// Follows who may lead; the choice that is made where a generation begins and more than one may.
    pub(super) fn follow(&mut self, transition: &Transition) -> Option<Choice> {
        let mut choice = None;
        for change in transition.changes.iter().filter_map(Change::of_group) {
            match change {
                GroupChange::MemberAdded { member, .. } => {
                    self.members.insert(member.to_string());
                    if self.may_lead.is_empty() {
                        self.may_lead.insert(member.to_string());
                    }
                }
                GroupChange::MemberRemoved(member) => {
                    self.members.remove(member.as_str());
                    self.may_lead.remove(member.as_str());
                    if self.may_lead.is_empty() {
                        self.may_lead.clone_from(&self.members);
                    }
                }
                GroupChange::MemberReplaced { old, new, .. } => {
                    for ids in [&mut self.members, &mut self.may_lead] {
                        if ids.remove(old.as_str()) {
                            ids.insert(new.to_string());
                        }
                    }
                }
                GroupChange::GenerationStarted { leader: Some(leader), .. } => {
                    choice = self.elected(&joined(transition), leader.as_str());
                }
                GroupChange::Removed => {
                    self.members.clear();
                    self.may_lead.clear();
                }
                GroupChange::Created
                | GroupChange::Reinstated(_)
                | GroupChange::PendingAdded(_)
                | GroupChange::MemberRejoined { .. }
                | GroupChange::JoinAnswered(_)
                | GroupChange::OffersRestored { .. }
                | GroupChange::NewMemberNoted(_)
                | GroupChange::RebalanceStarted { .. }
                | GroupChange::DelayExtended(_)
                | GroupChange::GenerationStarted { leader: None, .. }
                | GroupChange::Emptied { .. }
                | GroupChange::SyncParked { .. }
                | GroupChange::SyncReceived(_)
                | GroupChange::Assigned(_)
                | GroupChange::Stabilised => {}
            }
        }
        choice
    }

    fn elected(&mut self, joined: &BTreeSet<String>, leader: &str) -> Option<Choice> {
        let stays = self.may_lead.is_subset(joined);
        let candidates = if stays { &self.may_lead } else { &self.members };
        let among: Vec<String> = candidates.intersection(joined).cloned().collect();
        self.may_lead = BTreeSet::from([leader.to_owned()]);
        (among.len() > 1).then(|| Choice::Leader { chosen: leader.to_owned(), among })
    }
}

fn joined(transition: &Transition) -> BTreeSet<String> {
    let joined = transition.effects.iter().filter_map(|effect| match effect {
        Effect::Answer { response: Response::JoinGroup(joined), .. } => Some(joined.member.to_string()),
        Effect::Answer { .. } | Effect::SetTimer { .. } | Effect::CancelTimer { .. } => None,
    });
    joined.collect()
}

/// The members that a leader gets are sorted in a trace.
pub(super) fn sorted(mut response: trace::Response) -> trace::Response {
    if let trace::Response::JoinGroup { members, .. } = &mut response {
        members.sort();
    }
    response
}
