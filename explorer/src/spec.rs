//! Which scenario a link means: a shipped one by name, and what differs from it.

use muster_model::mutation::Mutation;
use muster_model::scenario::{Assignor, Faults, Scenario};
use muster_model::scenarios;
use muster_model::trace::Release;
use serde::{Deserialize, Serialize};

/// A scenario as links and forms name it. What is absent is as it ships.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name of a shipped scenario.
    pub scenario: String,
    /// The id of the defect that is switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutation: Option<String>,
    /// Consumers, 1 to 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u8>,
    /// Topics, 1 to 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topics: Option<u8>,
    /// Partitions of each topic, 1 to 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<u8>,
    /// Records of each partition, 0 to 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u8>,
    /// Generations of the group, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generations: Option<i8>,
    /// Member ids that are issued, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u8>,
    /// The leader's assignor by Kafka's name: it says whether the group rebalances eagerly or cooperatively.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignor: Option<String>,
    /// `3.9` or `4.3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The fault budgets, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<FaultSpec>,
}

/// How often each fault may happen, 0 to 9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// A process ends.
    #[serde(default)]
    pub crash: u8,
    /// A connection is given up.
    #[serde(default)]
    pub give_up: u8,
    /// A timer fires although what it awaits is alive.
    #[serde(default)]
    pub expire: u8,
    /// A consumer closes.
    #[serde(default)]
    pub leave: u8,
    /// An application does not poll for too long.
    #[serde(default)]
    pub poll_timeout: u8,
    /// A consumer changes its subscription.
    #[serde(default)]
    pub subscribe: u8,
    /// The coordinator loses the leadership of its log.
    #[serde(default)]
    pub failover: u8,
    /// A partition is added to each topic.
    #[serde(default)]
    pub partitions: u8,
    /// A tool deletes the group, or offsets of it.
    #[serde(default)]
    pub tools: u8,
}

impl From<Faults> for FaultSpec {
    fn from(faults: Faults) -> Self {
        let Faults { crash, give_up, expire, leave, poll_timeout, subscribe, failover, partitions, tools } =
            faults;
        Self { crash, give_up, expire, leave, poll_timeout, subscribe, failover, partitions, tools }
    }
}

impl From<FaultSpec> for Faults {
    fn from(faults: FaultSpec) -> Self {
        let FaultSpec { crash, give_up, expire, leave, poll_timeout, subscribe, failover, partitions, tools } =
            faults;
        Self { crash, give_up, expire, leave, poll_timeout, subscribe, failover, partitions, tools }
    }
}

