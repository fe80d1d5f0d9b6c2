//! Known answers on graphs of a few states.

use muster_checker::liveness::Form::{
    AlwaysEventually, Eventually, EventuallyAlways, FinitelyOften, LeadsTo,
};
use muster_checker::liveness::{Fairness, MOST_CONSTRAINTS, check};

use crate::table::{at, property, table, told};

#[test]
fn nothing_has_to_happen_without_fairness() {
    let graph = table("0a1");
    assert_eq!(told(&graph, Eventually(at(&[1])), ""), "0()");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:*"), "holds");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:b"), "0()");
}

#[test]
fn a_behaviour_that_comes_to_an_end_stays_there() {
    let graph = table("0a1 1b2 0c3");
    assert_eq!(told(&graph, Eventually(at(&[2])), "weak:*"), "0c3()");
    assert_eq!(told(&graph, AlwaysEventually(at(&[1])), "weak:*"), "0c3()");
    assert_eq!(told(&graph, EventuallyAlways(at(&[2, 3])), "weak:*"), "holds");
    assert_eq!(told(&graph, LeadsTo(at(&[1]), at(&[2])), "weak:*"), "holds");
}

#[test]
fn a_cycle_goes_round_for_ever() {
    let graph = table("0a1 1b2 2c1 2d3");
    assert_eq!(told(&graph, Eventually(at(&[3])), "weak:*"), "0a1(b2c1)");
    assert_eq!(told(&graph, Eventually(at(&[3])), "weak:* weak:d"), "0a1(b2c1)");
    assert_eq!(told(&graph, Eventually(at(&[3])), "weak:* strong:d"), "holds");
    assert_eq!(told(&graph, EventuallyAlways(at(&[0, 1, 3])), "weak:*"), "0a1(b2c1)");
    assert_eq!(told(&graph, AlwaysEventually(at(&[2, 3])), "weak:*"), "holds");
}

#[test]
fn a_self_loop_goes_round_for_ever() {
    let graph = table("0a0 0b1");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:*"), "0(a0)");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:* weak:b"), "holds");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:b"), "holds");
}

/// The cycle has to take such a step, and to be fair with it; to stay where one is possible is no violation.
#[test]
fn steps_that_are_taken_for_ever() {
    let a = || FinitelyOften(Box::new(|_, action: &char| *action == 'a'));
    assert_eq!(told(&table("0a1 1b2"), a(), ""), "holds");
    assert_eq!(told(&table("0b0 0a1"), a(), ""), "holds");
    assert_eq!(told(&table("0b1 1a2 2c1"), a(), "weak:*"), "0b1(a2c1)");
    assert_eq!(told(&table("0a1 1b0 1c2"), a(), "weak:* strong:c"), "holds");
    assert_eq!(told(&table("0a1 1b0 0d3 3e0"), a(), "weak:* strong:d"), "0(a1b0d3e0)");
    assert_eq!(told(&table("0b1 1a-"), a(), "weak:*"), "undecided");
}

/// Two paths that join: on one of them it has happened, on the other it has not.
#[test]
fn a_join_is_not_a_cycle() {
    let graph = table("0a1 0b2 1c3 2d3 3e4");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:*"), "0b2d3e4()");
    assert_eq!(told(&graph, Eventually(at(&[2])), "weak:*"), "0a1c3e4()");
    assert_eq!(told(&graph, Eventually(at(&[3])), "weak:*"), "holds");
}

#[test]
fn weak_fairness_is_of_what_is_always_possible() {
    // `d` is possible in both states of the cycle, `e` in one.
    let graph = table("0a1 1b0 0d2 1d2 0e3");
    assert_eq!(told(&graph, Eventually(at(&[2, 3])), "weak:*"), "0(a1b0)");
    assert_eq!(told(&graph, Eventually(at(&[2, 3])), "weak:* weak:d"), "holds");
    assert_eq!(told(&graph, Eventually(at(&[2, 3])), "weak:* weak:e"), "0(a1b0)");
    assert_eq!(told(&graph, Eventually(at(&[2, 3])), "weak:* strong:e"), "holds");
    assert_eq!(told(&graph, Eventually(at(&[2])), "weak:* strong:e"), "0e3()");
}

/// Strong fairness asks for `d` in state 1 only: whoever avoids that state need not do it.
#[test]
fn strong_fairness_is_met_where_nothing_is_asked() {
    let graph = table("0a1 1b0 1d3 0c2 2e0");
    assert_eq!(told(&graph, Eventually(at(&[3])), "weak:* strong:d"), "0(c2e0)");
    assert_eq!(told(&graph, Eventually(at(&[3])), "weak:* strong:d strong:a"), "holds");
}

