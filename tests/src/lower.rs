//! Traces for a broker that knows only older versions of the protocol: the same requests as an older client sends them,
//! with what a correct coordinator answers to those.

use muster_model::trace::{Event, Request, Trace};

use crate::in_process::InitialDelay;
use crate::in_process::retell::{happenings, retell, retell_possible};

/// From this version on a SyncGroup tells its protocol.
const SYNC_WITH_PROTOCOL: i16 = 5;
/// From this version on a LeaveGroup names several members, and instances.
const LEAVE_OF_MANY: i16 = 3;

/// The trace with every request at a version that `highest` gives for its API, or below. None if that cannot be: a
/// request says what the version does not carry.
pub fn lower(trace: &Trace, delay: InitialDelay, highest: &dyn Fn(&Request) -> Option<i16>) -> Option<Trace> {
    let mut lowered = happenings(trace);
    for happening in &mut lowered {
        if let Event::Request { request, .. } = &mut happening.event {
            let highest = highest(request)?;
            if *version(request) > highest {
                *version(request) = highest;
                fit(request)?;
            }
        }
    }
    // Below version 4 a first JoinGroup is admitted, and a second one on its connection cannot come before its answer.
    retell(trace, &lowered, delay).or_else(|| Some(retell_possible(trace, &lowered, delay)))
}

fn version(request: &mut Request) -> &mut i16 {
    match request {
        Request::FindCoordinator { version }
        | Request::JoinGroup { version, .. }
        | Request::SyncGroup { version, .. }
        | Request::Heartbeat { version, .. }
        | Request::LeaveGroup { version, .. }
        | Request::OffsetCommit { version, .. }
        | Request::TxnOffsetCommit { version, .. }
        | Request::OffsetFetch { version, .. }
        | Request::DeleteGroups { version }
        | Request::OffsetDelete { version, .. }
        | Request::DescribeGroups { version }
        | Request::ListGroups { version, .. } => version,
    }
}

/// Leaves out what the version does not carry, if it may be left out.
fn fit(request: &mut Request) -> Option<()> {
    let carried = match request {
        Request::FindCoordinator { .. }
        | Request::DeleteGroups { .. }
        | Request::OffsetDelete { .. }
        | Request::DescribeGroups { .. } => true,
        Request::ListGroups { version, states } => states.is_empty() || *version >= 4,
        // A first JoinGroup is answered otherwise by version; the coordinator that tells the trace anew knows.
        Request::JoinGroup { version, instance, .. } => instance.is_none() || *version >= 5,
        Request::SyncGroup { version, instance, protocol_type, protocol_name, .. } => {
            if *version < SYNC_WITH_PROTOCOL {
                (*protocol_type, *protocol_name) = (None, None);
            }
            instance.is_none() || *version >= 3
        }
        Request::Heartbeat { version, instance, .. } => instance.is_none() || *version >= 3,
        Request::LeaveGroup { version, members, instances, .. } => {
            *version >= LEAVE_OF_MANY || (members.len() == 1 && instances.iter().all(Option::is_none))
        }
        Request::OffsetCommit { version, instance, .. } => instance.is_none() || *version >= 7,
        Request::TxnOffsetCommit { version, member, instance, generation, .. } => {
            *version >= 3 || (member.is_empty() && instance.is_none() && *generation < 0)
        }
        Request::OffsetFetch { version, require_stable, partitions, .. } => {
            (!*require_stable || *version >= 7) && (!partitions.is_empty() || *version >= 2)
        }
    };
    carried.then_some(())
}
