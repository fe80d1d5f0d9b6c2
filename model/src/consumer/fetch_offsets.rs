//! OffsetFetch (`ConsumerCoordinator.initWithCommittedOffsetsIfNeeded`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn, Progress};
use crate::message::{Error, Request};
use crate::types::{Offset, Partition};

impl ConsumerTurn<'_> {
    pub(super) fn send_offset_fetch(&mut self) {
        let partitions = self.state.owned.iter().filter(|(_, p)| p.is_none()).map(|(p, _)| *p).collect();
        let stable = self.scenario.require_stable;
        self.send(Request::OffsetFetch { partitions, stable }, Awaited::OffsetFetch);
    }

    pub(super) fn on_offsets(&mut self, answer: Result<BTreeMap<Partition, Option<Offset>>, Error>) {
        match answer {
            Ok(offsets) => self.resume_from_committed_offset(&offsets),
            Err(error) => self.on_group_error(error),
        }
    }

    /// `auto.offset.reset=earliest` where there is none.
    fn resume_from_committed_offset(&mut self, offsets: &BTreeMap<Partition, Option<Offset>>) {
        self.follow(Rule::ResumeFromCommittedOffset);
        for (partition, offset) in offsets {
            let mut progress = Progress::at(offset.unwrap_or(Offset::ZERO));
            if let Some(stored) = self.kept_for(*partition) {
                progress.stored = stored;
            }
            self.restore_buffer(*partition, &mut progress);
            if let Some(owned) = self.state.owned.get_mut(partition) {
                *owned = Some(progress);
            }
        }
        self.state.phase = ConsumerPhase::Stable;
    }
}
