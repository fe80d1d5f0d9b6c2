//! Plays bytes to a broker of their own, as what two clients send, in a time that passes at once.

use std::time::Duration;

use muster_reference::broker::{Broker, BrokerConfig, decodes};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Builder;
use tokio::time::timeout;

/// The bytes `c-` and a UUID: in a session this stands for the member id that was given out last to client `c`, which
/// nobody can know before.
pub(crate) const MEMBER: &str = "c-00000000-0000-0000-0000-000000000000";
/// Requests of a session, at most.
const REQUESTS: usize = 64;
/// All is quiet when nothing happens for so long.
const QUIET: Duration = Duration::from_millis(1);
/// A connection that its client has left is closed within this.
const CLOSED_WITHIN: Duration = Duration::from_hours(1);

/// What was heard of a broker on one connection.
struct Heard {
    stream: DuplexStream,
    bytes: Vec<u8>,
    is_open: bool,
}

impl Heard {
    async fn listen(&mut self, patience: Duration) {
        let mut buffer = [0; 4096];
        while self.is_open {
            match timeout(patience, self.stream.read(&mut buffer)).await {
                Ok(Ok(length)) if length > 0 => self.bytes.extend_from_slice(&buffer[..length]),
                Ok(_) => self.is_open = false,
                Err(_) => return,
            }
        }
    }

    /// The last member id of client `c`.
    fn member(&self) -> Option<Vec<u8>> {
        let windows = self.bytes.windows(MEMBER.len()).rev();
        let is_id = |id: &&[u8]| {
            id.starts_with(b"c-") && [10, 15, 20, 25].iter().all(|at| id[*at] == b'-') && id.is_ascii()
        };
        windows.into_iter().find(is_id).map(<[u8]>::to_vec)
    }

    /// Every answer is whole.
    fn check(&self) {
        let mut rest = &self.bytes[..];
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::try_from(i32::from_be_bytes(*length)).expect("a length is not negative");
            assert!(length >= 4, "an answer has a correlation id");
            rest = after.get(length..).expect("the last answer is whole");
        }
        assert!(rest.is_empty(), "the last answer is whole");
    }
}

/// The frames of a session. The last one may be torn.
fn frames(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let (false, Some(length)) = (rest.is_empty(), rest.first_chunk().copied()) {
        let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(0).saturating_add(4);
        let (frame, after) = rest.split_at(length.min(rest.len()));
        frames.push(frame.to_vec());
        rest = after;
        if frames.len() == REQUESTS {
            break;
        }
    }
    frames
}

fn with_member(frame: Vec<u8>, member: Option<Vec<u8>>) -> Vec<u8> {
    let at = frame.windows(MEMBER.len()).position(|window| window == MEMBER.as_bytes());
    let (Some(at), Some(member)) = (at, member) else { return frame };
    [&frame[..at], &member, &frame[at + MEMBER.len()..]].concat()
}

async fn play(session: &[u8]) {
    let mut config = BrokerConfig::for_tests();
    config.topics.insert("t".into(), 2);
    config.max_memory = 1 << 20;
    config.max_partitions = 100;
    let broker = Broker::start(config).await.expect("a broker starts");
    let connect = || Heard { stream: broker.connect(), bytes: Vec::new(), is_open: true };
    let mut clients = [connect(), connect()];
    for frame in frames(session) {
        let member = clients.iter().find_map(Heard::member);
        // The last bit of the correlation id says who sends it.
        let sender = &mut clients[usize::from(frame.get(11).copied().unwrap_or(0) & 1)];
        // A broker that has closed the connection does not hear it.
        let _ = sender.stream.write_all(&with_member(frame, member)).await;
        for client in &mut clients {
            client.listen(QUIET).await;
        }
    }
    for mut client in clients {
        let _ = client.stream.shutdown().await;
        client.listen(CLOSED_WITHIN).await;
        assert!(!client.is_open, "the broker closes a connection that its client has left");
        client.check();
    }
    broker.shutdown().await;
}

/// A whole session: each request is answered, or closes its connection.
pub(crate) fn session(bytes: &[u8]) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(play(bytes));
}

/// A frame is a request or is none.
pub(crate) fn frame(bytes: &[u8]) {
    decodes(bytes);
}
