//! A run under way, over one or several brokers of the same kind.

use std::time::{Duration, Instant};

use muster_conformance::report::{Known, Report};
use muster_conformance::runner::{Run, Runner};
use muster_conformance::shrink::Effort;
use muster_conformance::{System, suite};
use muster_model::trace::{Release, Trace};

use super::Refusal;
use super::common::Common;
use super::judge::STOP;
use super::progress::Progress;

/// How many traces are replayed at once over the wire, where most of a run is waiting.
const JOBS_OVER_THE_WIRE: usize = 32;

/// A run under way.
pub(super) struct Judgement<'t> {
    common: &'t Common,
    known: Known,
    planned: usize,
    command: String,
    release: Release,
    pub(super) jobs: usize,
    started: Instant,
    pub(super) run: Run<'t>,
}

impl<'t> Judgement<'t> {
    /// Nothing is replayed yet.
    #[allow(clippy::disallowed_methods, reason = "the report tells how long the run took")]
    pub(super) fn new(
        common: &'t Common,
        traces: &'t [Trace],
        release: Release,
        command: String,
    ) -> Result<Self, Refusal> {
        let known = common.declared()?;
        let jobs = common.jobs.unwrap_or(JOBS_OVER_THE_WIRE);
        let (planned, started, run) = (traces.len(), Instant::now(), Run::default());
        Ok(Self { common, known, planned, command, release, jobs, started, run })
    }

    /// Replays traces on a system, and makes what diverges small.
    pub(super) fn replay(&mut self, system: &dyn System, traces: &[&'t Trace]) {
        let progress = Progress::new(self.run.judged.len(), self.planned);
        let confirm = self.common.confirm;
        let runner = Runner { jobs: self.jobs, stop: &STOP, confirm, progress: &|done| progress.done(done) };
        let mut part = runner.run(system, traces);
        progress.end();
        if part.ended.is_none() && !self.common.no_shrink {
            let effort = Effort { confirm, ..Effort::default() };
            runner.shrink(system, &mut part, effort, &|rule| Progress::say(&format!("makes {rule} small")));
        }
        self.run.judged.extend(part.judged);
        self.run.ended = part.ended.or_else(|| self.run.ended.take());
    }

    /// What was found.
    pub(super) fn report(self, system: &str) -> Report {
        let elapsed: Duration = self.started.elapsed();
        let mut report =
            Report::new(system, &self.run, self.planned, elapsed, &self.common.out, &self.command);
        report.seed = self.common.seed;
        if self.common.replay.is_empty() && self.common.is_whole() {
            report.transitions = Some(suite::transitions(self.release, self.common.extent(), &self.run));
        }
        report.required = self.common.required();
        report.apply(&self.known);
        report
    }
}
