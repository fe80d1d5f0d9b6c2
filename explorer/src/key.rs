//! Names of steps: what a link says in place of an index or a hash.
//!
//! A key says who does what. In one state no two enabled steps have one key: a connection delivers in order, and an
//! actor has each of its timers once.

use muster_model::actor::{GroupAction, Timer};
use muster_model::cluster::ClusterTimer;
use muster_model::consumer::ConsumerTimer;
use muster_model::coordinator::{Control, CoordinatorTimer};
use muster_model::message::{EmptyGroupIdApi, Gone, Msg, Request, Response, ToolRequest, ToolResponse};
use muster_model::types::ClientId;

/// The key of a step, for example `c1:heartbeat`, `coordinator:session(m1)`, `deliver c1#1 JoinGroup`.
pub fn key(action: &GroupAction) -> String {
    match action {
        GroupAction::Deliver { src, dst, msg } => match msg {
            Msg::Request(connection, request) => format!("deliver {connection} {}", request_name(request)),
            Msg::Response(connection, response) => format!("answer {connection} {}", response_name(response)),
            Msg::MayExpire(Gone::Client(client)) => format!("ghost:may-expire({client})"),
            Msg::MayExpire(Gone::Member(member)) => format!("ghost:may-expire({member})"),
            Msg::Metadata(added) => format!("metadata {} (+{added})", ClientId::of_actor(usize::from(*dst))),
            Msg::TookUp => format!("ghost:took-up({})", ClientId::of_actor(usize::from(*src))),
            Msg::EndTransaction(producer) => format!("ghost:end-transaction({producer})"),
            Msg::TransactionEnded => {
                format!("ghost:transaction-ended({})", ClientId::of_actor(usize::from(*dst)))
            }
            Msg::Write(write) => format!("store:{}({} of {})", write.client, write.record, write.partition),
        },
        GroupAction::Timeout(_, Timer::Coordinator(timer)) => match timer {
            CoordinatorTimer::Session(member) => format!("coordinator:session({member})"),
            CoordinatorTimer::NewMemberJoin(member) => format!("coordinator:new-member-join({member})"),
            CoordinatorTimer::InitialDelay => "coordinator:initial-delay".to_owned(),
            CoordinatorTimer::Rebalance => "coordinator:rebalance".to_owned(),
            CoordinatorTimer::PendingSync => "coordinator:pending-sync".to_owned(),
            CoordinatorTimer::PreferLast => "ghost:prefer-last".to_owned(),
            CoordinatorTimer::Environment(control) => match control {
                Control::CommitTransaction(of) | Control::AbortTransaction(of) => {
                    format!("coordinator:{}({of})", control.name())
                }
                Control::Resign
                | Control::Elect
                | Control::HoldReplication
                | Control::ReleaseReplication
                | Control::FailAppend(_)
                | Control::LoseUnreplicated
                | Control::PassRetention
                | Control::CheckRetention => format!("coordinator:{}", control.name()),
            },
        },
        GroupAction::Timeout(_, Timer::Consumer(client, timer)) => match timer {
            ConsumerTimer::Heartbeat => format!("{client}:heartbeat"),
            ConsumerTimer::Fetch(partition) => format!("{client}:fetch({partition})"),
            ConsumerTimer::Process(partition) => format!("{client}:process({partition})"),
            ConsumerTimer::Commit => format!("{client}:commit"),
            ConsumerTimer::Leave => format!("{client}:leave"),
            ConsumerTimer::Subscribe => format!("{client}:subscribe"),
            ConsumerTimer::NewPartitions => format!("{client}:new-partitions"),
            ConsumerTimer::PollTimeout => format!("{client}:poll-timeout"),
            ConsumerTimer::Poll => format!("{client}:poll"),
            ConsumerTimer::Deliver => format!("{client}:send"),
            ConsumerTimer::GiveUp => format!("{client}:give-up"),
            ConsumerTimer::DeliverAbandoned => format!("{client}:send-late"),
            ConsumerTimer::Crash => format!("{client}:crash"),
            ConsumerTimer::Restart => format!("{client}:restart"),
        },
        GroupAction::Timeout(_, Timer::Cluster(timer)) => match timer {
            ClusterTimer::Grow => "cluster:grow".to_owned(),
            ClusterTimer::DeleteGroup => "cluster:delete-group".to_owned(),
            ClusterTimer::DeleteOffsets => "cluster:delete-offsets".to_owned(),
        },
        GroupAction::Drop(_) => "network:drop".to_owned(),
        GroupAction::Crash(id) => format!("actor{}:crash", usize::from(*id)),
        GroupAction::Recover(id) => format!("actor{}:recover", usize::from(*id)),
        GroupAction::SelectRandom { actor, key, .. } => format!("actor{}:select({key})", usize::from(*actor)),
    }
}

