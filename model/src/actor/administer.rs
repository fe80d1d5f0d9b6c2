//! The steps of the cluster's administrators.

use stateright::actor::{Id, Out};

use super::{COORDINATOR, Node, Timer, replace_timers};
use crate::cluster::{Cluster, ClusterTimer};
use crate::message::{Msg, Request, ToolRequest};
use crate::types::{ClientId, TopicId};

impl Node {
    /// Topics grow and every consumer comes to know it, or a tool asks the coordinator something.
    pub(super) fn administer(
        &self,
        id: Id,
        cluster: Cluster,
        fired: ClusterTimer,
        out: &mut Out<Self>,
    ) -> Cluster {
        let mut next = cluster;
        match fired {
            ClusterTimer::Grow => {
                next.grow();
                for client in (0..self.scenario.bounds.consumers).map(ClientId) {
                    out.send(Id::from(client.actor()), Msg::Metadata(next.added));
                }
            }
            ClusterTimer::DeleteGroup => ask(id, &mut next, ToolRequest::DeleteGroups, out),
            ClusterTimer::DeleteOffsets => {
                let partitions = self.scenario.partitions_of(TopicId(0)).collect();
                ask(id, &mut next, ToolRequest::OffsetDelete { partitions }, out);
            }
        }
        self.let_act(cluster, next, Some(fired), out);
        next
    }

    pub(super) fn let_act(
        &self,
        before: Cluster,
        after: Cluster,
        fired: Option<ClusterTimer>,
        out: &mut Out<Self>,
    ) {
        let (had, has) = (before.timers(&self.scenario), after.timers(&self.scenario));
        replace_timers((&had, &has), fired, Timer::Cluster, out);
    }
}

fn ask(id: Id, cluster: &mut Cluster, request: ToolRequest, out: &mut Out<Node>) {
    let connection = cluster.connect(ClientId::of_actor(usize::from(id)));
    out.send(Id::from(COORDINATOR), Msg::Request(connection, Request::Tool(request)));
}
