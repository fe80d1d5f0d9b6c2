//! What a file tells by itself: the answers say what the coordinator did, and so what consumers may believe.
//!
//! Offsets that only a consumer knows are not shown, and no property is judged.

mod answered;

use std::collections::BTreeSet;

use muster_model::narrate::event_line;
use muster_model::trace::{Answer, Event, Request, Response, Step, Timer, Trace};

use super::super::told::{Change, PathView, ScenarioView, Start, StepView};
use crate::label;
use crate::messages::{Fate, Message, message};
use crate::view::{ConsumerView, CoordinatorView, StateView};
use answered::answered;

/// The trace as a path.
pub(super) fn told(trace: &Trace) -> PathView {
    let clients = clients(trace);
    let told_by_consumers = trace.steps.iter().any(|step| matches!(step.event, Event::Answer { .. }));
    let mut state = StateView::default();
    for client in &clients {
        let of =
            ConsumerView { phase: "Joining".to_owned(), live: true, fenced: true, ..ConsumerView::default() };
        state.consumers.insert(client.clone(), of);
    }
    let first = state.clone();
    let mut steps = Vec::new();
    let mut messages = Vec::new();
    for (i, step) in trace.steps.iter().enumerate() {
        let before = state.clone();
        apply(&mut state, step, told_by_consumers);
        post(&mut messages, i + 1, step, told_by_consumers);
        steps.push(StepView {
            key: format!("step {}", i + 1),
            actor: actor(step),
            label: label::step(step),
            text: event_line(&step.event),
            changes: Vec::new(),
            rules: step.rules.clone(),
            event: Some(step.clone()),
            state: Change::between(&before, &state),
            failing: std::collections::BTreeMap::new(),
            outside: false,
        });
    }
    let topics = trace.setting.topics.iter();
    PathView {
        title: trace.name.clone(),
        spec: None,
        scenario: ScenarioView {
            name: trace.scenario.clone(),
            about: "a file whose steps the model was not walked for: the states are what the answers tell"
                .to_owned(),
            release: trace.release.to_string(),
            mutation: trace.mutation.clone(),
            setting: trace.setting.clone(),
            ..ScenarioView::default()
        },
        violates: None,
        back_to: None,
        clients,
        partitions: topics.flat_map(|(t, n)| (0..*n).map(move |i| format!("{t}-{i}"))).collect(),
        log_end: None,
        properties: Vec::new(),
        goals: Vec::new(),
        start: Start { state: first, ..Start::default() },
        from: 0,
        steps,
        messages,
        page: None,
        divergence: None,
    }
}

fn client_of(connection: &str) -> &str {
    connection.split('#').next().unwrap_or(connection)
}

fn actor(step: &Step) -> String {
    match &step.event {
        Event::Request { .. } | Event::Timer { .. } | Event::Control { .. } => "coordinator".to_owned(),
        Event::Answer { connection, .. } => client_of(connection).to_owned(),
        Event::Consumer { consumer, .. } => consumer.clone(),
    }
}

fn clients(trace: &Trace) -> Vec<String> {
    let of = |step: &Step| match &step.event {
        Event::Request { connection, .. } | Event::Answer { connection, .. } => {
            Some(client_of(connection).to_owned())
        }
        Event::Consumer { consumer, .. } => Some(consumer.clone()),
        Event::Timer { .. } | Event::Control { .. } => None,
    };
    let named: BTreeSet<String> = trace.steps.iter().filter_map(of).collect();
    named.into_iter().collect()
}

/// Requests are taken as they are sent; answers in their own step, or when a consumer takes them if the file tells.
fn post(messages: &mut Vec<Message>, step: usize, of: &Step, told_by_consumers: bool) {
    let mut add = |mut one: Message| {
        one.id = messages.len();
        messages.push(one);
    };
    if let Event::Request { connection, request } = &of.event {
        let own = of.answers.iter().find(|answer| answer.connection == *connection);
        let error = own.map(|answer| label::error_of(&answer.response).to_owned());
        let rejected = error.as_deref().is_some_and(|error| error != "NONE");
        add(Message {
            api: muster_model::narrate::api_name(request).to_owned(),
            label: label::request(request),
            error,
            sent: step,
            ended: Some(step),
            fate: if rejected { Fate::Rejected } else { Fate::Delivered },
            ..message(true, client_of(connection).to_owned(), connection.clone())
        });
    }
    for Answer { connection, response } in &of.answers {
        let label = label::response(response);
        add(Message {
            api: label[0].split(' ').next().unwrap_or_default().to_owned(),
            label,
            error: Some(label::error_of(response).to_owned()),
            sent: step,
            ended: (!told_by_consumers).then_some(step),
            fate: if told_by_consumers { Fate::InFlight } else { Fate::Delivered },
            ..message(false, client_of(connection).to_owned(), connection.clone())
        });
    }
    if let Event::Answer { connection, ignored, .. } = &of.event {
        let mut open = messages.iter_mut().filter(|m| !m.request && m.ended.is_none());
        if let Some(found) = open.find(|m| m.connection == *connection) {
            found.ended = Some(step);
            found.fate = if *ignored { Fate::Lost } else { Fate::Delivered };
        }
    }
}

