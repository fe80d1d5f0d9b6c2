//! What a step changes: in what consumers believe, and in what the coordinator knows.

use crate::actor::{GroupState, View};
use crate::consumer::{Consumer, Progress};
use crate::coordinator::Coordinator;
use crate::scenario::Scenario;
use crate::types::{Generation, Partition};

/// One line for each thing that changes.
pub(super) fn changes(scenario: &Scenario, before: &GroupState, after: &GroupState) -> Vec<String> {
    let (Some(before), Some(after)) = (View::new(scenario, before), View::new(scenario, after)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let of = |c: &Coordinator| c.group.as_ref().map_or("the group is absent".to_owned(), group);
    changed(&mut lines, &of(before.coordinator), of(after.coordinator));
    changed(&mut lines, &committed(before.coordinator), committed(after.coordinator));
    for ((client, before), (_, after)) in before.consumers().zip(after.consumers()) {
        let of = |belief: String| format!("{client} {belief}");
        changed(&mut lines, &of(identity(before)), of(identity(after)));
        changed(&mut lines, &of(ownership(before)), of(ownership(after)));
    }
    lines
}

fn changed(lines: &mut Vec<String>, before: &str, after: String) {
    if before != after {
        lines.push(after);
    }
}

fn group(group: &crate::coordinator::Group) -> String {
    let members = names(group.members.keys());
    let pending = names(group.pending.keys());
    let leaders = names(group.leaders.iter());
    let part = |label: &str, of: &str| if of.is_empty() { String::new() } else { format!(", {label} {of}") };
    format!(
        "the group is {}, generation {}{}{}{}",
        group.phase.name(),
        group.generation,
        part("members", &members),
        part("leader", &leaders.replace(", ", " or ")),
        part("pending", &pending),
    )
}

fn names<'a>(members: impl Iterator<Item = &'a crate::types::MemberId>) -> String {
    members.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn committed(coordinator: &Coordinator) -> String {
    let offsets = coordinator.offsets.iter().map(|(partition, offset)| format!("{partition}: {offset}"));
    format!("committed offsets are {}", offsets.collect::<Vec<_>>().join(", "))
}

fn identity(consumer: &Consumer) -> String {
    let generation = match consumer.generation {
        Generation::NONE => "in no generation".to_owned(),
        generation => format!("in generation {generation}"),
    };
    match consumer.member {
        None => "has no member id".to_owned(),
        Some(member) => format!("is {member}, {generation}"),
    }
}

fn ownership(consumer: &Consumer) -> String {
    if consumer.owned.is_empty() {
        return "believes that it owns nothing".to_owned();
    }
    let owned: Vec<String> = consumer.owned.iter().map(|(p, progress)| partition(*p, *progress)).collect();
    format!("believes that it owns {}", owned.join("; "))
}

fn partition(partition: Partition, progress: Option<Progress>) -> String {
    match progress {
        None => format!("{partition} (no offset yet)"),
        Some(Progress { fetched, processed, stored, committed }) => {
            format!(
                "{partition} (position {fetched}, processed {processed}, stored {stored}, committed {committed})"
            )
        }
    }
}
