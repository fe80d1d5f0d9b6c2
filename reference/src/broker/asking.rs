//! What connections and the control endpoint ask of the coordinator's task.

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::engine::Command;
use super::server::Shared;
use crate::coordinator::{Client, ErrorCode, Request, Response};

impl Shared {
    /// Tells the coordinator of the topics.
    pub(super) async fn tell_topics(&self) -> Result<(), ErrorCode> {
        let counts = self.topics().counts();
        self.commands.send(Command::Topics(counts)).await.map_err(|_| ErrorCode::UnknownServerError)
    }

    /// Asks the coordinator. None: it never answers this request. While the answer is awaited the request is not held.
    pub(super) fn ask(
        &self,
        client: Client,
        request: Request,
    ) -> impl Future<Output = Option<Response>> + use<'_> {
        let (answer, answered) = oneshot::channel();
        let full = match self.commands.try_send(Command::Ask { client, request, answer }) {
            Ok(()) => None,
            Err(TrySendError::Full(command)) => Some(Box::pin(self.commands.send(command))),
            // Then there is no answer either.
            Err(TrySendError::Closed(_)) => None,
        };
        async {
            if let Some(sent) = full {
                sent.await.ok()?;
            }
            answered.await.ok().map(|answer| *answer)
        }
    }

    /// Has the coordinator's task look something up.
    pub(super) async fn look_up<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.ok()?;
        answered.await.ok()
    }
}
