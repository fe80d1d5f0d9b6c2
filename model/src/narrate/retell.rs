//! One step of the model, taken again on the actor that took it, for what the state does not keep.

use muster_specs::Rule;
use stateright::actor::Id;

use super::{growth, words, writes};
use crate::actor::{GroupAction, GroupState, NodeState, Timer};
use crate::cluster::ClusterTimer;
use crate::consumer::{Consumer, ConsumerEffects, ConsumerTimer, ConsumerTurn};
use crate::coordinator::{CoordinatorTimer, Effects, Turn};
use crate::message::{Gone, Msg, Request};
use crate::scenario::Scenario;
use crate::trace::{Event, Step, TimerChange, convert};
use crate::types::{ClientId, Connection, Partition};

/// What a step was.
#[derive(Clone, Debug)]
pub enum Told {
    /// The coordinator took a request, or one of its timers fired.
    Coordinator(Event, Effects),
    /// A consumer took an answer, or acted by itself; with the rules that it followed.
    Consumer(Event, Vec<Rule>),
    /// A step that only the search needs.
    Ghost,
}

impl Told {
    /// The rules that the step followed, in order.
    pub fn rules(&self) -> &[Rule] {
        match self {
            Self::Coordinator(_, effects) => &effects.rules,
            Self::Consumer(_, rules) => rules,
            Self::Ghost => &[],
        }
    }

    /// The step of a trace; `None` for a ghost.
    pub fn into_step(self) -> Option<Step> {
        match self {
            Self::Coordinator(event, effects) => Some(convert::step(event, &effects)),
            Self::Consumer(event, rules) => {
                Some(Step { rules, event, answers: Vec::new(), timers: TimerChange::default(), choice: None })
            }
            Self::Ghost => None,
        }
    }
}

/// Takes an action in a state again.
pub fn retell(scenario: &Scenario, state: &GroupState, action: &GroupAction) -> Told {
    let node = |id: &Id| state.actor_states.get(usize::from(*id)).map(AsRef::as_ref);
    match action {
        GroupAction::Deliver { dst, msg, .. } => match (node(dst), msg) {
            (Some(NodeState::Coordinator(coordinator)), Msg::Request(connection, request)) => {
                let mut next = coordinator.clone();
                let effects = Turn::request(scenario, &mut next, *connection, request);
                let (connection, request) = (connection.to_string(), convert::request(request));
                Told::Coordinator(Event::Request { connection, request }, effects)
            }
            (Some(NodeState::Consumer(consumer)), Msg::Response(connection, response)) => {
                let mut next = consumer.clone();
                let ignored = !consumer.is_live() || consumer.connection != connection.number;
                let client = connection.client;
                let effects =
                    ConsumerTurn::response(scenario, client, &mut next, *connection, response.clone());
                let (connection, response) = (connection.to_string(), convert::response(response));
                Told::Consumer(Event::Answer { connection, response, ignored }, effects.rules)
            }
            (Some(NodeState::Consumer(consumer)), Msg::MayExpire(Gone::Client(client))) => {
                unanswered(scenario, *client, consumer)
            }
            (Some(NodeState::Store(store)), Msg::Write(write)) => writes::told(scenario, store, *write),
            (Some(NodeState::Consumer(consumer)), Msg::Metadata(added)) => {
                growth::learned(scenario, ClientId::of_actor(usize::from(*dst)), consumer, *added)
            }
            (
                Some(
                    NodeState::Coordinator(_)
                    | NodeState::Consumer(_)
                    | NodeState::Store(_)
                    | NodeState::Cluster(_)
                    | NodeState::Ledger(_),
                )
                | None,
                _,
            ) => Told::Ghost,
        },
        GroupAction::Timeout(id, timer) => match (node(id), timer) {
            (Some(NodeState::Coordinator(coordinator)), Timer::Coordinator(timer)) => {
                let fired = Turn::timer(scenario, coordinator, *timer);
                match (fired, happened(*timer)) {
                    (Some((_, effects)), Some(event)) => Told::Coordinator(event, effects),
                    (Some(_) | None, _) => Told::Ghost,
                }
            }
            (Some(NodeState::Consumer(consumer)), Timer::Consumer(client, timer)) => {
                act(scenario, *client, consumer, *timer)
            }
            (Some(NodeState::Cluster(cluster)), Timer::Cluster(ClusterTimer::Grow)) => {
                growth::grown(scenario, *cluster)
            }
            // What a tool asks is told when it arrives.
            (
                Some(NodeState::Cluster(_)),
                Timer::Cluster(ClusterTimer::DeleteGroup | ClusterTimer::DeleteOffsets),
            ) => Told::Ghost,
            (Some(NodeState::Coordinator(_)), Timer::Consumer(..) | Timer::Cluster(_))
            | (Some(NodeState::Consumer(_)), Timer::Coordinator(_) | Timer::Cluster(_))
            | (Some(NodeState::Cluster(_)), Timer::Coordinator(_) | Timer::Consumer(..))
            | (Some(NodeState::Store(_) | NodeState::Ledger(_)) | None, _) => Told::Ghost,
        },
        GroupAction::Drop(_)
        | GroupAction::Crash(_)
        | GroupAction::Recover(_)
        | GroupAction::SelectRandom { .. } => Told::Ghost,
    }
}

