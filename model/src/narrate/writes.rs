//! What the outside store makes of a write.

use super::retell::Told;
use crate::scenario::Scenario;
use crate::store::{OutsideStore, StorePolicy, Write};
use crate::trace::Event;

/// The name of the store in transcripts and traces.
const STORE: &str = "outside-store";

pub(super) fn told(scenario: &Scenario, store: &OutsideStore, write: Write) -> Told {
    let mut next = store.clone();
    let taken = next.write(scenario.store.unwrap_or(StorePolicy::LastWriteWins), write);
    let Write { client, partition, record, generation } = write;
    let before = store.stored.get(&partition);
    let held = before.map(|before| format!("record {} by {}", before.record, before.client));
    let held = held.unwrap_or_else(|| "nothing".to_owned());
    let verb = if taken { "takes" } else { "refuses" };
    let act = format!(
        "{verb} from {client} of generation {generation}: record {record} of {partition}; it held {held}"
    );
    Told::Consumer(Event::Consumer { consumer: STORE.to_owned(), act }, Vec::new())
}