/// A part of a [`Spec`] that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No scenario of this name ships.
    #[error("{0}")]
    Scenario(#[from] scenarios::UnknownScenario),
    /// No such defect.
    #[error("{0}")]
    Mutation(#[from] muster_model::mutation::UnknownMutation),
    /// No such assignor.
    #[error("unknown assignor '{0}'; there are range, roundrobin, sticky and cooperative-sticky")]
    Assignor(String),
    /// No such release.
    #[error("{0}")]
    Release(#[from] muster_model::trace::UnknownRelease),
    /// A number that is out of its range.
    #[error("{field} is {value}; it must be {least} to {most}")]
    Range {
        /// Which.
        field: &'static str,
        /// What the link says.
        value: i64,
        /// The least that it may be.
        least: i64,
        /// The most that it may be.
        most: i64,
    },
}

impl Spec {
    /// A shipped scenario as it is.
    pub fn shipped(name: &str) -> Self {
        Self { scenario: name.to_owned(), ..Self::default() }
    }

    /// The smallest shipped scenario that shows a defect, with the defect.
    pub fn showing(mutation: Mutation) -> Result<Self, SpecError> {
        let scenario = scenarios::showing(mutation)?;
        Ok(Self { mutation: Some(mutation.id().to_owned()), ..Self::shipped(&scenario.name) })
    }

    /// The same bounds and faults without the defect.
    #[must_use]
    pub fn fixed(&self) -> Self {
        Self { mutation: None, ..self.clone() }
    }

    /// The scenario.
    pub fn scenario(&self) -> Result<Scenario, SpecError> {
        let mut scenario = scenarios::find(&self.scenario)?;
        let varied = Self { mutation: None, ..self.clone() } != Self::shipped(&self.scenario);
        let bounds = &mut scenario.bounds;
        bounds.consumers = within("consumers", self.consumers, bounds.consumers, 1, 8)?;
        bounds.topics = within("topics", self.topics, bounds.topics, 1, 8)?;
        bounds.partitions = within("partitions", self.partitions, bounds.partitions, 1, 16)?;
        bounds.records = within("records", self.records, bounds.records, 0, 8)?;
        bounds.generations = within("generations", self.generations, bounds.generations, 1, 100)?;
        bounds.members = within("members", self.members, bounds.members, 1, 100)?;
        if let Some(faults) = self.faults {
            let all = [
                ("crash", faults.crash),
                ("give_up", faults.give_up),
                ("expire", faults.expire),
                ("leave", faults.leave),
                ("poll_timeout", faults.poll_timeout),
                ("subscribe", faults.subscribe),
                ("failover", faults.failover),
                ("partitions", faults.partitions),
                ("tools", faults.tools),
            ];
            for (field, value) in all {
                within(field, Some(value), value, 0, 9)?;
            }
            scenario.faults = faults.into();
        }
        if let Some(name) = &self.assignor {
            scenario.assignor = assignor(name)?;
        }
        if let Some(release) = &self.release {
            scenario.release = release.parse::<Release>()?;
        }
        if varied {
            scenario.name = format!("{}-varied", scenario.name);
        }
        match &self.mutation {
            Some(id) => Ok(scenario.with_mutation(id.parse()?)),
            None => Ok(scenario),
        }
    }
}

fn assignor(name: &str) -> Result<Assignor, SpecError> {
    let all = [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky, Assignor::CooperativeSticky];
    let found = all.into_iter().find(|one| one.name() == name);
    found.ok_or_else(|| SpecError::Assignor(name.to_owned()))
}

fn within<N: Copy + Into<i64>>(
    field: &'static str,
    asked: Option<N>,
    ships: N,
    least: i64,
    most: i64,
) -> Result<N, SpecError> {
    let number = asked.unwrap_or(ships);
    let value = number.into();
    if asked.is_some() && !(least..=most).contains(&value) {
        return Err(SpecError::Range { field, value, least, most });
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_as_it_ships() {
        let shipped = Spec::shipped("crash").scenario().unwrap();
        assert_eq!(shipped, scenarios::find("crash").unwrap());
        let varied = Spec { records: Some(2), ..Spec::shipped("crash") }.scenario().unwrap();
        assert_eq!((varied.name.as_str(), varied.bounds.records), ("crash-varied", 2));
        assert_eq!(varied.faults, shipped.faults);
        let cooperative = Spec { assignor: Some("cooperative-sticky".to_owned()), ..Spec::shipped("basic") };
        assert_eq!(cooperative.scenario().unwrap().assignor, Assignor::CooperativeSticky);
    }

    #[test]
    fn what_names_nothing_is_told() {
        let wrong = |spec: Spec| spec.scenario().unwrap_err().to_string();
        assert!(wrong(Spec::shipped("no<b>")).starts_with("unknown scenario 'no<b>'"));
        let base = Spec::shipped("basic");
        assert_eq!(wrong(Spec { consumers: Some(9), ..base.clone() }), "consumers is 9; it must be 1 to 8");
        assert!(
            wrong(Spec { mutation: Some("x".to_owned()), ..base.clone() }).contains("unknown mutation 'x'")
        );
        let assignor = Some("no<b>".to_owned());
        assert!(
            wrong(Spec { assignor, ..base.clone() }).starts_with("unknown assignor 'no<b>'; there are range")
        );
        let faults = Some(FaultSpec { crash: 10, ..FaultSpec::default() });
        assert_eq!(wrong(Spec { faults, ..base }), "crash is 10; it must be 0 to 9");
    }

    #[test]
    fn a_defect_is_fixed_in_the_same_bounds() {
        let broken = Spec::showing(Mutation::KeepStoredOffsets).unwrap();
        assert_eq!(broken.scenario, "leave");
        assert_eq!(broken.fixed(), Spec::shipped("leave"));
    }
}
