//! The lock of Ricart and Agrawala, and the shortest way into it for two at once if nobody breaks ties:
//! `cargo run --release -p muster-checker --example mutex -- 3 1` for three processes that want in once.

#[path = "actors/mod.rs"]
mod actors;

use actors::mutex::model;
use actors::tell::{arguments, tell};
use muster_checker::{Checker, Continue, Stop};

fn main() {
    let [processes, wants] = arguments([3, 1]);
    let wants = u8::try_from(wants).unwrap_or(u8::MAX);
    let whole = model(processes, wants, true);
    tell(&whole, Checker::new(&whole).run(&mut |_| Continue::Yes));
    let without = model(processes, wants, false);
    tell(&without, Checker::new(&without).stop(Stop::Violated).run(&mut |_| Continue::Yes));
}
