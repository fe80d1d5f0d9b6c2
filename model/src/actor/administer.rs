//! The steps of the cluster's administrators.

use stateright::actor::{Id, Out, model_timeout};

use super::{COORDINATOR, Node, Timer};
use crate::cluster::{Cluster, ClusterTimer};
use crate::message::{Msg, Request};
use crate::types::ClientId;

impl Node {
    /// A tool asks the coordinator something, or topics grow and every consumer comes to know it.
    pub(super) fn administer(
        &self,
        id: Id,
        cluster: Cluster,
        fired: ClusterTimer,
        out: &mut Out<Self>,
    ) -> Cluster {
        let mut next = cluster;
        let tool = ClientId::of_actor(usize::from(id));
        if let Some((connection, request)) = next.ask(&self.scenario, fired, tool) {
            out.send(Id::from(COORDINATOR), Msg::Request(connection, Request::Tool(request)));
        } else {
            next.grow();
            for client in (0..self.scenario.bounds.consumers).map(ClientId) {
                out.send(Id::from(client.actor()), Msg::Metadata(next.added));
            }
        }
        self.let_act(Some((cluster, Some(fired))), next, out);
        next
    }

    /// What the cluster may do is a function of its state; stateright has removed the timer that fired.
    pub(super) fn let_act(
        &self,
        before: Option<(Cluster, Option<ClusterTimer>)>,
        after: Cluster,
        out: &mut Out<Self>,
    ) {
        let fired = before.and_then(|(_, fired)| fired);
        let had: Vec<_> = before.iter().flat_map(|(before, _)| before.timers(&self.scenario)).collect();
        let has: Vec<_> = after.timers(&self.scenario).collect();
        for timer in had.iter().filter(|timer| !has.contains(timer) && Some(**timer) != fired) {
            out.cancel_timer(Timer::Cluster(*timer));
        }
        for timer in has.iter().filter(|timer| !had.contains(timer) || Some(**timer) == fired) {
            out.set_timer(Timer::Cluster(*timer), model_timeout());
        }
    }
}
