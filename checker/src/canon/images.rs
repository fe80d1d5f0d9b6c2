//! What becomes of components in exchanges, computed as far as it is asked for.
//!
//! What goes to another place in some exchange decides first which exchange is chosen, so its hash is known for each of
//! them. What stays where it is has by far the most ids, as what actors stand around; it is asked for few exchanges each.

use super::{UNKNOWN, Way, key};
use crate::content::mix;
use crate::expand::at;
use crate::memo::Memo;
use crate::rules::{Image, Rules, Shape};

/// Of a component that no exchange takes elsewhere.
#[derive(Default)]
struct Staying {
    /// By id and way: what nothing but the hash was asked of.
    hashes: Memo<u64>,
    /// By id: what becomes of it the way that was asked for first, as most are asked for one.
    first: Vec<Become>,
    /// By id and way: the others.
    others: Memo<Become>,
}

/// What becomes of an id.
#[derive(Clone, Copy, Default)]
struct Become {
    /// One more than the way; 0 while nobody asked.
    way: u32,
    id: u32,
    hash: u64,
}

/// Of one that some exchange takes elsewhere: of each id a row, by way.
#[derive(Default)]
struct Moving {
    rows: Vec<u32>,
    hashes: Vec<u64>,
    /// Components and ids; [`NOWHERE`] while nobody asked.
    places: Vec<(u32, u32)>,
}

/// No component has so large a number.
const NOWHERE: (u32, u32) = (u32::MAX, 0);

/// Of one component.
enum Of {
    Staying(Staying),
    Moving(Moving),
}

/// Of all.
pub(super) struct Images<'a> {
    rules: &'a dyn Rules,
    /// Exchanges, and the way that leaves all as it is, which comes first.
    pub(super) ways: usize,
    by_component: Vec<Of>,
    shape: Shape,
    /// Of the state that is looked at.
    ids: Vec<u32>,
    /// By component: where its row begins, if it moves.
    rows: Vec<usize>,
    /// By way: the hash of all that moves, and the least of them as they are compared.
    pub(super) moved: Vec<u64>,
    least: u64,
}

impl<'a> Images<'a> {
    pub(super) fn new(rules: &'a dyn Rules) -> Self {
        let ways = rules.exchanges() + 1;
        Self {
            rules,
            ways,
            by_component: Vec::new(),
            shape: rules.shape(),
            ids: Vec::new(),
            rows: Vec::new(),
            moved: Vec::new(),
            least: 0,
        }
    }

    /// Resident, in bytes, estimated.
    pub(super) fn bytes(&self) -> usize {
        let of = |of: &Of| match of {
            Of::Staying(of) => {
                of.hashes.bytes() + of.others.bytes() + of.first.capacity() * size_of::<Become>()
            }
            Of::Moving(of) => {
                of.rows.capacity() * 4 + (of.hashes.capacity() + of.places.capacity()) * size_of::<u64>()
            }
        };
        self.by_component.iter().map(of).sum()
    }

    /// A state is looked at from here on.
    pub(super) fn look_at(&mut self, ids: &[u32]) {
        while self.by_component.len() < ids.len() {
            let moves = self.rules.moves(self.by_component.len());
            self.by_component.push(if moves {
                Of::Moving(Moving::default())
            } else {
                Of::Staying(Staying::default())
            });
        }
        self.ids.clear();
        self.ids.extend(ids);
        self.rows.clear();
        self.moved.clear();
        self.moved.resize(self.ways, 0);
        for (component, (of, id)) in self.by_component.iter_mut().zip(ids).enumerate() {
            if self.shape.is_empty(component, *id) {
                self.rows.push(0);
                continue;
            }
            let row = match of {
                Of::Staying(_) => 0,
                Of::Moving(of) => of.row(self.rules, self.ways, component, *id),
            };
            if let Of::Moving(of) = of {
                let of = &of.hashes[row..row + self.ways];
                self.moved.iter_mut().zip(of).for_each(|(hash, of)| *hash ^= of);
            }
            self.rows.push(row);
        }
        self.least = self.moved.iter().map(|hash| mix(*hash)).min().unwrap_or_default();
    }

