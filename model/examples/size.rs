//! scratch
use muster_model::{
    actor::model,
    scenario::{Bounds, Faults, Scenario},
};
use stateright::{Checker, Model};
fn main() {
    let a: Vec<u8> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    let mut s = Scenario::faithful(
        "x",
        "",
        Bounds {
            consumers: a[0],
            topics: a[1],
            partitions: a[2],
            records: a[3],
            generations: a[4] as i8,
            members: a[5],
            group_max_size: None,
        },
    );
    s.faults = Faults { crash: a[6], give_up: a[7], expire: a[8], leave: a[9] };
    let t = std::time::Instant::now();
    let c = model(&s).checker().threads(1).target_state_count(40_000_000).spawn_bfs().join();
    println!(
        "{a:?} unique {} generated {} depth {} {:.2?}",
        c.unique_state_count(),
        c.state_count(),
        c.max_depth(),
        t.elapsed()
    );
    for (n, p) in c.discoveries() {
        println!("VIOLATED {n} {} steps", p.into_actions().len());
    }
}
