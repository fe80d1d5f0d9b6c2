//! Every error that is put to a client, and where.

use std::time::Duration;

use muster_reference::broker::Fault;
use muster_reference::coordinator::ErrorCode;

use super::super::seen::Disturbance;
use super::super::stage::{GROUP, INSTANCE, JOINS_WITHIN, Stage};
use super::{Scenario, struck};
use ErrorCode::{
    CoordinatorLoadInProgress as Loading, CoordinatorNotAvailable as NotAvailable,
    FencedInstanceId as Fenced, GroupAuthorizationFailed as Unauthorised, GroupMaxSizeReached as Full,
    IllegalGeneration as Over, InconsistentGroupProtocol as Inconsistent, InvalidGroupId as BadGroup,
    InvalidSessionTimeout as BadSession, NotCoordinator as Elsewhere, OffsetMetadataTooLarge as LongMetadata,
    RebalanceInProgress as Rebalance, UnknownMemberId as Unknown, UnstableOffsetCommit as Unstable,
};

/// How an error is put to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// To one request.
    Once,
    /// To every request for some seconds.
    Siege,
    /// The same, where it is no use to go on: the client may end.
    Fatal,
}

/// An API, and an error with which its requests are answered.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Where it is put.
    pub scenario: Scenario,
    /// Kafka's name of the API.
    pub api: &'static str,
    /// The error.
    pub error: ErrorCode,
    how: How,
}

const fn point(scenario: Scenario, api: &'static str, error: ErrorCode, how: How) -> Point {
    Point { scenario, api, error, how }
}

use How::{Fatal, Once, Siege};
use Scenario::{
    CommitErrors, FatalErrors, FencedErrors, FetchOffsetsErrors, FindErrors, HeartbeatErrors, JoinErrors,
    LeaveErrors, SyncErrors,
};

/// Every point, in the order in which they are put.
pub const POINTS: &[Point] = &[
    point(JoinErrors, "JoinGroup", Loading, Once),
    point(JoinErrors, "JoinGroup", NotAvailable, Once),
    point(JoinErrors, "JoinGroup", Elsewhere, Once),
    point(JoinErrors, "JoinGroup", Rebalance, Once),
    point(JoinErrors, "JoinGroup", Unknown, Once),
    point(JoinErrors, "JoinGroup", Loading, Siege),
    point(SyncErrors, "SyncGroup", NotAvailable, Once),
    point(SyncErrors, "SyncGroup", Elsewhere, Once),
    point(SyncErrors, "SyncGroup", Rebalance, Once),
    point(SyncErrors, "SyncGroup", Over, Once),
    point(SyncErrors, "SyncGroup", Unknown, Once),
    point(HeartbeatErrors, "Heartbeat", NotAvailable, Once),
    point(HeartbeatErrors, "Heartbeat", Elsewhere, Once),
    point(HeartbeatErrors, "Heartbeat", Rebalance, Once),
    point(HeartbeatErrors, "Heartbeat", Over, Once),
    point(HeartbeatErrors, "Heartbeat", Unknown, Once),
    point(HeartbeatErrors, "Heartbeat", Elsewhere, Siege),
    point(CommitErrors, "OffsetCommit", Loading, Once),
    point(CommitErrors, "OffsetCommit", NotAvailable, Once),
    point(CommitErrors, "OffsetCommit", Elsewhere, Once),
    point(CommitErrors, "OffsetCommit", Rebalance, Once),
    point(CommitErrors, "OffsetCommit", Over, Once),
    point(CommitErrors, "OffsetCommit", Unknown, Once),
    point(CommitErrors, "OffsetCommit", Loading, Siege),
    point(FetchOffsetsErrors, "OffsetFetch", Loading, Once),
    point(FetchOffsetsErrors, "OffsetFetch", NotAvailable, Once),
    point(FetchOffsetsErrors, "OffsetFetch", Elsewhere, Once),
    point(FetchOffsetsErrors, "OffsetFetch", Unstable, Once),
    point(LeaveErrors, "LeaveGroup", Unknown, Once),
    point(LeaveErrors, "LeaveGroup", Loading, Once),
    point(LeaveErrors, "LeaveGroup", Elsewhere, Once),
    point(LeaveErrors, "LeaveGroup", Unauthorised, Once),
    point(FindErrors, "FindCoordinator", NotAvailable, Siege),
    point(FindErrors, "FindCoordinator", Loading, Siege),
    point(FatalErrors, "JoinGroup", Inconsistent, Fatal),
    point(FatalErrors, "JoinGroup", BadSession, Fatal),
    point(FatalErrors, "JoinGroup", BadGroup, Fatal),
    point(FatalErrors, "JoinGroup", Full, Fatal),
    point(FatalErrors, "JoinGroup", Unauthorised, Fatal),
    point(FatalErrors, "SyncGroup", Unauthorised, Fatal),
    point(FatalErrors, "Heartbeat", Unauthorised, Fatal),
    point(FatalErrors, "OffsetCommit", LongMetadata, Fatal),
    point(FatalErrors, "OffsetCommit", Unauthorised, Fatal),
    point(FatalErrors, "OffsetFetch", Unauthorised, Fatal),
    point(FatalErrors, "FindCoordinator", Unauthorised, Fatal),
    point(FencedErrors, "JoinGroup", Fenced, Fatal),
    point(FencedErrors, "SyncGroup", Fenced, Fatal),
    point(FencedErrors, "Heartbeat", Fenced, Fatal),
    point(FencedErrors, "OffsetCommit", Fenced, Fatal),
];

