//! Requests of a connection that are under way at once, and their answers in order.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::frame::Refusal;

/// Requests that go on although one before them is not answered.
const AHEAD: usize = 4;

/// A request that is under way, or its answer.
pub(super) enum Request<'s> {
    UnderWay(Pin<Box<dyn Future<Output = Result<Bytes, Refusal>> + Send + 's>>),
    Answered(Result<Bytes, Refusal>),
}

impl Request<'_> {
    /// Goes on with it; whether it is answered.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> bool {
        match self {
            Self::Answered(_) => true,
            Self::UnderWay(handled) => match handled.as_mut().poll(context) {
                Poll::Pending => false,
                Poll::Ready(answer) => {
                    *self = Self::Answered(answer);
                    true
                }
            },
        }
    }
}

/// The answers at the front, once there is one.
pub(super) async fn first_answers(under_way: &mut VecDeque<Request<'_>>) -> Vec<Result<Bytes, Refusal>> {
    poll_fn(|context| {
        let answers = poll_in_order(under_way, context);
        if answers.is_empty() { Poll::Pending } else { Poll::Ready(answers) }
    })
    .await
}

/// Goes on with what is under way; gives the answers that are there, in order. Answers come in the order of the requests
/// but for few, so it does not ask far behind one that is not there. What is not asked is asked when it is at the front.
pub(super) fn poll_in_order(
    under_way: &mut VecDeque<Request<'_>>,
    context: &mut Context<'_>,
) -> Vec<Result<Bytes, Refusal>> {
    let mut answers = Vec::new();
    while under_way.front_mut().is_some_and(|first| first.poll(context)) {
        if let Some(Request::Answered(answer)) = under_way.pop_front() {
            answers.push(answer);
        }
    }
    for request in under_way.iter_mut().skip(1).take(AHEAD) {
        request.poll(context);
    }
    answers
}
