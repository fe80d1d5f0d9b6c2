//! What every run over traces takes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use muster_conformance::attempt::CONFIRMATIONS;
use muster_conformance::report::Known;
use muster_conformance::suite::Extent;
use muster_specs::{Chapter, Rule, Side};

use super::Refusal;
use super::outputs::Output;

/// What every run over traces takes.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(clap::Args, Debug)]
pub(super) struct Common {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Write a report: text, json, junit, github or html, to a file or (KIND alone) to standard output; may be repeated
    #[arg(long, value_name = "KIND[=FILE]")]
    pub(super) report: Vec<Output>,
    /// Deviations that are known, with reasons (TOML): they do not fail, and one that does not occur is reported
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// A rule that is never exercised fails, and so does a declared deviation that does not occur
    #[arg(long)]
    strict: bool,
    /// How many traces are replayed at once
    /// [default: 32; in a bottle, one for each core]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    pub(super) jobs: Option<usize>,
    /// The order of the traces and what clients call themselves are those of the seed
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How often a divergence is looked for again, each time in a fresh group
    #[arg(long, value_name = "K", default_value_t = CONFIRMATIONS, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) confirm: u32,
    /// Leave divergences as long as they are
    #[arg(long)]
    pub(super) no_shrink: bool,
    /// Replay this trace instead of the suite; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) replay: Vec<PathBuf>,
    /// Replay every trace of the larger bounds: for what need not be waited for
    #[arg(long)]
    large: bool,
    /// Replay only traces that follow this rule
    #[arg(long, value_name = "ID")]
    pub(super) rule: Option<Rule>,
    /// Replay only traces that follow a rule of this chapter, e.g. join
    #[arg(long, value_name = "NAME", value_parser = chapter)]
    pub(super) chapter: Option<Chapter>,
    /// Replay only traces of this scenario of the suite, e.g. arbitrary; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(super) scenario: Vec<String>,
    /// The longest that the timers of one trace may take over the wire, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) max_wait: u64,
    /// Where diverging traces are saved
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    pub(super) out: PathBuf,
}

impl Common {
    pub(super) fn extent(&self) -> Extent {
        if self.large { Extent::Large } else { Extent::Small }
    }

    /// Whether nothing of the suite was left out.
    pub(super) fn is_whole(&self) -> bool {
        self.scenario.is_empty() && self.rule.is_none() && self.chapter.is_none()
    }

    /// What is declared of the system.
    pub(super) fn declared(&self) -> Result<Known, Refusal> {
        self.known
            .as_ref()
            .map_or_else(|| Ok(Known::default()), |file| Known::load(file).map_err(Refusal::usage))
    }

    /// The rules that have to be exercised: all that were asked for.
    pub(super) fn required(&self) -> BTreeSet<Rule> {
        let asked = |rule: &Rule| {
            self.strict
                && rule.side() == Side::Coordinator
                && self.rule.is_none_or(|only| only == *rule)
                && self.chapter.is_none_or(|chapter| chapter == rule.chapter())
        };
        Rule::ALL.iter().copied().filter(asked).collect()
    }
}

fn chapter(text: &str) -> Result<Chapter, String> {
    let found = Chapter::ALL.iter().copied().find(|chapter| chapter.name() == text);
    found.ok_or_else(|| {
        let all: Vec<&str> = Chapter::ALL.iter().map(|chapter| chapter.name()).collect();
        format!("one of {}", all.join(", "))
    })
}
