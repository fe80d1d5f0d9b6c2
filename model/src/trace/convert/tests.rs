use super::*;
use crate::types::{ProtocolName, ProtocolType};

#[test]
fn the_last_word_on_a_timer_counts() {
    let session = CoordinatorTimer::Session(MemberId(0));
    let (rebalance, ghost) = (CoordinatorTimer::Rebalance, CoordinatorTimer::PreferLast);
    let changes = timers(&[(session, false), (rebalance, true), (session, true), (ghost, true)]);
    assert_eq!(changes.set, [Timer::Rebalance, Timer::Session { member: "m1".to_owned() }]);
    assert_eq!(changes.cancelled, []);
    assert_eq!(timers(&[(rebalance, true), (rebalance, false)]).cancelled, [Timer::Rebalance]);
}

#[test]
fn an_error_of_a_leave_stands_where_the_version_puts_it() {
    let answer = |version| {
        let leaver = Some(Leaver { member: Some(MemberId(1)), instance: None });
        response(&Response::LeaveGroup { version, leaver, error: Error::UnknownMemberId })
    };
    let (at_top, at_member) = (answer(2), answer(3));
    let code = "UNKNOWN_MEMBER_ID".to_owned();
    assert_eq!(at_top, crate::trace::Response::LeaveGroup { error: code.clone(), members: Vec::new() });
    let members = vec![("m2".to_owned(), code)];
    assert_eq!(at_member, crate::trace::Response::LeaveGroup { error: "NONE".to_owned(), members });
}

#[test]
fn a_join_is_told_in_symbols() {
    let offered = crate::types::Protocol { name: ProtocolName::Range, topics: Topics::first(2), claim: None };
    let join = JoinGroup {
        version: 9,
        member: None,
        instance: None,
        session_timeout: crate::trace::SessionTimeout::InBounds,
        protocol_type: ProtocolType::Consumer,
        protocols: vec![offered],
    };
    let json = serde_json::to_value(request(&Request::JoinGroup(join))).unwrap();
    let expected = serde_json::json!({
        "api": "JoinGroup", "version": 9, "member": "", "protocol_type": "consumer",
        "protocols": [{"name": "range", "topics": ["t1", "t2"]}],
    });
    assert_eq!(json, expected);
}

#[test]
fn what_is_not_committed_is_minus_one() {
    let partition = |index| Partition { topic: TopicId(0), index };
    let offsets = [(partition(0), Some(Offset(2))), (partition(1), None)].into();
    let json = serde_json::to_value(response(&Response::OffsetFetch(Ok(offsets)))).unwrap();
    assert_eq!(json["offsets"], serde_json::json!({"t1": {"0": 2, "1": -1}}));
}
