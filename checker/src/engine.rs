//! From a model to a report.

use std::sync::atomic::Ordering;

use stateright::actor::ActorModel;
use stateright::{Expectation, Model};

use crate::book::Book;
use crate::canon::Canon;
use crate::checker::{Explorable, History, Options, Storage};
use crate::explored::Explored;
use crate::eyes::Eyes;
use crate::judge::{Judge, Watch, WatchedParts};
use crate::path::paths;
use crate::report::{
    ActorReport, Continue, Counterexample, Ending, ModelAction, ModelState, Progress, Refused, Report,
    Verdict,
};
use crate::rules;
use crate::search::{Limits, Search};
use crate::stored::Found;
use crate::witness::Witness;

pub(crate) fn run<A: Explorable, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    options: &Options<A>,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Result<ActorReport<A, H>, Refused> {
    explore(model, options, progress, |explored| explored.report().clone())
}

/// Searches, and hands on what was stored.
pub(crate) fn explore<A: Explorable, C: Sync, H: History, T>(
    model: &ActorModel<A, C, H>,
    options: &Options<A>,
    progress: &mut dyn FnMut(Progress) -> Continue,
    then: impl FnOnce(&Explored<'_, A, C, H>) -> T,
) -> Result<T, Refused> {
    if let Some(boundary) = &options.boundary {
        let most = rules::Limits::most(model.actors.len());
        if boundary.limits.len() > rules::LANES || boundary.limits.iter().any(|limit| *limit > most) {
            return Err(Refused::Boundary { limits: rules::LANES, most });
        }
    }
    let book = Book::new(model, options.boundary.as_ref(), options.same.clone(), Eyes::of(options));
    let judge = || -> Box<dyn Judge + '_> { Box::new(Witness::new(&book, options)) };
    let limits = Limits {
        threads: options.threads,
        max_states: options.max_states,
        max_depth: options.max_depth,
        memory: options.memory,
        time: options.time,
        stop: options.stop,
        bundles_from: options.bundles_from,
        compact: options.storage == Storage::Compact,
    };
    let names = properties(model, options);
    let watches = watches(model, options, &book.eyes);
    let mut first = book.first();
    if let Some(mut canon) = Canon::new(&book) {
        for ids in &mut first {
            canon.canonical(ids);
        }
    }
    let mut search = Search::new(&book, limits, watches, options.boundary.is_none(), &judge)?;
    let limit = search.run(&first, progress)?;
    if book.untrue.load(Ordering::Relaxed) {
        return Err(Refused::Dependent);
    }
    let decided = search.decided.clone();
    let targets: Vec<(usize, u32)> = decided.iter().flatten().copied().collect();
    let mut paths = paths(&mut search, &targets).into_iter();
    let mut verdicts = Vec::new();
    for (i, (name, sometimes)) in names.into_iter().enumerate() {
        let path = decided[i].and_then(|_| paths.next());
        let path = path.map(|ids| confirmed(&book, options, i, &ids));
        let verdict = match (path, sometimes) {
            (Some(None), _) => return Err(Refused::NotConfirmed(name)),
            (Some(Some(path)), true) => Verdict::Found(path),
            (Some(Some(path)), false) => Verdict::Violated(path),
            (None, _) if limit.is_some() => Verdict::Undecided,
            (None, true) => Verdict::Never,
            (None, false) => Verdict::Holds,
        };
        verdicts.push((name, verdict));
    }
    let report = Report {
        unique: search.space.unique.load(Ordering::Relaxed),
        generated: search.generated.load(Ordering::Relaxed),
        depth: search.levels.iter().rposition(|level| level.size > 0).unwrap_or(0),
        ending: limit.map_or(Ending::Exhausted, Ending::NotExhausted),
        verdicts,
        bytes: search.bytes(),
    };
    let found =
        Found { rules: &book, view: search.space.view(), layout: &search.layout, levels: &search.levels };
    Ok(then(&Explored { book: &book, options, found, report: &report }))
}

/// Names, and whether each is looked for; the model's first.
fn properties<A: Explorable, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    options: &Options<A>,
) -> Vec<(String, bool)> {
    let sometimes = |expectation: &Expectation| matches!(expectation, Expectation::Sometimes);
    let of_model = model.properties.iter().filter(|_| options.model_properties);
    let of_model = of_model.map(|p| (p.name.to_owned(), sometimes(&p.expectation)));
    of_model.chain(options.properties.iter().map(|p| (p.name.clone(), sometimes(&p.expectation)))).collect()
}

fn watches<A: Explorable, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    options: &Options<A>,
    eyes: &Eyes<A>,
) -> Vec<Watch> {
    let parts = options.properties.iter().map(|p| {
        let (actors, messages) = (p.reads.actors.iter().copied().collect(), p.reads.messages);
        let view = eyes.view(p.seeing.as_ref());
        (Some(WatchedParts { actors, messages, view }), eyes.bit(p.each.as_ref()))
    });
    let of_model = model.properties.iter().filter(|_| options.model_properties).map(|_| (None, None));
    let reads = of_model.chain(parts);
    properties(model, options)
        .into_iter()
        .zip(reads)
        .map(|((_, sometimes), (reads, each))| Watch { sometimes, reads, each })
        .collect()
}

/// A path, walked again on the model: `None` if it cannot be, or if its end does not decide the property. Where states
/// stand for others, the path is one of states that they stand for.
fn confirmed<A: Explorable, C: Sync, H: History>(
    book: &Book<'_, A, C, H>,
    options: &Options<A>,
    property: usize,
    path: &[Vec<u32>],
) -> Option<Counterexample<ModelState<A, H>, ModelAction<A>>> {
    let (model, mut witness) = (book.model, Witness::new(book, options));
    let mut canon = Canon::new(book);
    let mut is = |state: &ModelState<A, H>, wanted: &[u32]| match &mut canon {
        None => state == witness.state(wanted),
        Some(canon) => {
            let mut ids = book.ids_of(state);
            canon.canonical(&mut ids);
            same_ids(&ids, wanted)
        }
    };
    let (first, rest) = path.split_first()?;
    let mut states = vec![model.init_states().into_iter().find(|state| is(state, first))?];
    let mut actions = Vec::new();
    for wanted in rest {
        let before = states.last()?;
        let mut possible = Vec::new();
        model.actions(before, &mut possible);
        let taken = possible.into_iter().find_map(|action| {
            let next = model.next_state(before, action.clone())?;
            is(&next, wanted).then_some((action, next))
        });
        let (action, next) = taken?;
        actions.push(action);
        states.push(next);
    }
    let last = states.last()?;
    let is_within = options.boundary.is_some() || Model::within_boundary(model, last);
    (is_within && witness.decided_by(property, last)).then_some(Counterexample { states, actions })
}

/// Components that were found later are 0 where they are missing.
pub(crate) fn same_ids(one: &[u32], other: &[u32]) -> bool {
    let longest = one.len().max(other.len());
    (0..longest).all(|i| one.get(i).copied().unwrap_or(0) == other.get(i).copied().unwrap_or(0))
}
