//! stateright's own checkers on one thread, which can be stopped and say so.
//!
//! What stateright 0.31 leaves to its user: a stopped run looks complete, a discovery may be overwritten by a
//! longer one, and a run cannot be cancelled. Here a stopped model has no more steps, so that the checker runs
//! dry; whether it was stopped is kept beside it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model, Property};

use super::{Continue, Found, Options, Progress, Undecided, Until};
use crate::actor::{GroupAction, GroupModel, GroupState, View, model_with};
use crate::property::PropertyId;
use crate::scenario::Scenario;

/// Between two looks at a search.
const POLL: Duration = Duration::from_millis(5);

/// Which of stateright's checkers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Breadth,
    Depth,
}

/// Searches the scenario's states for violations of the properties.
pub(super) fn search(
    scenario: &Scenario,
    properties: &[PropertyId],
    order: Order,
    until: Until,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    let stop = Arc::new(AtomicBool::new(false));
    let model = Stoppable {
        inner: model_with(scenario, &[]),
        properties: properties.to_vec(),
        stop: Arc::clone(&stop),
    };
    let finish = match until {
        Until::Violated => HasDiscoveries::Any,
        // No property has this name, so nothing that is found ends the search.
        Until::Exhausted => HasDiscoveries::AllOf(BTreeSet::from(["exhausted"])),
    };
    let checker: CheckerBuilder<Stoppable> = model.checker().threads(1).finish_when(finish);
    match order {
        Order::Breadth => follow(checker.spawn_bfs(), properties, &stop, options, progress),
        Order::Depth => follow(checker.spawn_dfs(), properties, &stop, options, progress),
    }
}

fn follow(
    mut checker: impl Checker<Stoppable>,
    properties: &[PropertyId],
    stop: &AtomicBool,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    let workers = checker.handles();
    let mut undecided = None;
    while !workers.iter().all(thread::JoinHandle::is_finished) {
        thread::sleep(POLL);
        let seen = Progress {
            states: checker.unique_state_count(),
            generated: checker.state_count(),
            depth: steps(checker.max_depth()),
            frontier: None,
            bytes: None,
        };
        let many = options.max_states.filter(|max| seen.states > *max).map(Undecided::MaxStates);
        let over = many.or(options.max_depth.filter(|max| seen.depth > *max).map(Undecided::MaxDepth));
        let cancelled = (progress(seen) == Continue::No).then_some(Undecided::Cancelled);
        if let (None, Some(why)) = (&undecided, over.or(cancelled)) {
            stop.store(true, Ordering::Relaxed);
            undecided = Some(why);
        }
    }
    for worker in workers {
        if worker.join().is_err() {
            undecided = Some(Undecided::Failed("the search ended by a panic of the model".to_owned()));
        }
    }
    // Paths are made by walking the model again.
    stop.store(false, Ordering::Relaxed);
    let mut paths = checker.discoveries();
    let violated =
        properties.iter().filter_map(|p| paths.remove(p.id()).map(|path| (*p, path.into_actions())));
    Found {
        states: checker.unique_state_count(),
        generated: checker.state_count(),
        depth: steps(checker.max_depth()),
        violated: violated.collect(),
        undecided,
        bytes: None,
        liveness: Vec::new(),
    }
}

/// stateright counts the states of a path.
fn steps(max_depth: usize) -> usize {
    max_depth.saturating_sub(1)
}

/// The model, until it is stopped.
struct Stoppable {
    inner: GroupModel,
    properties: Vec<PropertyId>,
    stop: Arc<AtomicBool>,
}

impl Model for Stoppable {
    type State = GroupState;
    type Action = GroupAction;

    fn init_states(&self) -> Vec<GroupState> {
        self.inner.init_states()
    }

    fn actions(&self, state: &GroupState, actions: &mut Vec<GroupAction>) {
        if !self.stop.load(Ordering::Relaxed) {
            self.inner.actions(state, actions);
        }
    }

    fn next_state(&self, state: &GroupState, action: GroupAction) -> Option<GroupState> {
        self.inner.next_state(state, action)
    }

    fn within_boundary(&self, state: &GroupState) -> bool {
        Model::within_boundary(&self.inner, state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.properties.iter().map(|p| property(*p)).collect()
    }
}

fn property(id: PropertyId) -> Property<Stoppable> {
    // stateright takes plain functions, so each property needs its own.
    macro_rules! always {
        ($( $property:ident )*) => { match id { $( PropertyId::$property => {
            |model: &Stoppable, state: &GroupState| holds(&model.inner, state, PropertyId::$property)
        } )* } };
    }
    let condition: fn(&Stoppable, &GroupState) -> bool = always!(
        OneOwnerPerGeneration LiveOwnersDisjoint AssignmentDisjoint AssignmentComplete MovingPartitionWithheld
        EvenAssignment
        CommittedOffsetMonotonic StaleCommitFenced NoRecordSkipped GenerationMonotonic OneLeader
        OneMemberPerInstance HandoverRepeatsNothing WithheldComesBack StickyKeeps
        AcknowledgedIsDurable
        ProcessedExactlyOnce NoTwoProcessorsAtOnce NoStaleOverwrite RecordOrderPreserved OrderAcrossTopics
        UnrelatedMembersUndisturbed UnrelatedCommitsUndisturbed SlowMemberDelaysNobody EveryMemberOwnsSomething
        IdleMembersHelp EvenLoadAcrossTopics LateCommitIsHarmless AutoCommitNeverLoses KeptStaticMemberIsFenced
        FetchedOffsetIsFinal GenerationIdentifiesAssignment LeaveIsFinal LeaderNoticesNewPartitions
    );
    Property::always(id.id(), condition)
}

fn holds(model: &GroupModel, state: &GroupState, property: PropertyId) -> bool {
    View::new(&model.cfg, state).is_some_and(|view| property.violation(&view).is_none())
}
