//! Two-phase commit is consistent: `cargo run --release -p muster-checker --example two_phase_commit -- 7 2` for seven
//! resource managers, on two threads.

#[path = "actors/mod.rs"]
mod actors;

use actors::tell::{arguments, tell};
use actors::two_phase::model;
use muster_checker::{Checker, Continue};

fn main() {
    let [resources, threads] = arguments([5, 1]);
    let model = model(resources);
    tell(&model, Checker::new(&model).threads(threads).run(&mut |_| Continue::Yes));
}
