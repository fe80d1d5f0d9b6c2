//! A request and its answer, with the fault that strikes it, if one does.

use bytes::Bytes;
use tokio::time::Instant;

use super::connection::Ends;
use super::dispatch;
use super::faults::Kind as Fault;
use super::frame::{Header, Refusal};
use super::refuse;
use super::server::Shared;

/// Handles a request. What is to be sent is empty if the request wants no answer, or a fault drops it.
///
/// No `async fn`: that would hold what it is given twice, and thousands of requests may be parked.
pub(super) fn exchange<'s>(
    shared: &'s Shared,
    ends: &'s Ends,
    header: Header,
    body: Bytes,
) -> impl Future<Output = Result<Bytes, Refusal>> + use<'s> {
    let started = Instant::now();
    let fault = shared.faults.strike(&header);
    async move {
        let answer = match fault {
            Some(Fault::Error(error)) => refuse::answer(&header, body, error)?,
            Some(Fault::Delay(_) | Fault::Drop | Fault::Duplicate | Fault::Close) | None => {
                dispatch::handle(shared, ends, &header, body).await?
            }
        };
        if let Some(Fault::Delay(by)) = fault {
            Box::pin(tokio::time::sleep(by)).await;
        }
        shared.metrics.request((header.api, header.version), started.elapsed());
        match fault {
            Some(Fault::Drop) => Ok(Bytes::new()),
            Some(Fault::Close) => Err(Refusal::Fault),
            Some(Fault::Duplicate) => Ok([&answer[..], &answer[..]].concat().into()),
            Some(Fault::Delay(_) | Fault::Error(_)) | None => Ok(answer),
        }
    }
}
