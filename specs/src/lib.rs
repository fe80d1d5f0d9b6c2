//! The rules of Kafka consumer groups.
//!
//! A rule is written once in words (`rules/<chapter>.md`: one MUST sentence, its source, why, edge cases) and
//! has one name everywhere: a variant of [`Rule`], a function of the model, a function of the reference, the
//! `rules` of a step in a trace, a line of a conformance report. `exceptions.toml` has the [`Exception`]s.

mod catalogue;
mod exceptions;
mod hazards;
mod text;

pub use catalogue::{Chapter, Rule, Side, UnknownRule};
pub use exceptions::{Exception, ExceptionsError, Lacks};
pub use hazards::{GUIDES, MISCONCEPTIONS, PITFALLS, hazard_names, hazard_page};
pub use text::RuleText;
