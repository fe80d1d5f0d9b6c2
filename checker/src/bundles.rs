//! Components that are packed as one: an actor's part, and the flows that only it and busier actors share.
//!
//! Where actors stand around one, as members around a coordinator, a state is a few bundles, and most steps change one
//! of them. Each distinct bundle has an id, given once for all threads, and ids stay when a component is added.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::content::Quick;
use crate::rules::Rules;

/// What a bundle costs is repaid by so many states.
const STATES_A_BUNDLE: u64 = 3;

/// Which components are packed as one, and what each id stands for.
#[derive(Debug)]
pub(crate) struct Bundles {
    /// The first ones are the actors'.
    groups: Vec<Arc<Group>>,
    /// By component: its group, and its place there.
    homes: Vec<(usize, usize)>,
}

/// Components that are packed as one.
#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    known: Mutex<Tuples>,
}

/// The ids that the members have together.
#[derive(Debug, Default)]
struct Tuples {
    ids: HashMap<Box<[u32]>, u32, Quick>,
    /// One after the other.
    all: Vec<u32>,
}

impl Group {
    fn of(members: Vec<usize>) -> Arc<Self> {
        Arc::new(Self { members, known: Mutex::default() })
    }

    /// A panic elsewhere leaves the tuples whole.
    fn known(&self) -> MutexGuard<'_, Tuples> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id_of(&self, tuple: &[u32]) -> u32 {
        let mut known = self.known();
        if let Some(id) = known.ids.get(tuple) {
            return *id;
        }
        let id = u32::try_from(known.ids.len()).unwrap_or(u32::MAX);
        known.ids.insert(tuple.into(), id);
        known.all.extend(tuple);
        id
    }
}

impl Bundles {
    /// Each flow goes with the one of its two actors that talks to fewer; with its addressee if both talk to as many.
    pub(crate) fn new(rules: &dyn Rules) -> Self {
        let (shape, components) = (rules.shape(), rules.counts().len());
        let ends: Vec<(usize, usize)> = (shape.flows..components).map(|flow| rules.ends(flow)).collect();
        let mut peers = vec![std::collections::BTreeSet::new(); shape.actors];
        for (src, dst) in ends.iter().copied().filter(|(src, dst)| src.max(dst) < &shape.actors) {
            peers[src].insert(dst);
            peers[dst].insert(src);
        }
        let talks = |actor: usize| peers.get(actor).map_or(usize::MAX, std::collections::BTreeSet::len);
        let mut members: Vec<Vec<usize>> = (0..shape.actors).map(|actor| vec![actor]).collect();
        for (flow, (src, dst)) in (shape.flows..).zip(ends) {
            let home = if talks(src) < talks(dst) { src } else { dst };
            match members.get_mut(home) {
                Some(of) => of.push(flow),
                None => members.push(vec![flow]),
            }
        }
        let bundles = Self { groups: Vec::new(), homes: Vec::new() };
        bundles.with(members.into_iter().map(Group::of).collect(), components)
    }

    fn with(&self, groups: Vec<Arc<Group>>, components: usize) -> Self {
        let groups: Vec<Arc<Group>> = self.groups.iter().cloned().chain(groups).collect();
        let mut homes = vec![(0, 0); components];
        for (group, of) in groups.iter().enumerate() {
            for (place, member) in of.members.iter().enumerate() {
                homes[*member] = (group, place);
            }
        }
        Self { groups, homes }
    }

    /// The same, each component that was found since then on its own.
    pub(crate) fn and_others(&self, components: usize) -> Self {
        let others = (self.homes.len()..components).map(|component| {
            let group = Group::of(vec![component]);
            // It is missing in the states that are stored, and what is missing is 0.
            group.id_of(&[0]);
            group
        });
        self.with(others.collect(), components)
    }

    /// The group of a component, and its place there.
    #[inline]
    pub(crate) fn home(&self, component: usize) -> Option<(usize, usize)> {
        self.homes.get(component).copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The components.
    pub(crate) fn components(&self) -> usize {
        self.homes.len()
    }

    /// The components of a group.
    pub(crate) fn members(&self, group: usize) -> &[usize] {
        &self.groups[group].members
    }

    /// The id of what a group's components have.
    pub(crate) fn id_of(&self, group: usize, tuple: &[u32]) -> u32 {
        self.groups[group].id_of(tuple)
    }

    /// Gives the bundles of a state their ids; components that are missing at the end are 0.
    pub(crate) fn learn(&self, ids: &[u32]) {
        for (group, of) in self.groups.iter().enumerate() {
            let tuple: Vec<u32> =
                of.members.iter().map(|component| ids.get(*component).copied().unwrap_or(0)).collect();
            self.id_of(group, &tuple);
        }
    }

    /// Whether there are few bundles for so many states.
    pub(crate) fn are_worth_it(&self, states: u64) -> bool {
        self.counts().iter().sum::<usize>() as u64 * STATES_A_BUNDLE < states
    }

    /// The same, if there is one.
    pub(crate) fn find(&self, group: usize, tuple: &[u32]) -> Option<u32> {
        self.groups[group].known().ids.get(tuple).copied()
    }

    /// What an id stands for.
    pub(crate) fn tuple(&self, group: usize, id: u32, tuple: &mut Vec<u32>) {
        let (group, width) = (&self.groups[group], self.groups[group].members.len());
        let first = id as usize * width;
        tuple.clear();
        tuple.extend_from_slice(&group.known().all[first..first + width]);
    }

    /// How many ids each group has.
    pub(crate) fn counts(&self) -> Vec<usize> {
        self.groups.iter().map(|group| group.known().ids.len()).collect()
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let of = |group: &Arc<Group>| {
            let known = group.known();
            known.all.capacity() * 4
                + known.ids.len() * (4 * group.members.len() + 16)
                + known.ids.capacity() * 25
        };
        self.groups.iter().map(of).sum()
    }
}
