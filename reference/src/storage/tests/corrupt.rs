//! What no crash leaves is refused, in one line that says where and what to do; what a crash leaves is cut off.

use std::sync::Arc;

use super::disk::{Fate, Image, SimDisk};
use super::workload::{SETTINGS, Step, Work, offset, records};
use crate::storage::disk::Disk;
use crate::storage::open::{OpenError, open};

const FIRST: &str = "orders-0/00000000000000000000.log";

fn image() -> Image {
    let mut work = Work::on(SimDisk::default());
    work.together(vec![Step::Create("orders", 1)]);
    for base in 0..4 {
        work.together(vec![
            Step::Append("orders", 0, records(base, 1, "order")),
            Step::Records(vec![offset("g", 0, base)]),
        ]);
    }
    work.disk.after_crash(work.disk.operations(), Fate::Lost)
}

fn batches(image: Image) -> Result<usize, OpenError> {
    let on: Arc<dyn Disk> = Arc::new(SimDisk::of(image));
    open(&on, SETTINGS)
        .map(|(_, found)| found.topics.values().map(|topic| topic.partitions[0].batches.len()).sum())
}

#[test]
fn a_bit_that_flips_is_refused_unless_it_is_in_the_last_batch() {
    let whole = image();
    let length = whole.files[FIRST].len();
    assert_eq!(batches(whole.clone()).unwrap(), 4);
    for at in 0..length {
        // The leader's epoch is not covered by the checksum, and is not looked at.
        let in_batch = at % (length / 4);
        if (12..16).contains(&in_batch) {
            continue;
        }
        let mut image = whole.clone();
        image.files.get_mut(FIRST).unwrap()[at] ^= 0x40;
        match batches(image) {
            Ok(left) => assert!(at >= length / 4 * 3 && left == 3, "byte {at}: {left} batches"),
            Err(OpenError::Corrupt { file, at: byte, .. }) => {
                assert_eq!((file.as_str(), byte), (FIRST, u64::try_from(at - in_batch).unwrap()));
                assert!(at < length / 4 * 3, "byte {at}");
            }
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
}

#[test]
fn a_file_that_ends_too_early_loses_its_last_batch_only() {
    let whole = image();
    let length = whole.files[FIRST].len();
    for cut in 0..length {
        let mut image = whole.clone();
        image.files.get_mut(FIRST).unwrap().truncate(cut);
        assert_eq!(batches(image).unwrap(), cut / (length / 4), "cut at {cut}");
    }
}

#[test]
fn a_segment_that_is_gone_is_refused() {
    let mut work = Work::on(SimDisk::default());
    work.together(vec![Step::Create("orders", 1)]);
    for base in 0..20 {
        work.together(vec![Step::Append("orders", 0, records(base, 1, "order"))]);
    }
    let mut image = work.disk.after_crash(work.disk.operations(), Fate::Lost);
    image.files.remove(FIRST);
    let error = batches(image).unwrap_err().to_string();
    assert!(error.contains("is missing: it should end at offset 0"), "{error}");
}

#[test]
fn a_directory_of_something_else_is_refused() {
    let mut foreign = Image::default();
    foreign.files.insert("letters.txt".to_owned(), b"dear".to_vec());
    assert!(matches!(batches(foreign), Err(OpenError::Foreign)));
}
