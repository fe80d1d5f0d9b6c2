//! What goes with an offset that a trace commits: a leader epoch and metadata that tell which offset it is, so that whoever
//! fetches it sees whether it is given back as it was committed.

use muster_model::trace::CommitMetadata;

/// `offset.metadata.max.bytes`, by its default. Kafka counts UTF-16 units.
const METADATA_MAX: usize = 4_096;
/// Two bytes of UTF-8, and one unit of UTF-16.
const FILLING: char = 'é';

/// The epoch of the leader that the offset was read from.
pub(crate) fn leader_epoch(offset: i64) -> i32 {
    i32::try_from(offset).unwrap_or(-1)
}

/// Metadata of this length.
pub(crate) fn metadata(offset: i64, length: CommitMetadata) -> String {
    let filled = |length: usize| {
        let text = short(offset);
        let filling = std::iter::repeat_n(FILLING, length - text.len());
        text.chars().chain(filling).collect()
    };
    match length {
        CommitMetadata::Short => short(offset),
        CommitMetadata::Longest => filled(METADATA_MAX),
        CommitMetadata::TooLong => filled(METADATA_MAX + 1),
    }
}

fn short(offset: i64) -> String {
    format!("offset {offset}")
}

/// Whether an offset that is fetched has what it was committed with; -1 has nothing. No leader epoch: it was not carried.
pub(crate) fn is_as_committed(offset: i64, epoch: Option<i32>, metadata: &str) -> Result<(), String> {
    let (expected, texts) = if offset < 0 {
        (-1, vec![String::new()])
    } else {
        let texts = [CommitMetadata::Short, CommitMetadata::Longest];
        (leader_epoch(offset), texts.map(|length| self::metadata(offset, length)).to_vec())
    };
    if let Some(epoch) = epoch.filter(|epoch| *epoch != expected) {
        return Err(format!("offset {offset} with leader epoch {epoch} in place of {expected}"));
    }
    if texts.iter().any(|text| text == metadata) {
        return Ok(());
    }
    let told: String = metadata.chars().take(40).collect();
    Err(format!("offset {offset} with metadata {told:?} that it was not committed with"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_otherwise_is_noticed() {
        for length in [CommitMetadata::Short, CommitMetadata::Longest] {
            assert_eq!(is_as_committed(5, Some(5), &metadata(5, length)), Ok(()));
        }
        assert_eq!(is_as_committed(-1, Some(-1), ""), Ok(()));
        assert_eq!(is_as_committed(5, None, "offset 5"), Ok(()));
        assert!(is_as_committed(5, Some(-1), "offset 5").is_err());
        assert!(is_as_committed(5, Some(5), "offset 6").is_err());
        assert!(is_as_committed(5, Some(5), "").is_err());
        assert!(is_as_committed(-1, Some(1), "").is_err());
        assert!(is_as_committed(5, Some(5), &metadata(5, CommitMetadata::TooLong)).is_err());
    }

    #[test]
    fn kafka_counts_units_of_utf_16() {
        let units = |length| metadata(1, length).encode_utf16().count();
        assert_eq!((units(CommitMetadata::Longest), units(CommitMetadata::TooLong)), (4_096, 4_097));
        assert!(metadata(1, CommitMetadata::Longest).len() > 8_000);
    }
}