/// What a timer is in a trace; `None` for a ghost.
fn happened(timer: CoordinatorTimer) -> Option<Event> {
    match timer {
        CoordinatorTimer::Environment(control) => Some(Event::Control { control: convert::control(control) }),
        CoordinatorTimer::Session(_)
        | CoordinatorTimer::NewMemberJoin(_)
        | CoordinatorTimer::InitialDelay
        | CoordinatorTimer::Rebalance
        | CoordinatorTimer::PendingSync
        | CoordinatorTimer::PreferLast => convert::timer(timer).map(|timer| Event::Timer { timer }),
    }
}

fn act(scenario: &Scenario, client: ClientId, before: &Consumer, timer: ConsumerTimer) -> Told {
    let mut after = before.clone();
    let effects = ConsumerTurn::timer(scenario, client, &mut after, timer);
    let act = act_text(client, before, &after, timer, &effects);
    Told::Consumer(Event::Consumer { consumer: client.to_string(), act }, effects.rules)
}

/// A request that is never answered is given up by its client in the end.
fn unanswered(scenario: &Scenario, client: ClientId, before: &Consumer) -> Told {
    let mut after = before.clone();
    let effects = ConsumerTurn::unanswered(scenario, client, &mut after);
    let given_up = act_text(client, before, &after, ConsumerTimer::GiveUp, &effects);
    let act = format!("has waited for request.timeout.ms in vain and {given_up}");
    Told::Consumer(Event::Consumer { consumer: client.to_string(), act }, effects.rules)
}

fn act_text(
    client: ClientId,
    before: &Consumer,
    after: &Consumer,
    timer: ConsumerTimer,
    effects: &ConsumerEffects,
) -> String {
    let here = |consumer: &Consumer| Connection { client, number: consumer.connection };
    let sends = sends(before, after, effects);
    let and_sends = sends.as_deref().map(|sends| format!(", {sends}")).unwrap_or_default();
    match timer {
        ConsumerTimer::Heartbeat | ConsumerTimer::Commit => sends.unwrap_or_else(|| "waits".to_owned()),
        ConsumerTimer::Fetch(partition) => {
            let position = after.owned.get(&partition).copied().flatten().map_or(0, |p| p.fetched.0);
            format!("fetches {partition} up to offset {position}")
        }
        ConsumerTimer::Process(partition) => {
            format!("processes record {} of {partition}", record(before, after, partition))
        }
        ConsumerTimer::Leave => format!("closes{and_sends}"),
        ConsumerTimer::Subscribe => format!("changes its subscription{and_sends}"),
        ConsumerTimer::NewPartitions => format!("leads, and its topics have grown{and_sends}"),
        ConsumerTimer::PollTimeout => format!("has not polled for max.poll.interval.ms{and_sends}"),
        ConsumerTimer::Poll => format!("polls again, and has lost what it owned{and_sends}"),
        ConsumerTimer::Deliver => {
            let request = before.outbox.as_ref().map(kafka_name).unwrap_or_default();
            format!("gets its {request} on {} through to the broker", here(before))
        }
        ConsumerTimer::GiveUp => {
            format!("gives up the connection {} and opens {}{and_sends}", here(before), here(after))
        }
        ConsumerTimer::DeliverAbandoned => match &before.abandoned {
            Some((connection, request)) => {
                let request = kafka_name(request);
                format!("gets its {request} through to the broker late, on {connection}, which it gave up")
            }
            None => "waits".to_owned(),
        },
        ConsumerTimer::Crash => "crashes: its process ends".to_owned(),
        ConsumerTimer::Restart => format!("starts again{and_sends}"),
    }
}

/// The record that was processed: one that had not been, else the next.
fn record(before: &Consumer, after: &Consumer, partition: Partition) -> u32 {
    let seen = |consumer: &Consumer| consumer.processed.get(&partition).copied().unwrap_or(0);
    match seen(after) & !seen(before) {
        0 => before.owned.get(&partition).copied().flatten().map_or(0, |p| p.processed.0.into()),
        first_time => first_time.trailing_zeros(),
    }
}

/// The request that an act sends, at once or on its way.
fn sends(before: &Consumer, after: &Consumer, effects: &ConsumerEffects) -> Option<String> {
    let sent = effects.sent.iter().find_map(|msg| match msg {
        Msg::Request(_, request) => Some(request),
        Msg::Response(..)
        | Msg::MayExpire(_)
        | Msg::Write(_)
        | Msg::Metadata(_)
        | Msg::TookUp
        | Msg::EndTransaction(_)
        | Msg::TransactionEnded => None,
    });
    let outbox = after.outbox.as_ref().filter(|_| before.outbox != after.outbox);
    sent.or(outbox).map(|request| format!("sends {}", words::request(&convert::request(request))))
}

fn kafka_name(request: &Request) -> &'static str {
    words::api(&convert::request(request))
}
