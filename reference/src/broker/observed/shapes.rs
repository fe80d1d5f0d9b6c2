//! The fields of the answers of a group coordinator, in order
//! (`clients/src/main/resources/common/message/*Response.json`).

use super::super::api::Api;
use super::super::shape::Kind::{Array, Bytes, Fixed, Text};
use super::super::shape::{Field, all, since, until};

const JOIN_GROUP: &[Field] = &[
    since(2, Fixed(4)),
    all(Fixed(2 + 4)),
    since(7, Text),
    all(Text),
    all(Text),
    since(9, Fixed(1)),
    all(Text),
    all(Array(&[all(Text), since(5, Text), all(Bytes)])),
];
const SYNC_GROUP: &[Field] = &[since(1, Fixed(4)), all(Fixed(2)), since(5, Text), since(5, Text), all(Bytes)];
const HEARTBEAT: &[Field] = &[since(1, Fixed(4)), all(Fixed(2))];
const LEAVE_GROUP: &[Field] =
    &[since(1, Fixed(4)), all(Fixed(2)), since(3, Array(&[all(Text), all(Text), all(Fixed(2))]))];
const OFFSET_COMMIT: &[Field] =
    &[since(3, Fixed(4)), all(Array(&[all(Text), all(Array(&[all(Fixed(4 + 2))]))]))];
const OFFSET_FETCH: &[Field] = &[
    since(3, Fixed(4)),
    until(
        7,
        Array(&[all(Text), all(Array(&[all(Fixed(4 + 8)), since(5, Fixed(4)), all(Text), all(Fixed(2))]))]),
    ),
    Field { since: 2, until: 7, kind: Fixed(2) },
    since(
        8,
        Array(&[
            all(Text),
            all(Array(&[all(Text), all(Array(&[all(Fixed(4 + 8 + 4)), all(Text), all(Fixed(2))]))])),
            all(Fixed(2)),
        ]),
    ),
];
const DELETE_GROUPS: &[Field] = &[all(Fixed(4)), all(Array(&[all(Text), all(Fixed(2))]))];
const OFFSET_DELETE: &[Field] =
    &[all(Fixed(2 + 4)), all(Array(&[all(Text), all(Array(&[all(Fixed(4 + 2))]))]))];

/// The fields of an answer; none if the API is not a group coordinator's.
pub(super) fn answer(api: Api) -> Option<&'static [Field]> {
    let shapes = [
        (Api::JoinGroup, JOIN_GROUP),
        (Api::SyncGroup, SYNC_GROUP),
        (Api::Heartbeat, HEARTBEAT),
        (Api::LeaveGroup, LEAVE_GROUP),
        (Api::OffsetCommit, OFFSET_COMMIT),
        (Api::OffsetFetch, OFFSET_FETCH),
        (Api::DeleteGroups, DELETE_GROUPS),
        (Api::OffsetDelete, OFFSET_DELETE),
    ];
    shapes.into_iter().find(|(of, _)| *of == api).map(|(_, shape)| shape)
}
