//! A consumer group whose offsets may go back: `cargo run --release -p muster-checker --example group -- 2 2 2 2 2` for
//! two consumers, two partitions, two records of each, two generations, on two threads.

#[path = "actors/mod.rs"]
mod actors;

use actors::group::{Bounds, model, part_boundary, part_properties};
use actors::tell::{arguments, tell};
use muster_checker::{Checker, Continue};

fn main() {
    let [consumers, partitions, records, generations, threads] = arguments([2, 2, 2, 2, 1]);
    let small = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let bounds = Bounds {
        consumers: small(consumers),
        partitions: small(partitions),
        records: small(records),
        generations: small(generations),
    };
    let model = model(bounds);
    // The same properties and boundary, over parts: the engine need not build a state to judge it.
    let mut checker =
        Checker::new(&model).without_model_properties().boundary(part_boundary(bounds)).threads(threads);
    for property in part_properties(bounds) {
        checker = checker.property(property);
    }
    tell(&model, checker.run(&mut |_| Continue::Yes));
}
