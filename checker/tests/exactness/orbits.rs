//! One state of each set of exchanged ones, and how many they stand for: as many as there are without.

use muster_checker::{Checker, Continue, Refused, Storage};

use crate::actors::group::{self, Bounds, Consumers};

/// Stored states, and how many they stand for.
fn counted(bounds: Bounds, (threads, storage): (usize, Storage)) -> Result<(u64, u64), Refused> {
    let model = group::model(bounds);
    let checker = Checker::new(&model).symmetry(Consumers::of(bounds)).threads(threads).storage(storage);
    checker.explore(&mut |_| Continue::Yes, |explored| Ok((explored.report().unique, explored.orbits()?)))?
}

#[test]
fn orbits_add_up_to_the_whole_space() {
    for (consumers, partitions, records, generations) in
        [(2, 1, 1, 2), (3, 1, 1, 1), (3, 1, 1, 2), (3, 2, 1, 1)]
    {
        let bounds = Bounds { consumers, partitions, records, generations };
        let model = group::model(bounds);
        let whole = Checker::new(&model).run(&mut |_| Continue::Yes).unwrap().unique;
        let (stored, sum) = counted(bounds, (1, Storage::Fast)).unwrap();
        assert_eq!(sum, whole, "{bounds:?}");
        assert!(stored * u64::from(consumers) < whole * 2, "{stored} of {whole}");
        assert_eq!(counted(bounds, (2, Storage::Compact)).unwrap(), (stored, sum));
    }
}