    /// Whether no way comes before this one by what moves. Hashes are compared mixed, since the table would fill unevenly
    /// with least ones.
    pub(super) fn is_first(&self, way: Way) -> bool {
        mix(self.moved[way]) == self.least
    }

    /// The way that comes first by what moves. `None`: there are several.
    pub(super) fn first(&self) -> Option<Way> {
        let mut first = (0..self.ways).filter(|way| self.is_first(*way));
        first.next().filter(|_| first.next().is_none())
    }

    /// The state's hash after an exchange.
    pub(super) fn hash(&mut self, way: Way) -> u64 {
        let mut hash = self.moved[way];
        for (component, (of, id)) in self.by_component.iter_mut().zip(&self.ids).enumerate() {
            if let Of::Staying(of) = of {
                hash ^= of.hash(self.rules, component, *id, way);
            }
        }
        hash
    }

    /// The exchanged ids; the state's hash after the exchange.
    pub(super) fn arrange(&mut self, way: Way, arranged: &mut Vec<u32>) -> u64 {
        arranged.clear();
        arranged.resize(self.ids.len(), 0);
        let mut hash = self.moved[way];
        for (component, (of, id)) in self.by_component.iter_mut().zip(&self.ids).enumerate() {
            if self.shape.is_empty(component, *id) {
                continue;
            }
            let (place, id) = match of {
                Of::Staying(of) => {
                    let after = of.becomes(self.rules, component, *id, way);
                    hash ^= after.hash;
                    (component, after.id)
                }
                Of::Moving(of) => {
                    let place = &mut of.places[self.rows[component] + way];
                    if *place == NOWHERE {
                        let image = image(self.rules, component, *id, way);
                        *place = (image.component, image.id);
                    }
                    (place.0 as usize, place.1)
                }
            };
            if arranged.len() <= place {
                arranged.resize(place + 1, 0);
            }
            arranged[place] = id;
        }
        hash
    }
}

impl Staying {
    /// The hash, without that anything gets an id.
    fn hash(&mut self, rules: &dyn Rules, component: usize, id: u32, way: Way) -> u64 {
        let key = key(id, way_word(way));
        if let Some(known) = self.hashes.get(key) {
            return known;
        }
        let hash = hash(rules, component, id, way);
        self.hashes.insert(key, hash);
        hash
    }

    #[inline]
    fn becomes(&mut self, rules: &dyn Rules, component: usize, id: u32, way: Way) -> Become {
        let named = way_word(way) + 1;
        match self.first.get(id as usize) {
            Some(first) if first.way == named => *first,
            Some(_) | None => self.becomes_else(rules, component, id, way),
        }
    }

    fn becomes_else(&mut self, rules: &dyn Rules, component: usize, id: u32, way: Way) -> Become {
        let key = key(id, way_word(way));
        if let Some(known) = self.others.get(key) {
            return known;
        }
        let after = image(rules, component, id, way).id;
        let known = Become { way: way_word(way) + 1, id: after, hash: rules.hash(component, after) };
        let first = at(&mut self.first, id, Become::default());
        if first.way == 0 {
            *first = known;
        } else {
            self.others.insert(key, known);
        }
        known
    }
}

impl Moving {
    /// Where the row of an id begins.
    fn row(&mut self, rules: &dyn Rules, ways: usize, component: usize, id: u32) -> usize {
        let row = *at(&mut self.rows, id, UNKNOWN);
        if row != UNKNOWN {
            return row as usize * ways;
        }
        let start = self.hashes.len();
        self.hashes.extend((0..ways).map(|way| hash(rules, component, id, way)));
        self.places.resize(start + ways, NOWHERE);
        self.rows[id as usize] = u32::try_from(start / ways).unwrap_or(UNKNOWN);
        start
    }
}

fn way_word(way: Way) -> u32 {
    u32::try_from(way).unwrap_or(u32::MAX)
}

fn hash(rules: &dyn Rules, component: usize, id: u32, way: Way) -> u64 {
    match way.checked_sub(1) {
        None => rules.hash(component, id),
        Some(exchange) => rules.exchanged_hash(component, id, exchange),
    }
}

fn image(rules: &dyn Rules, component: usize, id: u32, way: Way) -> Image {
    match way.checked_sub(1) {
        None => Image { component: way_word(component), id },
        Some(exchange) => rules.exchanged(component, id, exchange),
    }
}
