//! Single-decree Paxos chooses one value, if acceptors keep what they promise: the second run shows what happens
//! otherwise. `cargo run --release -p muster-checker --example paxos -- 3 2` for three acceptors and two proposers.

#[path = "actors/mod.rs"]
mod actors;

use actors::paxos::{Bounds, model};
use actors::tell::{arguments, tell};
use muster_checker::{Checker, Continue, Stop};
use stateright::actor::LossyNetwork;

fn main() {
    let [acceptors, proposers] = arguments([3, 2]);
    let proposers = u8::try_from(proposers).unwrap_or(u8::MAX);
    for keeps_promises in [true, false] {
        let model = model(Bounds { acceptors, proposers, lossy: LossyNetwork::No, keeps_promises });
        let stop = if keeps_promises { Stop::Exhausted } else { Stop::Violated };
        println!("promises are {}", if keeps_promises { "kept" } else { "broken" });
        tell(&model, Checker::new(&model).stop(stop).run(&mut |_| Continue::Yes));
    }
}
