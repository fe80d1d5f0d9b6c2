//! Messages, timers and steps.

use stateright::actor::ActorModelAction;

use super::{Renumber, Renumbering, partition};
use crate::actor::Timer;
use crate::consumer::ConsumerTimer;
use crate::coordinator::{Control, CoordinatorTimer};
use crate::message::{
    DescribedMember, Gone, JoinError, Joined, JoinedGroup, Leaver, Msg, Request, Response, ToolRequest,
    ToolResponse,
};
use crate::types::{Claim, Protocol};

impl Renumber for Request {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::JoinGroup(join) => {
                join.member.renumber(ids);
                join.protocols.renumber(ids);
            }
            Self::SyncGroup(sync) => {
                sync.member.renumber(ids);
                sync.generation.renumber(ids);
                partition::by_member(&mut sync.assignments, ids);
            }
            Self::Heartbeat { member, instance: _, generation } => {
                member.renumber(ids);
                generation.renumber(ids);
            }
            Self::LeaveGroup(leave) => leave.leaver.renumber(ids),
            Self::OffsetCommit(commit) => {
                commit.member.renumber(ids);
                commit.generation.renumber(ids);
                partition::keys(&mut commit.offsets, ids);
            }
            Self::TxnOffsetCommit(commit) => {
                commit.producer.renumber(ids);
                commit.member.renumber(ids);
                commit.generation.renumber(ids);
                partition::keys(&mut commit.offsets, ids);
            }
            Self::OffsetFetch { partitions, stable: _ }
            | Self::Tool(ToolRequest::OffsetDelete { partitions }) => partition::list(partitions, ids),
            Self::FindCoordinator | Self::WithEmptyGroupId(_) | Self::Tool(_) => {}
        }
    }
}

impl Renumber for Leaver {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        self.member.renumber(ids);
    }
}

impl Renumber for Joined {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { member, instance: _, topics: _, claim } = self;
        member.renumber(ids);
        claim.renumber(ids);
    }
}

impl Renumber for Claim {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        self.generation.renumber(ids);
        *self = Self::to(self.partitions().map(|partition| ids.partition(partition)), self.generation);
    }
}

impl Renumber for Protocol {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { name: _, topics: _, claim } = self;
        claim.renumber(ids);
    }
}

impl Renumber for JoinedGroup {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { generation, protocol: _, leader, member, members, skip_assignment: _ } = self;
        generation.renumber(ids);
        leader.renumber(ids);
        member.renumber(ids);
        members.renumber(ids);
    }
}

impl Renumber for Response {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::JoinGroup(Ok(joined)) => joined.renumber(ids),
            Self::JoinGroup(Err(JoinError { error: _, member, present })) => {
                member.renumber(ids);
                if let Some(present) = present {
                    present.generation.renumber(ids);
                    present.leader.renumber(ids);
                }
            }
            Self::LeaveGroup { leaver, .. } => leaver.renumber(ids),
            Self::Tool(answer) => answer.renumber(ids),
            Self::SyncGroup(Ok(assignment)) => partition::some(assignment.as_mut(), ids),
            Self::OffsetCommit(errors) | Self::TxnOffsetCommit(errors) => partition::keys(errors, ids),
            Self::OffsetFetch(Ok(offsets)) => partition::keys(offsets, ids),
            Self::FindCoordinator(_)
            | Self::SyncGroup(Err(_))
            | Self::Heartbeat(_)
            | Self::OffsetFetch(Err(_)) => {}
        }
    }
}

impl Renumber for ToolResponse {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::DescribeGroups(Ok(described)) => {
                for told in &mut described.members {
                    let DescribedMember { member, instance: _, offer, assignment } = told;
                    member.renumber(ids);
                    offer.renumber(ids);
                    partition::some(assignment.as_mut(), ids);
                }
            }
            Self::OffsetDelete(Ok(errors)) => partition::keys(errors, ids),
            Self::DescribeGroups(Err(_))
            | Self::DeleteGroups(_)
            | Self::OffsetDelete(Err(_))
            | Self::ListGroups(_) => {}
        }
    }
}

impl Renumber for Msg {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Request(connection, request) => {
                connection.renumber(ids);
                request.renumber(ids);
            }
            Self::Response(connection, response) => {
                connection.renumber(ids);
                response.renumber(ids);
            }
            Self::MayExpire(Gone::Client(client)) => client.renumber(ids),
            Self::MayExpire(Gone::Member(member)) => member.renumber(ids),
            Self::Write(write) => write.renumber(ids),
            Self::EndTransaction(producer) => producer.renumber(ids),
            Self::Metadata(_) | Self::TookUp | Self::TransactionEnded => {}
        }
    }
}

impl Renumber for CoordinatorTimer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Session(member) | Self::NewMemberJoin(member) => member.renumber(ids),
            Self::InitialDelay | Self::Rebalance | Self::PendingSync | Self::PreferLast => {}
            Self::Environment(Control::CommitTransaction(producer) | Control::AbortTransaction(producer)) => {
                producer.renumber(ids);
            }
            Self::Environment(_) => {}
        }
    }
}

impl Renumber for ConsumerTimer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Fetch(of) | Self::Process(of) => partition::one(of, ids),
            Self::Heartbeat
            | Self::Commit
            | Self::Leave
            | Self::Subscribe
            | Self::NewPartitions
            | Self::PollTimeout
            | Self::Poll
            | Self::Deliver
            | Self::GiveUp
            | Self::DeliverAbandoned
            | Self::Crash
            | Self::Restart => {}
        }
    }
}

impl Renumber for Timer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Coordinator(timer) => timer.renumber(ids),
            Self::Consumer(client, timer) => {
                client.renumber(ids);
                timer.renumber(ids);
            }
            Self::Cluster(_) => {}
        }
    }
}

impl Renumber for ActorModelAction<Msg, Timer, ()> {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Deliver { msg, .. } => msg.renumber(ids),
            Self::Drop(envelope) => envelope.msg.renumber(ids),
            Self::Timeout(_, timer) => timer.renumber(ids),
            Self::Crash(_) | Self::Recover(_) | Self::SelectRandom { .. } => {}
        }
    }
}
