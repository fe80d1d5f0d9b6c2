//! Checks [`stateright::actor::ActorModel`]s, unmodified: every state within the bounds is seen and kept whole, a
//! counterexample is a shortest one, and a verdict says whether the space was exhausted.
//!
//! ```
//! use muster_checker::{Checker, Continue, Ending};
//! use stateright::actor::{Actor, ActorModel, Id, Network, Out};
//!
//! struct Quiet;
//! impl Actor for Quiet {
//!     type Msg = ();
//!     type Timer = ();
//!     type State = ();
//!     type Storage = ();
//!     type Random = ();
//!     fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) {}
//! }
//!
//! let model: ActorModel<Quiet> = ActorModel::new((), ()).actor(Quiet).init_network(Network::new_ordered([]));
//! let report = Checker::new(&model).threads(2).run(&mut |_| Continue::Yes)?;
//! assert_eq!((report.unique, report.ending), (1, Ending::Exhausted));
//! # Ok::<(), muster_checker::Refused>(())
//! ```

#[cfg(test)]
mod agreement;
mod asked;
mod book;
mod bundles;
mod canon;
mod checker;
mod clock;
mod content;
mod counters;
mod engine;
mod expand;
mod explored;
mod eyes;
mod growth;
mod independence;
mod judge;
mod labels;
mod layout;
pub mod liveness;
mod local;
mod memo;
#[cfg(test)]
mod naive;
mod normal;
mod note;
mod orbits;
mod parts;
mod path;
mod pool;
mod por;
mod raw;
mod relation;
mod report;
mod round;
mod rules;
mod same;
mod search;
mod space;
mod store;
mod stored;
mod symmetry;
mod threads;
mod tree;
mod width;
mod witness;
mod worker;

pub use checker::{Checker, Explorable, History, Stop, Storage};
pub use explored::Explored;
pub use independence::{Cause, Independence, LocalStep};
pub use normal::{Kind, NormalForm, Numbers};
pub use parts::{PartBoundary, PartProperty, Parts, Reads, Seeing};
pub use pool::Pool;
pub use relation::{ActorPart, Relation, Transition};
pub use report::{
    ActorReport, Bytes, Continue, Counterexample, Ending, Limit, ModelAction, ModelState, Progress, Refused,
    Report, Verdict,
};
pub use symmetry::{Exchange, Symmetry, permutations};

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
