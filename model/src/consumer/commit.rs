//! OffsetCommit (`ConsumerCoordinator.sendOffsetCommitRequest`, `OffsetCommitResponseHandler`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn};
use crate::message::{Error, OffsetCommit, Request};
use crate::types::{Offset, Partition};

/// The API version that the model's consumers use.
const OFFSET_COMMIT_VERSION: i16 = 9;

impl ConsumerTurn<'_> {
    /// The timer exists in that phase only: a client that joins holds its commits back.
    pub(super) fn commit_only_while_stable(&mut self) {
        self.follow(Rule::CommitOnlyWhileStable);
        if !self.state.knows_coordinator {
            return self.resume();
        }
        let mut offsets = self.commit_what_was_processed();
        self.add_kept(&mut offsets);
        let Some(offsets) = self.in_turn(offsets) else { return };
        self.send_commit(offsets);
    }

    pub(super) fn send_commit(&mut self, offsets: BTreeMap<Partition, Offset>) {
        let commit = OffsetCommit {
            version: OFFSET_COMMIT_VERSION,
            member: self.state.member,
            instance: None,
            generation: self.state.generation,
            offsets: offsets.clone(),
            abandoned: false,
        };
        self.send(Request::OffsetCommit(commit), Awaited::OffsetCommit(offsets));
    }

    /// The stored offsets of owned partitions that are not committed yet.
    fn commit_what_was_processed(&mut self) -> BTreeMap<Partition, Offset> {
        self.follow(Rule::CommitWhatWasProcessed);
        let owned = self.state.owned.iter().filter_map(|(p, progress)| Some((*p, (*progress)?)));
        owned.filter(|(_, p)| p.stored != p.committed).map(|(p, progress)| (p, progress.stored)).collect()
    }

    /// The first error decides: all partitions of a group fail alike.
    pub(super) fn on_commit(&mut self, awaited: Option<Awaited>, errors: &BTreeMap<Partition, Error>) {
        let error = errors.values().copied().find(|e| *e != Error::None).unwrap_or(Error::None);
        if let (Error::None, Some(Awaited::OffsetCommit(offsets))) = (error, awaited) {
            self.acknowledge(&offsets);
        }
        if self.state.phase == ConsumerPhase::Revoking
            && matches!(error, Error::None | Error::RebalanceInProgress)
        {
            return self.finish_revocation();
        }
        self.on_group_error(error);
    }

    fn acknowledge(&mut self, offsets: &BTreeMap<Partition, Offset>) {
        for (partition, offset) in offsets {
            if let Some(Some(progress)) = self.state.owned.get_mut(partition) {
                progress.committed = *offset;
            }
            self.forget_kept(*partition, *offset);
        }
    }
}
