//! Topic names of a trace and the topics of the broker that stand for them.

use std::collections::BTreeMap;

use muster_model::trace::Trace;

/// The topics of one trace on the broker. Two traces share a topic if it has the same name and partitions.
#[derive(Clone, Debug)]
pub(crate) struct Topics {
    prefix: String,
    partitions: BTreeMap<String, i32>,
}

impl Topics {
    /// `prefix` is unique to the run.
    pub(crate) fn new(prefix: &str, trace: &Trace) -> Self {
        Self { prefix: prefix.to_owned(), partitions: trace.setting.topics.clone() }
    }

    /// The broker's topics with their partitions.
    pub(crate) fn wanted(&self) -> BTreeMap<String, i32> {
        self.partitions.iter().map(|(topic, partitions)| (self.real(topic), *partitions)).collect()
    }

    /// The broker's topic; a topic that the trace has not set up is one that does not exist.
    pub(crate) fn real(&self, topic: &str) -> String {
        match self.partitions.get(topic) {
            Some(partitions) => format!("{}-{partitions}-{topic}", self.prefix),
            None => format!("{}-absent-{topic}", self.prefix),
        }
    }

    /// The trace's topic; a name that is none of them stays as it is.
    pub(crate) fn symbol(&self, real: &str) -> String {
        let own = real.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-'));
        own.and_then(|rest| rest.split_once('-')).map_or(real, |(_, topic)| topic).to_owned()
    }
}
