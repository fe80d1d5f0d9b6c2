//! What consumers may be: static members, and the ways to commit, to oversleep and to change one's mind.

use super::{bounds, cooperating, faulty};
use crate::property::PropertyId;
use crate::scenario::{Assignor, Bounds, CommitMode, Faults, Membership, Scenario};

/// Of static members.
pub(super) fn of_static_members() -> Vec<Scenario> {
    vec![static_restart(), static_twins(), static_leave(), static_expire()]
}

/// Of commits, poll timeouts and subscriptions.
pub(super) fn of_clients() -> Vec<Scenario> {
    vec![
        auto_commit(),
        commit_sync(),
        commit_on_revocation(),
        poll_timeout(),
        cooperative_poll_timeout(),
        subscribe(),
        cooperative_subscribe(),
        cooperative_auto(),
        sticky(),
        sticky_mixed(),
        cooperative_static(),
        cooperative_mixed(),
        hand_off(),
    ]
}

fn static_restart() -> Scenario {
    let about = "a static member, the leader too, ends at any moment and starts again with its instance id";
    let faults = Faults { crash: 1, ..Faults::default() };
    let scenario = faulty("static_restart", about, bounds(2, 2, 1, 3, 4), faults);
    Scenario { membership: Membership::Static, ..scenario }
}

fn static_twins() -> Scenario {
    let about = "a process is started with the instance id of one that still runs, and takes its place";
    let scenario = Scenario::faithful("static_twins", about, bounds(3, 2, 1, 3, 3));
    Scenario { membership: Membership::StaticTwins, ..scenario }
}

fn static_leave() -> Scenario {
    let about =
        "a static member closes: it sends no LeaveGroup, and its place is kept until its session ends";
    let faults = Faults { leave: 1, ..Faults::default() };
    let scenario = faulty("static_leave", about, bounds(2, 2, 1, 3, 2), faults);
    Scenario { membership: Membership::Static, ..scenario }
}

fn static_expire() -> Scenario {
    let about =
        "the coordinator runs out of patience with a static member: it is removed, or kept and left behind";
    let faults = Faults { expire: 1, ..Faults::default() };
    let scenario = faulty("static_expire", about, bounds(2, 2, 1, 3, 3), faults);
    Scenario { membership: Membership::Static, ..scenario }
}

fn auto_commit() -> Scenario {
    let about = "consumers commit by themselves: now and then, before each JoinGroup and on close";
    let faults = Faults { leave: 1, ..Faults::default() };
    Scenario { commit: CommitMode::Auto, ..faulty("auto_commit", about, bounds(2, 1, 2, 3, 2), faults) }
}

fn commit_sync() -> Scenario {
    let about = "commits are waited for, and sent again when their connection is given up";
    let faults = Faults { give_up: 1, ..Faults::default() };
    Scenario { commit: CommitMode::Sync, ..faulty("commit_sync", about, bounds(2, 1, 2, 2, 2), faults) }
}

fn commit_on_revocation() -> Scenario {
    let about =
        "an eager consumer commits what it has processed in onPartitionsRevoked, and waits for the answer";
    let faults = Faults { leave: 1, ..Faults::default() };
    let scenario = faulty("commit_on_revocation", about, bounds(2, 1, 2, 3, 2), faults);
    Scenario { commit_on_revocation: true, ..scenario }
}

fn poll_timeout() -> Scenario {
    let about =
        "an application takes too long: its consumer leaves, and it goes on with what it was handed out";
    let faults = Faults { poll_timeout: 1, ..Faults::default() };
    faulty("poll_timeout", about, bounds(2, 2, 1, 3, 3), faults)
}

fn cooperative_poll_timeout() -> Scenario {
    let about = "a cooperative consumer takes too long, and has lost what it would otherwise keep";
    let faults = Faults { poll_timeout: 1, ..Faults::default() };
    cooperating(faulty("cooperative_poll_timeout", about, bounds(2, 1, 2, 4, 3), faults))
}

fn subscribe() -> Scenario {
    let about = "a consumer of two topics goes over to one, or the other way round";
    let faults = Faults { subscribe: 1, ..Faults::default() };
    let bounds = Bounds { topics: 2, ..bounds(2, 1, 1, 3, 2) };
    Scenario { mixed_subscriptions: true, ..faulty("subscribe", about, bounds, faults) }
}

fn cooperative_subscribe() -> Scenario {
    let about =
        "a cooperative consumer gives up the topic that it does not subscribe to any more, and no other";
    let faults = Faults { subscribe: 1, ..Faults::default() };
    let bounds = Bounds { topics: 2, ..bounds(2, 1, 1, 4, 2) };
    cooperating(faulty("cooperative_subscribe", about, bounds, faults))
}

/// `ConsumerCoordinator.onJoinComplete` revokes without a commit, and what was handed out since that of `onJoinPrepare` is
/// handed out again.
fn cooperative_auto() -> Scenario {
    let about =
        "cooperative consumers that commit by themselves hand a partition over without its last records";
    let scenario = cooperating(Scenario::faithful("cooperative_auto", about, bounds(2, 2, 1, 3, 2)));
    Scenario {
        commit: CommitMode::Auto,
        commit_on_revocation: false,
        expected_violations: vec![PropertyId::HandoverRepeatsNothing],
        ..scenario
    }
}

fn hand_off() -> Scenario {
    let about = "records go to a worker, and an automatic commit takes them for processed";
    let scenario = Scenario::faithful("hand_off", about, bounds(2, 1, 2, 3, 2));
    Scenario {
        commit: CommitMode::Auto,
        hand_off: true,
        expected_violations: vec![PropertyId::NoRecordSkipped],
        ..scenario
    }
}

fn sticky() -> Scenario {
    let about = "an eager leader lets members keep what they had, also after one was left behind";
    let faults = Faults { expire: 1, ..Faults::default() };
    Scenario { assignor: Assignor::Sticky, ..faulty("sticky", about, bounds(2, 2, 1, 3, 3), faults) }
}

/// The general algorithm of the sticky assignors: partitions are moved one by one.
fn sticky_mixed() -> Scenario {
    let about = "an eager sticky leader of members that read different topics evens out what it can";
    let bounds = Bounds { topics: 2, ..bounds(2, 2, 1, 3, 2) };
    let scenario = Scenario::faithful("sticky_mixed", about, bounds);
    Scenario { assignor: Assignor::Sticky, mixed_subscriptions: true, ..scenario }
}

/// What it claims is given away, and while `onPartitionsRevoked` runs it has the generation of the new owner: nothing fences
/// its commit.
fn cooperative_static() -> Scenario {
    let about = "a cooperative static member misses a rebalance, is kept, and claims what was given away";
    let faults = Faults { expire: 1, ..Faults::default() };
    let scenario = cooperating(faulty("cooperative_static", about, bounds(2, 2, 1, 4, 2), faults));
    Scenario {
        membership: Membership::Static,
        expected_violations: vec![PropertyId::LiveOwnersDisjoint],
        ..scenario
    }
}

fn cooperative_mixed() -> Scenario {
    let about = "cooperative consumers of different topics: who reads less gets no more than it reads";
    let bounds = Bounds { topics: 2, ..bounds(2, 1, 1, 4, 2) };
    let scenario = cooperating(Scenario::faithful("cooperative_mixed", about, bounds));
    Scenario { mixed_subscriptions: true, ..scenario }
}
