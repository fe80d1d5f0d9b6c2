//! What is asked of states, and of a space that is stored: the same answers however states are packed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{BUNDLES_FROM, Count, bundled, models, path, run, told, watched};
use crate::checker::Checker;
use crate::parts::{PartBoundary, PartProperty, Reads};
use crate::report::{Continue, Refused, Verdict};

#[test]
fn a_boundary_over_parts_is_the_boundary() {
    let (name, model) = models().remove(7);
    assert!(name.starts_with("bounded"));
    let whole = told(&run(Checker::new(&model)));
    let boundary = || PartBoundary::sums([8], |_, s: &Count, counts| counts[0] = u64::from(s.seen));
    for from in BUNDLES_FROM {
        let parts = bundled(Checker::new(&model).boundary(boundary()).threads(2), from);
        assert_eq!(whole, told(&run(parts)), "bundles from {from}");
    }
    let huge = PartBoundary::sums([1 << 20], |_, _: &Count, _| {});
    let refused = Checker::new(&model).boundary(huge).run(&mut |_| Continue::Yes);
    assert!(matches!(refused, Err(Refused::Boundary { .. })));
}

#[test]
fn what_is_asked_of_a_stored_space_does_not_depend_on_bundles() {
    for (name, model) in models() {
        let told = BUNDLES_FROM.map(|from| {
            let checker = bundled(Checker::new(&model), from);
            checker.explore(&mut |_| Continue::Yes, |explored| {
                let relation = explored.relation().unwrap();
                let transitions = relation.transitions();
                let mut told: Vec<_> = transitions.iter().map(|t| format!("{t:?}")).collect();
                let last = transitions.len() - 1;
                assert!(relation.witness(last).is_some(), "{name}");
                told.sort();
                told
            })
        });
        assert!(told[0] == told[2] && told[1] == told[2], "{name}");
    }
}

#[test]
fn a_property_is_asked_once_of_what_it_sees() {
    let model = watched();
    let asked = Arc::new(AtomicU64::new(0));
    let counted = |seeing: bool| {
        asked.store(0, Ordering::Relaxed);
        let count = Arc::clone(&asked);
        let few = PartProperty::always("few in parts", Reads::actors([0, 1]), move |parts| {
            count.fetch_add(1, Ordering::Relaxed);
            (0..2).all(|i| parts.actor(i).is_none_or(|s: &Count| s.ticks < 2))
        });
        let ticks = |_, s: &Count| Count { seen: 0, ticks: s.ticks, chosen: None };
        let few = if seeing { few.seeing(Arc::new(ticks)) } else { few };
        let report = run(Checker::new(&model).property(few));
        assert_eq!(path(report.verdict("few")), path(report.verdict("few in parts")));
        asked.load(Ordering::Relaxed)
    };
    let (all, seen) = (counted(false), counted(true));
    assert!(seen < all && seen <= 10, "{seen} {all}");
}

#[test]
fn what_is_said_of_each_message_is_what_is_said_of_all_of_them() {
    for (name, model) in models() {
        for (most, from) in [1, 3, 100].into_iter().flat_map(|most| BUNDLES_FROM.map(|from| (most, from))) {
            let all = PartProperty::always("all", Reads::default().and_messages(), move |parts| {
                parts.messages().all(|message| *message.msg < most)
            });
            let each = PartProperty::every_message("each", move |message| *message.msg < most);
            let checker = Checker::new(&model).threads(2).property(all).property(each);
            let report = run(bundled(checker, from));
            let (all, each) = (report.verdict("all"), report.verdict("each"));
            assert_eq!(path(all), path(each), "{name}, bundles from {from}");
            assert_eq!(matches!(each, Some(Verdict::Holds)), most == 100, "{name}, {most}");
        }
    }
}