fn apply(state: &mut StateView, step: &Step, told_by_consumers: bool) {
    match &step.event {
        Event::Request { connection, request } => {
            let own = step.answers.iter().find(|answer| answer.connection == *connection);
            take(&mut state.coordinator, connection, request, own.map(|answer| &answer.response));
            if let Request::LeaveGroup { members, .. } = request {
                close(state, connection, members);
            }
        }
        Event::Timer { timer } => match timer {
            Timer::Session { member } | Timer::NewMemberJoin { member } => {
                remove(&mut state.coordinator, member);
            }
            Timer::InitialDelay | Timer::Rebalance | Timer::PendingSync => {}
        },
        Event::Answer { connection, response, ignored: false } => {
            believe(state, connection, response);
        }
        // What the log gives back is told by the answers after it.
        Event::Control { .. } | Event::Answer { ignored: true, .. } | Event::Consumer { .. } => {}
    }
    for Answer { connection, response } in &step.answers {
        answered(&mut state.coordinator, client_of(connection), response);
        if !told_by_consumers {
            believe(state, connection, response);
        }
    }
    judge(state);
}

/// What a request does to the coordinator, as its answer tells.
fn take(coordinator: &mut CoordinatorView, connection: &str, request: &Request, answer: Option<&Response>) {
    let fine = answer.is_none_or(|answer| label::error_of(answer) == "NONE");
    match (request, answer) {
        (Request::JoinGroup { .. }, None) => {
            let group = coordinator.group.get_or_insert_default();
            "PreparingRebalance".clone_into(&mut group.state);
        }
        (Request::SyncGroup { assignments, member, .. }, _) if fine => {
            let Some(group) = &mut coordinator.group else { return };
            // In a Stable group a plan is not read: it is answered with what is stored.
            let read = group.state == "CompletingRebalance";
            for (id, given) in assignments.iter().filter(|_| read) {
                let partitions = given.iter().flat_map(|(t, of)| of.iter().map(move |i| format!("{t}-{i}")));
                group.members.entry(id.clone()).or_default().assignment = Some(partitions.collect());
            }
            client_of(connection).clone_into(&mut group.members.entry(member.clone()).or_default().client);
        }
        (Request::LeaveGroup { members, .. }, _) if fine => {
            for member in members {
                remove(coordinator, member);
            }
        }
        (Request::OffsetCommit { offsets, .. }, _) if fine => {
            let all =
                offsets.iter().flat_map(|(t, of)| of.iter().map(move |(i, o)| (format!("{t}-{i}"), *o)));
            coordinator.committed.extend(all);
        }
        (
            Request::FindCoordinator { .. }
            | Request::JoinGroup { .. }
            | Request::SyncGroup { .. }
            | Request::Heartbeat { .. }
            | Request::LeaveGroup { .. }
            | Request::OffsetCommit { .. }
            | Request::TxnOffsetCommit { .. }
            | Request::OffsetFetch { .. }
            | Request::DeleteGroups { .. }
            | Request::OffsetDelete { .. }
            | Request::DescribeGroups { .. }
            | Request::ListGroups { .. },
            _,
        ) => {}
    }
}

fn remove(coordinator: &mut CoordinatorView, member: &str) {
    let Some(group) = &mut coordinator.group else { return };
    group.pending.remove(member);
    if group.members.remove(member).is_some() {
        let state = if group.members.is_empty() { "Empty" } else { "PreparingRebalance" };
        state.clone_into(&mut group.state);
    }
}

/// Who takes its own leave owns nothing from then on.
fn close(state: &mut StateView, connection: &str, members: &[String]) {
    let Some(consumer) = state.consumers.get_mut(client_of(connection)) else { return };
    if consumer.member.as_ref().is_some_and(|member| members.contains(member)) {
        "Closed".clone_into(&mut consumer.phase);
        consumer.live = false;
        consumer.owned.clear();
    }
}

/// What a consumer may believe after an answer.
fn believe(state: &mut StateView, connection: &str, response: &Response) {
    let Some(consumer) = state.consumers.get_mut(client_of(connection)) else { return };
    connection.clone_into(&mut consumer.connection);
    match (response, label::error_of(response)) {
        (Response::JoinGroup { generation, member, .. }, "NONE") => {
            consumer.member = Some(member.clone());
            consumer.generation = Some(*generation);
            consumer.live = true;
            "Syncing".clone_into(&mut consumer.phase);
        }
        (Response::JoinGroup { member, .. }, "MEMBER_ID_REQUIRED") => consumer.member = Some(member.clone()),
        (Response::SyncGroup { assignment, .. }, "NONE") => {
            let given = assignment.iter().flatten();
            let given = given.flat_map(|(t, of)| of.iter().map(move |i| (format!("{t}-{i}"), None)));
            consumer.owned = given.collect();
            consumer.applied = consumer.generation;
            "Stable".clone_into(&mut consumer.phase);
        }
        (_, "REBALANCE_IN_PROGRESS" | "UNKNOWN_MEMBER_ID" | "ILLEGAL_GENERATION") => {
            consumer.owned.clear();
            "Joining".clone_into(&mut consumer.phase);
        }
        (_, _) => {}
    }
}

/// A consumer is fenced if the coordinator has a newer generation, or does not know it.
fn judge(state: &mut StateView) {
    let group = state.coordinator.group.as_ref();
    for consumer in state.consumers.values_mut() {
        let known =
            consumer.member.as_ref().is_some_and(|m| group.is_some_and(|g| g.members.contains_key(m)));
        consumer.fenced = !known || consumer.generation != group.map(|g| g.generation);
    }
}
