//! The fields of the requests, in order (`clients/src/main/resources/common/message/*Request.json`).

use super::super::shape::Kind::{Array, Bytes, Fixed, List, Text};
use super::super::shape::{Field, Kind, all, since, until};

const INTS: Kind = List(&Fixed(4));
const TEXTS: Kind = List(&Text);

pub(super) const PRODUCE: &[Field] = &[
    all(Text),
    all(Fixed(2 + 4)),
    all(Array(&[until(12, Text), since(13, Fixed(16)), all(Array(&[all(Fixed(4)), all(Bytes)]))])),
];
pub(super) const FETCH: &[Field] = &[
    until(14, Fixed(4)),
    all(Fixed(4 + 4 + 4 + 1)),
    since(7, Fixed(4 + 4)),
    all(Array(&[
        until(12, Text),
        since(13, Fixed(16)),
        all(Array(&[
            all(Fixed(4)),
            since(9, Fixed(4)),
            all(Fixed(8)),
            since(12, Fixed(4)),
            since(5, Fixed(8)),
            all(Fixed(4)),
        ])),
    ])),
    since(7, Array(&[until(12, Text), since(13, Fixed(16)), all(INTS)])),
    since(11, Text),
];
pub(super) const LIST_OFFSETS: &[Field] = &[
    all(Fixed(4)),
    since(2, Fixed(1)),
    all(Array(&[all(Text), all(Array(&[all(Fixed(4)), since(4, Fixed(4)), all(Fixed(8))]))])),
    since(10, Fixed(4)),
];
pub(super) const METADATA: &[Field] = &[
    all(Array(&[since(10, Fixed(16)), all(Text)])),
    since(4, Fixed(1)),
    Field { since: 8, until: 10, kind: Fixed(1) },
    since(8, Fixed(1)),
];
pub(super) const OFFSET_COMMIT: &[Field] = &[
    all(Text),
    all(Fixed(4)),
    all(Text),
    since(7, Text),
    until(4, Fixed(8)),
    all(Array(&[all(Text), all(Array(&[all(Fixed(4)), all(Fixed(8)), since(6, Fixed(4)), all(Text)]))])),
];
pub(super) const OFFSET_FETCH: &[Field] = &[
    until(7, Text),
    until(7, Array(&[all(Text), all(INTS)])),
    since(8, Array(&[all(Text), since(9, Text), since(9, Fixed(4)), all(Array(&[all(Text), all(INTS)]))])),
    since(7, Fixed(1)),
];
pub(super) const FIND_COORDINATOR: &[Field] = &[until(3, Text), since(1, Fixed(1)), since(4, TEXTS)];
pub(super) const JOIN_GROUP: &[Field] = &[
    all(Text),
    all(Fixed(4)),
    since(1, Fixed(4)),
    all(Text),
    since(5, Text),
    all(Text),
    all(Array(&[all(Text), all(Bytes)])),
    since(8, Text),
];
pub(super) const HEARTBEAT: &[Field] = &[all(Text), all(Fixed(4)), all(Text), since(3, Text)];
pub(super) const LEAVE_GROUP: &[Field] =
    &[all(Text), until(2, Text), since(3, Array(&[all(Text), all(Text), since(5, Text)]))];
pub(super) const SYNC_GROUP: &[Field] = &[
    all(Text),
    all(Fixed(4)),
    all(Text),
    since(3, Text),
    since(5, Text),
    since(5, Text),
    all(Array(&[all(Text), all(Bytes)])),
];
pub(super) const DESCRIBE_GROUPS: &[Field] = &[all(TEXTS), since(3, Fixed(1))];
pub(super) const LIST_GROUPS: &[Field] = &[since(4, TEXTS), since(5, TEXTS)];
pub(super) const API_VERSIONS: &[Field] = &[since(3, Text), since(3, Text)];
pub(super) const CREATE_TOPICS: &[Field] = &[
    all(Array(&[
        all(Text),
        all(Fixed(4 + 2)),
        all(Array(&[all(Fixed(4)), all(INTS)])),
        all(Array(&[all(Text), all(Text)])),
    ])),
    all(Fixed(4 + 1)),
];
pub(super) const INIT_PRODUCER_ID: &[Field] = &[all(Text), all(Fixed(4)), since(3, Fixed(8 + 2))];
pub(super) const OFFSET_FOR_LEADER_EPOCH: &[Field] = &[
    since(3, Fixed(4)),
    all(Array(&[all(Text), all(Array(&[all(Fixed(4)), since(2, Fixed(4)), all(Fixed(4))]))])),
];
pub(super) const DELETE_TOPICS: &[Field] =
    &[since(6, Array(&[all(Text), all(Fixed(16))])), until(5, TEXTS), all(Fixed(4))];
pub(super) const CREATE_PARTITIONS: &[Field] =
    &[all(Array(&[all(Text), all(Fixed(4)), all(Array(&[all(INTS)]))])), all(Fixed(4 + 1))];
pub(super) const DESCRIBE_CONFIGS: &[Field] =
    &[all(Array(&[all(Fixed(1)), all(Text), all(TEXTS)])), since(1, Fixed(1)), since(3, Fixed(1))];
pub(super) const ALTER_CONFIGS: &[Field] =
    &[all(Array(&[all(Fixed(1)), all(Text), all(Array(&[all(Text), all(Text)]))])), all(Fixed(1))];
pub(super) const INCREMENTAL_ALTER_CONFIGS: &[Field] = &[
    all(Array(&[all(Fixed(1)), all(Text), all(Array(&[all(Text), all(Fixed(1)), all(Text)]))])),
    all(Fixed(1)),
];
pub(super) const DESCRIBE_CLUSTER: &[Field] = &[all(Fixed(1)), since(1, Fixed(1)), since(2, Fixed(1))];
pub(super) const DELETE_GROUPS: &[Field] = &[all(TEXTS)];
pub(super) const OFFSET_DELETE: &[Field] =
    &[all(Text), all(Array(&[all(Text), all(Array(&[all(Fixed(4))]))]))];
pub(super) const LIST_PARTITION_REASSIGNMENTS: &[Field] =
    &[all(Fixed(4)), all(Array(&[all(Text), all(INTS)]))];
pub(super) const SASL_HANDSHAKE: &[Field] = &[all(Text)];
pub(super) const SASL_AUTHENTICATE: &[Field] = &[all(Bytes)];
