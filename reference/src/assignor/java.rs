//! Java's orders: of strings, and of hash maps of strings and partitions.
//!
//! A `HashMap` iterates by bucket and, in a bucket, by insertion. That a bucket of more than eight entries becomes a
//! tree, which moves one entry to its front, is left out.

use std::cmp::Ordering;

use super::TopicPartition;

/// `String.compareTo`: by UTF-16 code units.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

/// `String.hashCode`.
pub(super) fn hash_of_text(text: &str) -> i32 {
    let add = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    text.encode_utf16().fold(0, add)
}

/// `TopicPartition.hashCode`.
pub(super) fn hash_of_partition(partition: &TopicPartition) -> i32 {
    let own = 31_i32.wrapping_add(partition.partition);
    own.wrapping_mul(31).wrapping_add(hash_of_text(partition.topic.as_str()))
}

/// The bucket of a key in a `HashMap` that once held `most` keys.
pub(super) fn bucket(hash: i32, most: usize) -> u32 {
    let mut buckets = 16_u32;
    while usize::try_from(buckets / 4 * 3).is_ok_and(|full| most > full) {
        buckets = buckets.saturating_mul(2);
    }
    let hash = hash.cast_unsigned();
    (hash ^ (hash >> 16)) & (buckets - 1)
}

/// Keys as a `HashMap` iterates them into which they were put in this order.
pub(super) fn hash_order<K>(mut keys: Vec<K>, hash: impl Fn(&K) -> i32) -> Vec<K> {
    let most = keys.len();
    keys.sort_by_key(|key| bucket(hash(key), most));
    keys
}

/// A `HashSet` of partitions, as far as its order matters.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionSet {
    /// In the order of insertion.
    partitions: Vec<TopicPartition>,
    /// As many as it ever held: it does not shrink.
    most: usize,
}

impl PartitionSet {
    pub(super) fn insert(&mut self, partition: TopicPartition) {
        if !self.partitions.contains(&partition) {
            self.partitions.push(partition);
            self.most = self.most.max(self.partitions.len());
        }
    }

    pub(super) fn remove(&mut self, partition: &TopicPartition) {
        self.partitions.retain(|one| one != partition);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// The first that an iterator gives.
    pub(super) fn first(&self) -> Option<&TopicPartition> {
        self.partitions.iter().min_by_key(|partition| bucket(hash_of_partition(partition), self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `jshell` prints them.
    #[test]
    fn hashes_and_orders_are_those_of_java() {
        assert_eq!(hash_of_text("consumer-1"), -166_239_206);
        let partition = TopicPartition { topic: "orders".into(), partition: 3 };
        assert_eq!(hash_of_partition(&partition), -1_008_769_277);
        let keys: Vec<String> = (0..14).map(|i| format!("member-{i}")).collect();
        let ordered = hash_order(keys, |key| hash_of_text(key));
        let expected = "5 6 3 13 4 12 9 11 10 7 8 1 2 0".split(' ').map(|i| format!("member-{i}"));
        assert_eq!(ordered, expected.collect::<Vec<_>>());
        assert_eq!(compare("\u{e000}", "\u{10000}"), Ordering::Greater);
    }
}
