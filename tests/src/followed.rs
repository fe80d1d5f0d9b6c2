//! The rules that a step follows, against those that a system says it followed.

use std::collections::BTreeSet;

use muster_model::trace::{Event, Request, Step};
use muster_specs::{Rule, Side};

use crate::compare::{Aspect, Divergence};

/// What a system follows without saying so. A coordinator that reads its log looks at the groups that it finds there; that
/// any other group is absent is no decision that it takes.
const UNSAID: [Rule; 1] = [Rule::ForgetGroupWithoutRecords];

/// The rules that a step follows and those that a system says it followed are the same: each at least once, in whatever
/// order. On a difference, the rule that it is held against.
pub(crate) fn differ(step: &Step, said: &BTreeSet<Rule>) -> Option<(Option<Rule>, Divergence)> {
    let expected = of_coordinator(step);
    let missing = expected.iter().find(|rule| !said.contains(rule) && !UNSAID.contains(rule));
    let extra = said.iter().find(|rule| !expected.contains(rule));
    missing.or(extra)?;
    let first = || step.rules.iter().find(|rule| rule.side() == Side::Coordinator);
    let divergence = Divergence {
        connection: String::new(),
        aspect: Aspect::Rules,
        expected: text(&expected),
        actual: text(said),
    };
    Some((missing.or_else(first).or(extra).copied(), divergence))
}

/// Whether a step only looks at the group: `DescribeGroups` and `ListGroups` read what is there, and decide nothing that a
/// rule could be said of.
pub(crate) fn only_looks(event: &Event) -> bool {
    match event {
        Event::Request { request, .. } => {
            matches!(request, Request::DescribeGroups { .. } | Request::ListGroups { .. })
        }
        Event::Timer { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => false,
    }
}

fn of_coordinator(step: &Step) -> BTreeSet<Rule> {
    step.rules.iter().copied().filter(|rule| rule.side() == Side::Coordinator).collect()
}

fn text(rules: &BTreeSet<Rule>) -> String {
    let names: Vec<_> = rules.iter().map(|rule| rule.id()).collect();
    format!("rules [{}]", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand;

    fn step(rules: &[Rule]) -> Step {
        let act = Event::Consumer { consumer: "c1".to_owned(), act: String::new() };
        Step { rules: rules.to_vec(), ..by_hand::step(act) }
    }

    /// The rules that differences are held against; nothing differs: none.
    fn blamed(step: &Step, said: &[Rule]) -> Vec<Option<Rule>> {
        differ(step, &said.iter().copied().collect()).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn order_and_number_do_not_matter_and_a_clients_rules_are_its_own() {
        let step = step(&[Rule::StartRebalance, Rule::ResumeFromCommittedOffset, Rule::RestartSessionTimer]);
        let said = [Rule::RestartSessionTimer, Rule::RestartSessionTimer, Rule::StartRebalance];
        assert_eq!(blamed(&step, &said), []);
    }

    #[test]
    fn a_rule_too_few_is_held_against_it_and_one_too_many_against_the_first() {
        let step = step(&[Rule::StartRebalance, Rule::RestartSessionTimer]);
        assert_eq!(blamed(&step, &[Rule::StartRebalance]), [Some(Rule::RestartSessionTimer)]);
        let more = [Rule::StartRebalance, Rule::RestartSessionTimer, Rule::AcceptCommit];
        assert_eq!(blamed(&step, &more), [Some(Rule::StartRebalance)]);
    }

    #[test]
    fn what_no_system_says_may_be_left_out_and_not_made_up() {
        assert_eq!(blamed(&step(&[Rule::ForgetGroupWithoutRecords]), &[]), []);
        assert_eq!(blamed(&step(&[]), &[Rule::ForgetGroupWithoutRecords]).len(), 1);
    }
}
