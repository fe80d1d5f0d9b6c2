//! Single lines of a narration, for a page that tells steps one at a time.

use super::{beliefs, words};
use crate::actor::GroupState;
use crate::scenario::Scenario;
use crate::trace::{Control, Event, Request, Response, Timer};

/// What happened, and where.
pub fn event_line(event: &Event) -> String {
    words::event(event)
}

/// A request with its version and fields.
pub fn request_line(request: &Request) -> String {
    words::request(request)
}

/// An answer with its error code, and its fields where there is none.
pub fn response_line(response: &Response) -> String {
    words::response(response)
}

/// Kafka's name of a request's API.
pub fn api_name(request: &Request) -> &'static str {
    words::api(request)
}

/// What the firing of a timer means.
pub fn timer_line(timer: &Timer) -> String {
    words::timer(timer)
}

/// What happens to the coordinator's log or leadership.
pub fn control_line(control: &Control) -> String {
    words::control(control)
}

/// What differs between two states: in what consumers believe, and in what the coordinator knows.
pub fn change_lines(scenario: &Scenario, before: &GroupState, after: &GroupState) -> Vec<String> {
    beliefs::changes(scenario, before, after)
}
