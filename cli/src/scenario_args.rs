//! Which scenario, and how it is varied: what `muster check` and `muster explore` have in common.

use muster_explorer::spec::Spec;
use muster_model::mutation::Mutation;
use muster_model::scenario::{Assignor, Faults, Scenario};
use muster_model::scenarios;
use muster_model::trace::Release;

use crate::rules::distance;

/// A scenario and its variations.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct ScenarioArgs {
    /// A shipped scenario's name, as `--list` tells it; for `explore` also a trace file
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: Option<String>,
    /// Consumers, 1 to 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    consumers: Option<u8>,
    /// Topics, 1 to 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    topics: Option<u8>,
    /// Partitions of each topic, 1 to 16
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    partitions: Option<u8>,
    /// Records in each partition, 0 to 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=8))]
    records: Option<u8>,
    /// Generations of the group, 1 to 100; a state with a higher one is outside the bounds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i8).range(1..=100))]
    generations: Option<i8>,
    /// Member ids that are issued, 1 to 100; a state with more is outside the bounds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    members: Option<u8>,
    /// The leader's assignor
    #[arg(long, value_name = "NAME", value_parser = assignor)]
    assignor: Option<Assignor>,
    /// The release whose rules hold where releases differ
    #[arg(long, value_name = "3.9|4.3")]
    release: Option<Release>,
    /// How often each fault may happen, e.g. crash=1,give-up=1,expire=1,leave=1
    #[arg(long, value_name = "FAULTS", value_parser = faults)]
    faults: Option<Faults>,
    /// Switch on a defect, which must be found
    #[arg(long, value_name = "ID", value_parser = mutation)]
    pub(crate) mutation: Option<Mutation>,
}

impl ScenarioArgs {
    /// Whether one scenario is meant; otherwise all that ship.
    pub(crate) fn is_single(&self) -> bool {
        self.scenario.is_some() || self.mutation.is_some() || self.is_varied()
    }

    /// Whether anything differs from what ships, but for a defect.
    pub(crate) fn is_varied(&self) -> bool {
        let bounds = [self.consumers, self.topics, self.partitions, self.records, self.members];
        bounds.iter().any(Option::is_some)
            || self.generations.is_some()
            || self.assignor.is_some()
            || self.release.is_some()
            || self.faults.is_some()
    }

    /// The scenario: the one that is named, else the smallest that shows the defect, else `basic`.
    pub(crate) fn scenario(&self) -> Result<Scenario, String> {
        let base = match (&self.scenario, self.mutation) {
            (Some(name), _) => find(name)?,
            (None, Some(mutation)) => scenarios::showing(mutation).map_err(|error| error.to_string())?,
            (None, None) => find("basic")?,
        };
        let mut scenario = self.vary(base);
        if let Some(mutation) = self.mutation {
            scenario = scenario.with_mutation(mutation);
        }
        Ok(scenario)
    }

    /// The same as [`ScenarioArgs::scenario`], as the explorer names it.
    pub(crate) fn spec(&self) -> Result<Spec, String> {
        let name = match (&self.scenario, self.mutation) {
            (Some(name), _) => find(name)?.name,
            (None, Some(mutation)) => scenarios::showing(mutation).map_err(|error| error.to_string())?.name,
            (None, None) => "basic".to_owned(),
        };
        Ok(Spec {
            scenario: name,
            mutation: self.mutation.map(|mutation| mutation.id().to_owned()),
            consumers: self.consumers,
            topics: self.topics,
            partitions: self.partitions,
            records: self.records,
            generations: self.generations,
            members: self.members,
            assignor: self.assignor.map(|assignor| assignor.name().to_owned()),
            release: self.release.map(|release| release.to_string()),
            faults: self.faults.map(Into::into),
        })
    }

    fn vary(&self, base: Scenario) -> Scenario {
        let mut scenario = base;
        let bounds = &mut scenario.bounds;
        bounds.consumers = self.consumers.unwrap_or(bounds.consumers);
        bounds.topics = self.topics.unwrap_or(bounds.topics);
        bounds.partitions = self.partitions.unwrap_or(bounds.partitions);
        bounds.records = self.records.unwrap_or(bounds.records);
        bounds.generations = self.generations.unwrap_or(bounds.generations);
        bounds.members = self.members.unwrap_or(bounds.members);
        scenario.assignor = self.assignor.unwrap_or(scenario.assignor);
        scenario.release = self.release.unwrap_or(scenario.release);
        scenario.faults = self.faults.unwrap_or(scenario.faults);
        if self.is_varied() {
            scenario.name = format!("{}-varied", scenario.name);
        }
        scenario
    }
}

