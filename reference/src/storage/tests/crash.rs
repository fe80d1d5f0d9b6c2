//! The power goes after every single operation on the disk, with every fate of what was not synced; and once more
//! while the storage recovers. Nothing that was acknowledged may be lost, and it must open.

use std::sync::Arc;

use super::disk::{Fate, Image, SimDisk};
use super::workload::{History, SETTINGS, Step, Work, group, offset, records};
use crate::storage::disk::Disk;
use crate::storage::open::{Found, open};

fn work(work: &mut Work) {
    work.together(vec![
        Step::Create("orders", 2),
        Step::Create("video", 1),
        Step::Records(vec![group("g", 0)]),
    ]);
    let mut ends = [0, 0];
    for round in 0..12_i64 {
        let mut steps = Vec::new();
        for partition in [0, 1, 0] {
            let end = &mut ends[usize::try_from(partition).unwrap()];
            steps.push(Step::Append("orders", partition, records(*end, 1 + round % 3, "order")));
            *end += 1 + round % 3;
        }
        steps.push(Step::Records(vec![offset("g", 0, round), offset("g", 1, round)]));
        steps.push(Step::Records(vec![group("g", i32::try_from(round).unwrap()), offset("h", 0, round)]));
        steps.push(Step::Records(vec![offset("once", i32::try_from(round).unwrap(), round)]));
        if round == 3 {
            steps.push(Step::Append("video", 0, records(0, 2, "film")));
        }
        if round == 5 {
            steps.push(Step::Trim("orders", 0));
        }
        if round == 7 {
            steps.push(Step::Delete("video", 1));
        }
        if round == 9 {
            steps.push(Step::Trim("orders", 1));
        }
        work.together(steps);
    }
}

fn open_image(image: &Image) -> (SimDisk, Found) {
    let disk = SimDisk::of(image.clone());
    let on: Arc<dyn Disk> = Arc::new(disk.clone());
    let (_store, found) = open(&on, SETTINGS).unwrap_or_else(|error| panic!("{error}"));
    (disk, found)
}

#[test]
fn nothing_acknowledged_is_lost_whenever_the_power_goes() {
    let mut worked = Work::on(SimDisk::default());
    work(&mut worked);
    let history: History = worked.history.lock().unwrap().clone();
    let all = worked.disk.operations();
    assert_eq!(history.acknowledged.len(), history.steps.len(), "every step is acknowledged");
    let (mut crashes, mut recoveries) = (0, 0);
    for operations in 0..=all {
        for fate in Fate::ALL {
            let image = worked.disk.after_crash(operations, fate);
            let (recovering, found) = open_image(&image);
            history.check(operations, &found);
            crashes += 1;
            for again in 0..recovering.operations() {
                for fate in [Fate::Lost, Fate::Kept, Fate::TornHead, Fate::OnlyLast] {
                    let (_, found) = open_image(&recovering.after_crash(again, fate));
                    history.check(operations, &found);
                    recoveries += 1;
                }
            }
        }
    }
    // That many points there are: a workload that does less checks less.
    assert!(crashes > 1000 && recoveries > 2000, "{crashes} crashes, {recoveries} in recovery");
}

#[test]
fn what_is_written_is_there_after_a_restart_and_goes_on() {
    let mut first = Work::on(SimDisk::default());
    work(&mut first);
    let image = first.disk.after_crash(first.disk.operations(), Fate::Lost);
    let (disk, found) = open_image(&image);
    first.history.lock().unwrap().check(usize::MAX, &found);
    let segments = image.files.keys().filter(|name| name.starts_with("__consumer_offsets")).count();
    assert!(segments <= 3, "compaction left {segments} segments: {:?}", image.files.keys());
    let mut second = Work::on(disk);
    second.together(vec![Step::Records(vec![offset("g", 0, 99)])]);
    let image = second.disk.after_crash(second.disk.operations(), Fate::Lost);
    let (_, found) = open_image(&image);
    assert_eq!(found.records.last(), Some(&offset("g", 0, 99)));
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room_again() {
    let mut work = Work::on(SimDisk::default());
    work.together(vec![Step::Create("orders", 1), Step::Records(vec![offset("g", 0, 1)])]);
    work.disk.fill(true);
    work.together(vec![
        Step::Append("orders", 0, records(0, 1, "lost")),
        Step::Records(vec![offset("g", 0, 2)]),
    ]);
    // Of the epoch that failed: dropped, for the coordinator has taken it back.
    work.together(vec![Step::Records(vec![offset("g", 0, 3)])]);
    assert_eq!(work.history.lock().unwrap().refused, 2);
    work.disk.fill(false);
    work.next_epoch();
    work.together(vec![Step::Records(vec![offset("g", 0, 4)])]);
    let (_, found) = open_image(&work.disk.after_crash(work.disk.operations(), Fate::Lost));
    assert_eq!(found.records, [offset("g", 0, 1), offset("g", 0, 4)]);
    assert!(found.topics.values().all(|topic| topic.partitions[0].batches.is_empty()));
}
