//! What a client is led through.

mod points;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use muster_reference::coordinator::ErrorCode;

use super::partner::{BEAT, Partner};
use super::seen::Disturbance;
use super::stage::{GROUP, INSTANCE, JOINS_WITHIN, SESSION_MS, SLOW_MS, Stage};
pub use points::{POINTS, Point};

macro_rules! scenarios {
    ($( $variant:ident $name:literal $about:literal )*) => {
        /// A scenario that a client is led through, with a broker of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Scenario {
            $( #[doc = $about] $variant, )*
        }

        impl Scenario {
            /// Every scenario.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// What happens in it.
            pub const fn about(self) -> &'static str {
                match self { $( Self::$variant => $about, )* }
            }
        }
    };
}

scenarios! {
    Join "join" "It joins alone, reads and commits, and is asked to leave"
    Rebalance "rebalance" "Another member comes and goes, while the client leads"
    Follow "follow" "Another member leads, and moves partitions to and fro"
    Restart "restart" "Another coordinator takes over, in a stable group and in a rebalance"
    LostAnswer "lost_answer" "Connections are closed in place of an answer"
    Expiry "expiry" "Its session is ended while it lives"
    Fenced "fenced" "Another member takes its instance id (only if it sends one)"
    Pause "pause" "It is halted for longer than its session, as by slow processing"
    JoinErrors "join_errors" "Its JoinGroup requests are refused"
    SyncErrors "sync_errors" "Its SyncGroup requests are refused"
    HeartbeatErrors "heartbeat_errors" "Its heartbeats are refused"
    CommitErrors "commit_errors" "Its commits are refused"
    FetchOffsetsErrors "fetch_offsets_errors" "Its requests for committed offsets are refused"
    LeaveErrors "leave_errors" "Its LeaveGroup requests are refused"
    FindErrors "find_errors" "Its requests for the coordinator are refused"
    FatalErrors "fatal_errors" "Its requests are refused for good: it may end, or repeat them without haste"
    FencedErrors "fenced_errors" "Its requests are refused since another has its instance id (only if it sends one)"
    MaxPoll "max_poll" "Its application takes longer than max.poll.interval.ms, once (only if it heeds `MUSTER_SLOW_MS`)"
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.iter().map(|scenario| scenario.name()).collect::<Vec<_>>().join(", ");
        let found = Self::ALL.iter().copied().find(|scenario| scenario.name() == text);
        found.ok_or_else(|| format!("'{text}' is no scenario; they are {}", known()))
    }
}

/// For a second or two of undisturbed work.
const A_WHILE: Duration = Duration::from_secs(2);
/// For what is judged after two seconds of grace.
const LONG: Duration = Duration::from_secs(4);
/// The heartbeats of the harness's member in that time.
const LONG_BEATS: u32 = 18;

/// Plays a scenario. An error tells why nothing can be said.
pub(super) async fn play(scenario: Scenario, stage: &mut Stage) -> Result<(), String> {
    let is_static = matches!(scenario, Scenario::Fenced | Scenario::FencedErrors);
    stage.is_slow = scenario == Scenario::MaxPoll;
    stage.start(is_static.then_some(INSTANCE))?;
    if !stage.works(JOINS_WITHIN).await {
        return Err(format!("the client was no working member of group {GROUP} after {JOINS_WITHIN:?}"));
    }
    match scenario {
        Scenario::Join => drop(stage.pass(A_WHILE).await),
        Scenario::Rebalance => another_comes_and_goes(stage).await?,
        Scenario::Follow => another_leads(stage).await?,
        Scenario::Restart => restart(stage).await?,
        Scenario::LostAnswer => {
            for api in ["Heartbeat", "OffsetCommit", "JoinGroup", "SyncGroup", "OffsetFetch"] {
                struck(stage, api, None).await?;
            }
        }
        Scenario::Expiry => expiry(stage).await?,
        Scenario::Fenced => fenced(stage).await?,
        Scenario::Pause => {
            stage.signal("-STOP");
            tokio::time::sleep(Duration::from_millis(SESSION_MS + 1_500)).await;
            stage.disturbed(Disturbance::Pause);
            stage.signal("-CONT");
            stage.recovers().await?;
            stage.pass(LONG).await;
        }
        Scenario::JoinErrors
        | Scenario::SyncErrors
        | Scenario::HeartbeatErrors
        | Scenario::CommitErrors
        | Scenario::FetchOffsetsErrors
        | Scenario::LeaveErrors
        | Scenario::FindErrors
        | Scenario::FatalErrors
        | Scenario::FencedErrors => points::play(scenario, stage).await?,
        Scenario::MaxPoll => slow(stage).await?,
    }
    Ok(())
}