fn find(name: &str) -> Result<Scenario, String> {
    // The command line's faults are written with a hyphen, and so may the scenarios be.
    let wanted = name.replace('-', "_");
    let names = scenarios::names();
    let nearest = nearest(&wanted, names.iter().map(String::as_str));
    scenarios::find(&wanted)
        .map_err(|_| format!("no scenario '{}'; did you mean '{nearest}'?", name.escape_debug()))
}

fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> &'a str {
    // A part of a name is nearer to it than any other name.
    words.min_by_key(|known| (!known.contains(word), distance(known, word))).unwrap_or_default()
}

fn mutation(id: &str) -> Result<Mutation, String> {
    let nearest = nearest(id, Mutation::ALL.iter().map(|mutation| mutation.id()));
    id.parse().map_err(|_| format!("no such mutation; did you mean '{nearest}'?"))
}

fn assignor(name: &str) -> Result<Assignor, String> {
    match name {
        "range" => Ok(Assignor::Range),
        "roundrobin" => Ok(Assignor::RoundRobin),
        "sticky" => Ok(Assignor::Sticky),
        "cooperative-sticky" => Ok(Assignor::CooperativeSticky),
        _ => Err("the assignors are 'range', 'roundrobin', 'sticky' and 'cooperative-sticky'".to_owned()),
    }
}

/// A fault that is not named does not happen.
fn faults(text: &str) -> Result<Faults, String> {
    let mut faults = Faults::default();
    for part in text.split(',').filter(|part| *part != "none") {
        let (name, number) = part.split_once('=').ok_or("a fault is written as crash=1")?;
        let number: u8 = number.parse().ok().filter(|n| *n <= 9).ok_or("a number of faults is 0 to 9")?;
        match name {
            "crash" => faults.crash = number,
            "give-up" | "give_up" => faults.give_up = number,
            "expire" => faults.expire = number,
            "leave" => faults.leave = number,
            "poll-timeout" | "poll_timeout" => faults.poll_timeout = number,
            "subscribe" => faults.subscribe = number,
            "failover" => faults.failover = number,
            "partitions" => faults.partitions = number,
            "tools" => faults.tools = number,
            _ => {
                let all =
                    "crash, give-up, expire, leave, poll-timeout, subscribe, failover, partitions and tools";
                return Err(format!("the faults are {all}"));
            }
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_and_counted() {
        let two = Faults { crash: 1, give_up: 2, ..Faults::default() };
        assert_eq!(faults("crash=1,give-up=2"), Ok(two));
        assert_eq!(faults("none"), Ok(Faults::default()));
        for wrong in ["crash", "crash=x", "crash=10", "cras=1", ""] {
            assert!(faults(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_scenario_is_found_by_either_spelling() {
        assert_eq!(find("give-up").map(|s| s.name), Ok("give_up".to_owned()));
        assert_eq!(find("crsh"), Err("no scenario 'crsh'; did you mean 'crash'?".to_owned()));
        assert_eq!(find("a\nb").unwrap_err().lines().count(), 1);
    }

    #[test]
    fn a_part_of_a_name_is_near() {
        assert_eq!(mutation("skip"), Err("no such mutation; did you mean 'skip_partition'?".to_owned()));
        assert_eq!(mutation("skip_partition"), Ok(Mutation::SkipPartition));
    }

    #[test]
    fn what_is_varied_says_so() {
        let args =
            ScenarioArgs { scenario: Some("crash".to_owned()), records: Some(0), ..ScenarioArgs::default() };
        let scenario = args.scenario().unwrap();
        assert_eq!((scenario.name.as_str(), scenario.bounds.records), ("crash-varied", 0));
        assert_eq!(scenario.faults.crash, 1);
        assert!(args.is_single() && !ScenarioArgs::default().is_single());
    }

    #[test]
    fn a_mutation_alone_brings_its_scenario() {
        let args = ScenarioArgs { mutation: Some(Mutation::AcceptStaleCommit), ..ScenarioArgs::default() };
        let scenario = args.scenario().unwrap();
        assert_eq!(scenario.name, "give_up");
        assert_eq!(scenario.expected_violations, Mutation::AcceptStaleCommit.breaks());
    }
}
