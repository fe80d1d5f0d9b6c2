//! Topics that grow, and who comes to know it.

use super::retell::Told;
use crate::cluster::Cluster;
use crate::consumer::Consumer;
use crate::scenario::Scenario;
use crate::trace::Event;
use crate::types::ClientId;

/// The name of the cluster in transcripts and traces.
const CLUSTER: &str = "cluster";

/// A partition is added.
pub(super) fn grown(scenario: &Scenario, cluster: Cluster) -> Told {
    let act = format!("grows: each topic has {} partitions", scenario.bounds.partitions + cluster.added + 1);
    Told::Consumer(Event::Consumer { consumer: CLUSTER.to_owned(), act }, Vec::new())
}

/// A refresh of metadata is answered, to whoever still runs.
pub(super) fn learned(scenario: &Scenario, client: ClientId, consumer: &Consumer, added: u8) -> Told {
    if !consumer.is_live() {
        return Told::Ghost;
    }
    let act =
        format!("refreshes its metadata: each topic has {} partitions", scenario.bounds.partitions + added);
    Told::Consumer(Event::Consumer { consumer: client.to_string(), act }, Vec::new())
}
