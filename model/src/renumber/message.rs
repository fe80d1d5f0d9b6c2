//! Messages, timers and steps.

use stateright::actor::ActorModelAction;

use super::{Renumber, Renumbering};
use crate::actor::Timer;
use crate::consumer::ConsumerTimer;
use crate::coordinator::CoordinatorTimer;
use crate::message::{JoinError, Joined, JoinedGroup, Msg, Request, Response};

impl Renumber for Request {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::JoinGroup(join) => join.member.renumber(ids),
            Self::SyncGroup(sync) => {
                sync.member.renumber(ids);
                sync.generation.renumber(ids);
                sync.assignments.renumber(ids);
            }
            Self::Heartbeat { member, generation } => {
                member.renumber(ids);
                generation.renumber(ids);
            }
            Self::LeaveGroup(leave) => leave.member.renumber(ids),
            Self::OffsetCommit(commit) => {
                commit.member.renumber(ids);
                commit.generation.renumber(ids);
            }
            Self::FindCoordinator | Self::OffsetFetch { .. } | Self::WithEmptyGroupId(_) => {}
        }
    }
}

impl Renumber for Joined {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        self.member.renumber(ids);
    }
}

impl Renumber for JoinedGroup {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        let Self { generation, protocol: _, leader, member, members } = self;
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
            Self::JoinGroup(Err(JoinError { error: _, member })) | Self::LeaveGroup { member, .. } => {
                member.renumber(ids);
            }
            Self::FindCoordinator(_)
            | Self::SyncGroup(_)
            | Self::Heartbeat(_)
            | Self::OffsetCommit(_)
            | Self::OffsetFetch(_) => {}
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
            Self::MayExpire(client) => client.renumber(ids),
        }
    }
}

impl Renumber for CoordinatorTimer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Session(member) | Self::NewMemberJoin(member) => member.renumber(ids),
            Self::InitialDelay | Self::Rebalance | Self::PendingSync | Self::PreferLast => {}
        }
    }
}

impl Renumber for ConsumerTimer {
    fn renumber(&mut self, _: &mut dyn Renumbering) {}
}

impl Renumber for Timer {
    fn renumber(&mut self, ids: &mut dyn Renumbering) {
        match self {
            Self::Coordinator(timer) => timer.renumber(ids),
            Self::Consumer(client, timer) => {
                client.renumber(ids);
                timer.renumber(ids);
            }
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
