//! stateright 0.31: `Network::iter_all` never ends on an ordered network that holds a message. `View::messages` goes
//! around it. When this test fails, stateright is repaired and the detour may go.

use stateright::actor::{Envelope, Id, Network};

#[test]
fn iter_all_repeats_the_first_message_for_ever() {
    let envelope = |msg: &'static str| Envelope { src: Id::from(0), dst: Id::from(1), msg };
    let network = Network::new_ordered([envelope("first"), envelope("second")]);
    assert_eq!(network.len(), 2);
    let told: Vec<&str> = network.iter_all().take(100).map(|envelope| *envelope.msg).collect();
    assert_eq!(told, ["first"; 100]);
}