/// Each of two is done again and again, in turn.
#[test]
fn a_cycle_meets_every_constraint() {
    let graph = table("0a1 1b0 0c2 2d0 0g0");
    let (fair, form) = ("weak:* strong:a strong:c", || AlwaysEventually(at(&[])));
    assert_eq!(told(&graph, form(), "weak:*"), "0(g0)");
    assert_eq!(told(&graph, form(), fair), "0(a1b0c2d0)");
}

#[test]
fn what_is_awaited_is_awaited_anew() {
    // Once round 1 and 2, and 2 is where 1 leads; from 3 on there is no 2.
    let graph = table("0a1 1b2 2c1 2d3 3e4 4f3");
    assert_eq!(told(&graph, LeadsTo(at(&[1]), at(&[2])), "weak:*"), "holds");
    assert_eq!(told(&graph, LeadsTo(at(&[2]), at(&[1])), "weak:*"), "0a1b2d3(e4f3)");
    assert_eq!(told(&graph, LeadsTo(at(&[0]), at(&[4])), "weak:*"), "0a1(b2c1)");
    assert_eq!(told(&graph, LeadsTo(at(&[4]), at(&[4])), "weak:*"), "holds");
}

/// The way to where it is awaited leads through where it has happened before.
#[test]
fn a_stem_may_pass_what_comes_too_early() {
    let graph = table("0a1 1b2 2c3");
    assert_eq!(told(&graph, LeadsTo(at(&[2]), at(&[1])), "weak:*"), "0a1b2c3()");
    assert_eq!(told(&graph, LeadsTo(at(&[0, 2]), at(&[1])), "weak:*"), "0a1b2c3()");
    assert_eq!(told(&graph, LeadsTo(at(&[0]), at(&[1])), "weak:*"), "holds");
}

#[test]
fn what_leaves_the_boundary_while_awaited_is_undecided() {
    let graph = table("0a1 1b2 1c-");
    assert_eq!(told(&graph, Eventually(at(&[2])), "weak:*"), "undecided");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:*"), "holds");
    assert_eq!(told(&graph, Eventually(at(&[1])), ""), "0()");
    assert_eq!(told(&graph, LeadsTo(at(&[0]), at(&[1])), "weak:*"), "holds");
    assert_eq!(told(&graph, LeadsTo(at(&[1]), at(&[2])), "weak:*"), "undecided");
}

/// A step past the boundary is possible: whoever must take it cannot stay.
#[test]
fn what_only_the_boundary_saves_is_undecided() {
    let graph = table("0a1 1b0 0c- 1c-");
    assert_eq!(told(&graph, Eventually(at(&[])), "weak:*"), "0(a1b0)");
    assert_eq!(told(&graph, Eventually(at(&[])), "weak:* weak:c"), "undecided");
}

/// A cycle through the boundary could come back to a state that counts, but not to one that is left for good.
#[test]
fn what_could_come_back_is_undecided() {
    assert_eq!(told(&table("0a1 1b2 2c1 2d- "), EventuallyAlways(at(&[1, 2])), "weak:*"), "holds");
    assert_eq!(
        told(&table("0a1 1b0 0c2 1d-"), EventuallyAlways(at(&[1, 2])), "weak:* strong:c"),
        "undecided"
    );
}

#[test]
fn the_budget_of_faults_leaves_nothing_open() {
    // `f` is a fault: it may happen within the boundary, need not, and past the boundary does not.
    let graph = table("0a1 0f2 2a3 2f- 3f-");
    assert_eq!(told(&graph, Eventually(at(&[1, 3])), "weak:a"), "holds");
    assert_eq!(told(&graph, Eventually(at(&[1])), "weak:a"), "0f2a3()");
    assert_eq!(told(&table("0f1"), Eventually(at(&[1])), "weak:a"), "0()");
}

/// The nearest violation is told, and not one that is met with first.
#[test]
fn a_lasso_is_short() {
    let graph = table("0a1 1a2 2a3 3a3 0b4 4c5 5c6 6c4 5d5");
    assert_eq!(told(&graph, Eventually(at(&[])), "weak:*"), "0b4c5(d5)");
    assert_eq!(told(&graph, Eventually(at(&[5])), "weak:*"), "0a1a2a3(a3)");
}

#[test]
fn a_whole_graph_may_be_outside() {
    assert_eq!(told(&table("0a1"), LeadsTo(at(&[]), at(&[])), ""), "holds");
    assert_eq!(told(&table(""), AlwaysEventually(at(&[])), ""), "holds");
}

#[test]
fn more_constraints_than_are_kept_are_refused() {
    let graph = table("0a1");
    let mut property = property(Eventually(at(&[1])), "");
    property.fairness.extend((0..MOST_CONSTRAINTS).map(|_| Fairness::progress()));
    assert!(check(&graph, &property).is_ok());
    property.fairness.push(Fairness::progress());
    let refused = check(&graph, &property).unwrap_err();
    assert_eq!(refused.to_string(), "property 'tested' has more than 62 fairness constraints");
}