async fn struck(stage: &mut Stage, api: &'static str, error: Option<ErrorCode>) -> Result<(), String> {
    // A client that does not send the request is not disturbed.
    if stage.strike(api, error).await && stage.recovers().await? {
        return Ok(());
    }
    stage.recovers().await.map(|_| ())
}

/// Its application takes longer than it may, and comes back.
async fn slow(stage: &mut Stage) -> Result<(), String> {
    let is_slow = Duration::from_millis(SLOW_MS) + LONG;
    if !stage.pass(is_slow).await {
        return Err("the client ended while its application was slow".to_owned());
    }
    stage.recovers().await?;
    stage.pass(A_WHILE).await;
    Ok(())
}

/// Runs the harness's member beside the client.
async fn another_comes_and_goes(stage: &mut Stage) -> Result<(), String> {
    stage.pass(A_WHILE).await;
    let mut partner = stage.partner(None).await?;
    partner.join().await?;
    partner.live(LONG_BEATS).await?;
    partner.leave().await?;
    stage.works(JOINS_WITHIN).await;
    stage.pass(A_WHILE).await;
    Ok(())
}

async fn another_leads(stage: &mut Stage) -> Result<(), String> {
    // Who was there first leads, and what to offer is known from the client's first life.
    stage.leave().await;
    let mut partner = stage.partner(None).await?;
    partner.join().await?;
    partner.gives = vec![0, 1];
    let since = stage.now_us();
    stage.start(None)?;
    // It answers for the group until the client has joined, and has got what it gives.
    for _ in 0..JOINS_WITHIN.as_millis() / BEAT.as_millis() {
        partner.live(1).await?;
        if stage.has_worked(since) {
            break;
        }
    }
    settle(&mut partner).await?;
    for gives in [vec![1, 2], vec![3], vec![0, 1, 2]] {
        partner.gives = gives;
        partner.join().await?;
        settle(&mut partner).await?;
    }
    partner.leave().await
}

/// Gives the client the time to be judged in, and what was kept back for a round.
async fn settle(partner: &mut Partner) -> Result<(), String> {
    partner.live(LONG_BEATS).await?;
    if partner.is_withholding {
        // A client that has nothing to give up does not ask for the second round.
        partner.join().await?;
        partner.live(LONG_BEATS).await?;
    }
    Ok(())
}

async fn restart(stage: &mut Stage) -> Result<(), String> {
    for in_rebalance in [false, true] {
        if in_rebalance {
            // A group that is on its way is what is wanted.
            let _on_its_way = stage.broker.rebalance(GROUP).await;
        }
        stage.broker.restart_coordinator().await.map_err(|error| error.to_string())?;
        stage.disturbed(Disturbance::Restart);
        stage.recovers().await?;
        stage.pass(A_WHILE).await;
    }
    Ok(())
}

async fn expiry(stage: &mut Stage) -> Result<(), String> {
    for _ in 0..2 {
        let member = stage.member().ok_or("the client is no member")?;
        // One that has rejoined meanwhile has another id, and the next attempt finds it.
        if stage.broker.expire_session(GROUP, &member).await.is_ok() {
            stage.disturbed(Disturbance::Expiry);
        }
        stage.recovers().await?;
        stage.pass(LONG).await;
    }
    Ok(())
}

async fn fenced(stage: &mut Stage) -> Result<(), String> {
    let instance = stage.instance();
    let Some(instance) = instance else { return Ok(()) };
    let mut partner = stage.partner(Some(&instance)).await?;
    partner.join().await?;
    for _ in 0..LONG_BEATS {
        tokio::time::sleep(BEAT).await;
        // Fenced in its turn, if the client takes the place back.
        partner.live(1).await?;
    }
    stage.pass(Duration::from_millis(50)).await;
    Ok(())
}