/// How long a refusal without end lasts.
const SIEGE: Duration = Duration::from_secs(3);
/// How long one lasts that a client may take for the end.
const FATAL: Duration = Duration::from_secs(2);
/// How long one that did not end then may take to come back, before it is started anew.
const GOES_ON_WITHIN: Duration = Duration::from_secs(5);

/// Puts every point of a scenario to the client.
pub(super) async fn play(scenario: Scenario, stage: &mut Stage) -> Result<(), String> {
    if scenario == FencedErrors && stage.instance().is_none() {
        return Ok(());
    }
    for point in POINTS.iter().filter(|point| point.scenario == scenario) {
        match point.how {
            Once if point.api == "LeaveGroup" => leaves(stage, point.error).await?,
            Once => struck(stage, point.api, Some(point.error)).await?,
            Siege | Fatal => siege(stage, point).await?,
        }
    }
    Ok(())
}

fn fault(text: &str) -> Result<Fault, String> {
    text.parse().map_err(|error| format!("{error}"))
}

async fn leaves(stage: &mut Stage, error: ErrorCode) -> Result<(), String> {
    stage.broker.inject(fault(&format!("error:api=LeaveGroup,code={}", error.name()))?);
    stage.leave().await;
    stage.broker.clear_faults();
    anew(stage, None).await
}

/// Starts the client anew. What it was is no member any more: the group would wait for it until its session ends.
async fn anew(stage: &mut Stage, instance: Option<&str>) -> Result<(), String> {
    stage.kill();
    if let (None, Some(member)) = (instance, stage.member()) {
        // It may have left.
        let _is_gone = stage.broker.expire_session(GROUP, &member).await;
    }
    stage.start(instance)?;
    if stage.works(JOINS_WITHIN).await { Ok(()) } else { Err("the client did not join again".to_owned()) }
}

/// Every request of an API is refused for some time.
async fn siege(stage: &mut Stage, point: &Point) -> Result<(), String> {
    let Point { api, error, how, .. } = *point;
    let since = stage.now_us();
    stage.broker.inject(fault(&format!("error:api={api},code={}", error.name()))?);
    match api {
        // A group that is not stable is on its way there.
        "JoinGroup" | "SyncGroup" | "OffsetFetch" => {
            let _on_its_way = stage.broker.rebalance(GROUP).await;
        }
        // Whoever is told that the coordinator is elsewhere asks where.
        "FindCoordinator" => {
            stage.broker.inject(fault("error:api=Heartbeat,code=NOT_COORDINATOR,times=1")?);
        }
        _the_client_sends_it_by_itself => {}
    }
    if how == Siege {
        stage.pass(SIEGE).await;
        stage.broker.clear_faults();
        stage.disturbed(Disturbance::Error(api, error));
        return stage.recovers().await.map(|_| ());
    }
    stage.is_refused(api, error, since).await;
    stage.disturbed(Disturbance::Fatal(api, error));
    let goes_on = stage.pass(FATAL).await;
    stage.broker.clear_faults();
    if goes_on && stage.works(GOES_ON_WITHIN).await {
        return Ok(());
    }
    anew(stage, (point.scenario == FencedErrors).then_some(INSTANCE)).await
}
