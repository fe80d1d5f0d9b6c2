//! Claims on commits.

use super::hazard_ownership::is_unrelated;
use crate::actor::View;
use crate::consumer::{Awaited, Consumer, ConsumerPhase};
use crate::scenario::CommitMode;
use crate::types::Generation;

/// The consumers' view: a commit is held back from when the client hears of a rebalance until it is over
/// (`CommitFailedException` and `RebalanceInProgressException` of `commitSync`). Vacuous with one consumer.
pub(super) fn unrelated_commits_undisturbed(view: &View<'_>) -> Option<String> {
    let members =
        view.consumers().filter(|(client, c)| c.applied != Generation::NONE && is_unrelated(view, *client));
    members.into_iter().find_map(|(client, consumer)| {
        let held_back = matches!(consumer.phase, ConsumerPhase::Joining | ConsumerPhase::Syncing);
        let mut unsaved = consumer.owned.iter().filter(|(_, p)| p.is_some_and(|p| p.stored != p.committed));
        let (partition, _) = unsaved.next().filter(|_| held_back)?;
        Some(format!(
            "{client} owns {partition} and may not commit what it processed before the rebalance is over, and nobody else reads that topic"
        ))
    })
}

/// What an owner of the present generation believes, beside what the coordinator holds. Vacuous until a partition is
/// committed twice.
pub(super) fn late_commit_is_harmless(view: &View<'_>) -> Option<String> {
    let generation = view.coordinator.group.as_ref()?.generation;
    let owners = view.consumers().filter(|(_, c)| c.is_live() && c.applied == generation);
    owners.into_iter().find_map(|(client, consumer)| {
        consumer.owned.iter().find_map(|(partition, progress)| {
            let believed = (*progress)?.committed;
            let committed = view.coordinator.offsets.get(partition).copied()?;
            (committed < believed).then(|| {
                format!("{client} was told that {partition} is committed at {believed}, and it is committed at {committed}")
            })
        })
    })
}

/// What an owner of the present generation believes, beside what the coordinator holds: unless a commit of its own is on its
/// way, nobody else moves the offset on. Vacuous where nobody commits before another takes over.
pub(super) fn fetched_offset_is_final(view: &View<'_>) -> Option<String> {
    let generation = view.coordinator.group.as_ref()?.generation;
    let waits =
        |c: &Consumer| matches!(c.awaits, Some(Awaited::OffsetCommit(_) | Awaited::TxnOffsetCommit(_)));
    let owners = view.consumers().filter(|(_, c)| c.is_live() && c.applied == generation && !waits(c));
    owners.into_iter().find_map(|(client, consumer)| {
        consumer.owned.iter().find_map(|(partition, progress)| {
            let believed = (*progress)?.committed;
            let committed = view.coordinator.offsets.get(partition).copied()?;
            (committed > believed).then(|| {
                format!(
                    "{client} was told to begin {partition} at {believed}, and a transaction that was open then has committed {committed}"
                )
            })
        })
    })
}

/// As [`super::offsets::no_record_skipped`], where consumers commit by themselves.
pub(super) fn auto_commit_never_loses(view: &View<'_>) -> Option<String> {
    let auto = view.scenario.commit == CommitMode::Auto;
    super::offsets::no_record_skipped(view).filter(|_| auto)
}