/// Who acts in a step: `coordinator`, `c1`, or `ghost` for what only the search needs.
pub fn actor(action: &GroupAction) -> String {
    match action {
        GroupAction::Deliver { dst, msg, .. } => match msg {
            Msg::Request(..) => "coordinator".to_owned(),
            Msg::Response(connection, _) => connection.client.to_string(),
            Msg::MayExpire(_) | Msg::TookUp | Msg::EndTransaction(_) | Msg::TransactionEnded => {
                "ghost".to_owned()
            }
            Msg::Metadata(_) => ClientId::of_actor(usize::from(*dst)).to_string(),
            Msg::Write(_) => "store".to_owned(),
        },
        GroupAction::Timeout(_, Timer::Coordinator(CoordinatorTimer::PreferLast)) => "ghost".to_owned(),
        GroupAction::Timeout(_, Timer::Coordinator(_)) => "coordinator".to_owned(),
        GroupAction::Timeout(_, Timer::Consumer(client, _)) => client.to_string(),
        GroupAction::Timeout(_, Timer::Cluster(_)) => "cluster".to_owned(),
        GroupAction::Drop(_)
        | GroupAction::Crash(_)
        | GroupAction::Recover(_)
        | GroupAction::SelectRandom { .. } => "ghost".to_owned(),
    }
}

/// Kafka's name of the API.
pub(crate) fn request_name(request: &Request) -> &'static str {
    match request {
        Request::FindCoordinator => "FindCoordinator",
        Request::JoinGroup(_) | Request::WithEmptyGroupId(EmptyGroupIdApi::JoinGroup) => "JoinGroup",
        Request::SyncGroup(_) | Request::WithEmptyGroupId(EmptyGroupIdApi::SyncGroup) => "SyncGroup",
        Request::Heartbeat { .. } | Request::WithEmptyGroupId(EmptyGroupIdApi::Heartbeat) => "Heartbeat",
        Request::LeaveGroup(_) | Request::WithEmptyGroupId(EmptyGroupIdApi::LeaveGroup) => "LeaveGroup",
        Request::OffsetCommit(_) | Request::WithEmptyGroupId(EmptyGroupIdApi::OffsetCommit) => "OffsetCommit",
        Request::TxnOffsetCommit(_) => "TxnOffsetCommit",
        Request::OffsetFetch { .. } | Request::WithEmptyGroupId(EmptyGroupIdApi::OffsetFetch) => {
            "OffsetFetch"
        }
        Request::Tool(ToolRequest::DeleteGroups) => "DeleteGroups",
        Request::Tool(ToolRequest::OffsetDelete { .. }) => "OffsetDelete",
        Request::Tool(ToolRequest::DescribeGroups { .. }) => "DescribeGroups",
        Request::Tool(ToolRequest::ListGroups { .. }) => "ListGroups",
    }
}

/// Kafka's name of the API that is answered.
pub(crate) fn response_name(response: &Response) -> &'static str {
    match response {
        Response::FindCoordinator(_) => "FindCoordinator",
        Response::JoinGroup(_) => "JoinGroup",
        Response::SyncGroup(_) => "SyncGroup",
        Response::Heartbeat(_) => "Heartbeat",
        Response::LeaveGroup { .. } => "LeaveGroup",
        Response::OffsetCommit(_) => "OffsetCommit",
        Response::TxnOffsetCommit(_) => "TxnOffsetCommit",
        Response::OffsetFetch(_) => "OffsetFetch",
        Response::Tool(answer) => match **answer {
            ToolResponse::DeleteGroups(_) => "DeleteGroups",
            ToolResponse::OffsetDelete(_) => "OffsetDelete",
            ToolResponse::DescribeGroups(_) => "DescribeGroups",
            ToolResponse::ListGroups(_) => "ListGroups",
        },
    }
}
