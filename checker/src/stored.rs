//! The states that a search stored, as a graph: nothing of it but the states is kept, and successors are made anew from
//! the local steps that are known.
//!
//! Steps that leave the boundary are made too, and lead to nothing that is stored.

use std::cell::RefCell;

use crate::expand::{Expander, Outgrown, Via};
use crate::layout::Layout;
use crate::liveness::{Edge, Graph};
use crate::report::Refused;
use crate::round::Level;
use crate::rules::Rules;
use crate::space::View;
use crate::width::by_width;

/// By so much more than what was seen may a step that leaves the boundary need ids.
const ROOM_FOR_IDS: usize = 64;
/// And flows.
const ROOM_FOR_FLOWS: usize = 8;

/// What a search leaves.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) rules: &'a dyn Rules,
    pub(crate) view: View<'a>,
    pub(crate) layout: &'a Layout,
    pub(crate) levels: &'a [Level],
}

/// The graph.
pub(crate) struct Stored<'a> {
    found: Found<'a>,
    /// A state's place while its successors are made: with room for what lies outside the boundary.
    roomy: Layout,
    /// The numbers that are states'.
    ranges: Vec<(u64, u64)>,
    /// By place in a table of states themselves: the state's number.
    numbers: Vec<u32>,
    maker: RefCell<Maker<'a>>,
}

/// Makes successors.
struct Maker<'a> {
    expander: Expander<'a>,
    ids: Vec<u32>,
    /// Successors: hash, step, and where their ids start.
    next: Vec<(u64, Via, usize)>,
    next_ids: Vec<u32>,
    /// A successor had no room, so some may be missing.
    outgrown: bool,
}

impl<'a> Stored<'a> {
    pub(crate) fn new(found: Found<'a>) -> Result<Self, Refused> {
        let mut counts = found.rules.counts();
        for count in &mut counts {
            *count *= ROOM_FOR_IDS;
        }
        counts.resize(counts.len() + ROOM_FOR_FLOWS, ROOM_FOR_IDS);
        let roomy = Layout::fitting(&counts).ok_or(Refused::TooWide)?;
        let mut ranges: Vec<(u64, u64)> =
            found.levels.iter().flat_map(|level| level.ranges.clone()).collect();
        ranges.sort_unstable();
        let maker = Maker {
            expander: Expander::without_limits(found.rules),
            ids: Vec::new(),
            next: Vec::new(),
            next_ids: Vec::new(),
            outgrown: false,
        };
        let numbers = numbers(&found, &ranges);
        Ok(Self { found, roomy, ranges, numbers, maker: RefCell::new(maker) })
    }

    /// The component ids of a state.
    pub(crate) fn ids(&self, state: u32, ids: &mut Vec<u32>) {
        by_width!(self.found.layout.words, ids_of::<K>(&self.found, state, ids));
    }

    /// Every state, in the order of their numbers.
    pub(crate) fn states(&self) -> impl Iterator<Item = u32> {
        let all = self.ranges.iter().flat_map(|(from, to)| *from..*to);
        all.filter_map(|state| u32::try_from(state).ok())
    }

    /// Refuses what was said of the graph if successors are missing.
    pub(crate) fn is_whole(&self) -> Result<(), Refused> {
        if self.maker.borrow().outgrown { Err(Refused::TooWide) } else { Ok(()) }
    }
}

impl Graph for Stored<'_> {
    type Action = Via;

    fn len(&self) -> usize {
        self.ranges.last().map_or(0, |(_, to)| usize::try_from(*to).unwrap_or(usize::MAX))
    }

    fn contains(&self, state: u32) -> bool {
        let state = u64::from(state);
        let after = self.ranges.partition_point(|(from, _)| *from <= state);
        after > 0 && state < self.ranges[after - 1].1
    }

    fn initial(&self) -> Vec<u32> {
        let first = self.found.levels.iter().take(1).flat_map(|level| level.indices((0, level.size)));
        first.filter_map(|state| u32::try_from(state).ok()).collect()
    }

    fn successors(&self, state: u32, edges: &mut Vec<Edge<Via>>) {
        let mut maker = self.maker.borrow_mut();
        let Maker { expander, ids, next, next_ids, outgrown } = &mut *maker;
        self.ids(state, ids);
        next.clear();
        next_ids.clear();
        let made = by_width!(self.roomy.words, make::<K>(expander, &self.roomy, ids, next, next_ids));
        *outgrown |= made.is_err();
        // By content: flows are numbered as they were found, which may differ from run to run.
        next.sort_by_key(|(hash, _, _)| *hash);
        let components = self.roomy.slots.len();
        for (hash, via, from) in next {
            let to = by_width!(
                self.found.layout.words,
                look_up::<K>(self, *hash, &next_ids[*from..*from + components])
            );
            edges.push(Edge { action: *via, to });
        }
    }
}

/// The component ids of a state.
pub(crate) fn ids_of<const K: usize>(found: &Found<'_>, state: u32, ids: &mut Vec<u32>) {
    found.layout.unpack(&found.view.state::<K>(state), ids);
}

fn make<const K: usize>(
    expander: &mut Expander<'_>,
    roomy: &Layout,
    ids: &[u32],
    next: &mut Vec<(u64, Via, usize)>,
    next_ids: &mut Vec<u32>,
) -> Result<(), Outgrown> {
    let mut words = [0; K];
    roomy.pack(ids, &mut words);
    let mut one = Vec::new();
    expander.expand(roomy, &words, &mut |words: &[u64; K], hash, via| {
        roomy.unpack(words, &mut one);
        next.push((hash, via, next_ids.len()));
        next_ids.extend(&one);
    })
}

/// By place in a table that holds states themselves, and no numbers: the state's number.
fn numbers(found: &Found<'_>, ranges: &[(u64, u64)]) -> Vec<u32> {
    if !found.view.direct {
        return Vec::new();
    }
    let mut numbers = vec![0; found.view.places()];
    let states = ranges.iter().flat_map(|(from, to)| *from..*to);
    for state in states.filter_map(|state| u32::try_from(state).ok()) {
        let [word] = found.view.state::<1>(state);
        if let Some(place) = found.view.place_of(word) {
            numbers[place] = state;
        }
    }
    numbers
}

/// The number of a state, if it is stored.
fn look_up<const K: usize>(stored: &Stored<'_>, hash: u64, ids: &[u32]) -> Option<u32> {
    let (found, mut words) = (&stored.found, [0; K]);
    if !found.layout.find(ids, &mut words) {
        return None;
    }
    if found.view.direct {
        return found.view.place_of(words[0]).map(|place| stored.numbers[place]);
    }
    found.view.find::<K>(hash, &words)
}
