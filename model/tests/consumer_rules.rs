//! The shipped scenarios follow every duty of the client at least once.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use muster_model::actor::{GroupState, model_with};
use muster_model::narrate::retell;
use muster_model::scenario::Scenario;
use muster_model::scenarios::shipped;
use muster_specs::{Exception, Lacks, Rule, Side};
use stateright::Model;

fn hash(state: &GroupState) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// Rules followed by the steps of the first states, breadth first, until nothing is missing.
fn gather(scenario: &Scenario, most_states: usize, missing: &mut BTreeSet<Rule>) {
    let model = model_with(scenario, &[]);
    let mut queue: VecDeque<_> = model.init_states().into();
    let mut seen: BTreeSet<_> = queue.iter().map(hash).collect();
    while let Some(state) = queue.pop_front() {
        if missing.is_empty() || seen.len() > most_states {
            return;
        }
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        for action in actions {
            let rules = retell(scenario, &state, &action).rules().to_vec();
            let Some(next) = model.next_state(&state, action) else { continue };
            if Model::within_boundary(&model, &next) {
                missing.retain(|rule| !rules.contains(rule));
                if seen.insert(hash(&next)) {
                    queue.push_back(next);
                }
            }
        }
    }
}

#[test]
fn every_rule_of_the_consumer_is_followed_somewhere() {
    let consumer = Rule::ALL.iter().copied().filter(|rule| rule.side() == Side::Consumer);
    let exceptions = Exception::all().unwrap();
    let excepted = |rule: &Rule| exceptions.iter().any(|e| e.rule == *rule && e.lacks == Lacks::Model);
    let mut missing: BTreeSet<Rule> = consumer.filter(|rule| !excepted(rule)).collect();
    assert!(missing.len() >= 20, "{missing:?}");
    // Most are followed soon, somewhere.
    for most_states in [1_000, 10_000, 60_000] {
        for scenario in shipped() {
            gather(&scenario, most_states, &mut missing);
        }
    }
    assert_eq!(missing, BTreeSet::new());
}
