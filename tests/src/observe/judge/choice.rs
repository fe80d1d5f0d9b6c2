//! Where Kafka's choice hangs on hash order: what was seen decides.

use std::collections::BTreeMap;

use muster_reference::coordinator::{
    Change, Effect, Generation, GroupChange, JoinedMember, MemberId, ProtocolName, Request, Response,
    Transition,
};

use super::super::answer::{Answer, Joined};
use super::super::history::History;
use super::hypothesis::Hypothesis;

/// The ways in which a decision may be taken: one, unless a generation begins whose leader or protocol is free, or
/// whose number is not known yet.
pub(super) fn ways(history: &History, state: &Hypothesis, decided: Transition) -> Vec<Transition> {
    let Some((generation, leader, protocol)) = begun(&decided) else { return vec![decided] };
    let joined = joined(history, &decided);
    // Somebody's answer was seen, or there is nothing to go by.
    let Some(seen) = joined.values().find_map(|(_, seen)| *seen).filter(|seen| seen.error == 0) else {
        return vec![decided];
    };
    // A group that was there before counts on; none begins below 1.
    let known = state.counted || seen.generation < generation.0;
    let generation = if known { generation } else { Generation(seen.generation) };
    let stays = state.led.as_ref().is_some_and(|led| joined.contains_key(led));
    let told = MemberId::from(seen.leader.as_str());
    let leader = if !stays && joined.contains_key(&told) { Some(told) } else { leader };
    let named = ProtocolName::from(seen.protocol.as_str());
    let protocol = match protocol {
        Some(chosen) if chosen != named && ties(history, &decided, &chosen, &named) => Some(named),
        kept => kept,
    };
    vec![retold(decided, generation, leader.as_ref(), protocol.as_ref())]
}

/// Who leads a generation that begins.
pub(super) fn note_leader(state: &mut Hypothesis, transition: &Transition) {
    for change in transition.changes.iter().filter_map(Change::of_group) {
        if let GroupChange::GenerationStarted { leader, .. } = change {
            state.led.clone_from(leader);
            state.counted = true;
        } else if let GroupChange::MemberReplaced { old, new, .. } = change
            && state.led.as_ref() == Some(old)
        {
            state.led = Some(new.clone());
        }
    }
}

type Begun = (Generation, Option<MemberId>, Option<ProtocolName>);

fn begun(transition: &Transition) -> Option<Begun> {
    transition.changes.iter().filter_map(Change::of_group).find_map(|change| {
        let GroupChange::GenerationStarted { generation, leader, protocol } = change else { return None };
        Some((*generation, leader.clone(), protocol.clone()))
    })
}

/// The joins that a decision answers: by member, the place of the request and what was seen answered.
fn joined<'h>(
    history: &'h History,
    transition: &Transition,
) -> BTreeMap<MemberId, (usize, Option<&'h Joined>)> {
    let answered = transition.effects.iter().filter_map(|effect| match effect {
        Effect::Answer { id, response: Response::JoinGroup(joined), .. } => Some((id, joined)),
        Effect::Answer { .. } | Effect::SetTimer { .. } | Effect::CancelTimer { .. } => None,
    });
    let seen = |place: usize| match history.exchanges.get(place)?.answer.as_ref() {
        Some((_, Answer::Join(joined))) => Some(joined),
        Some(_) | None => None,
    };
    let with_place = answered.filter_map(|(id, joined)| Some((joined, usize::try_from(id.0).ok()?)));
    with_place.map(|(joined, place)| (joined.member.clone(), (place, seen(place)))).collect()
}

/// Whether as many members that joined prefer the one as the other.
fn ties(history: &History, transition: &Transition, one: &ProtocolName, other: &ProtocolName) -> bool {
    let mut votes: BTreeMap<&ProtocolName, usize> = BTreeMap::new();
    for (place, _) in joined(history, transition).values() {
        let Some(Request::JoinGroup(join)) = history.exchanges.get(*place).map(|e| &e.request) else {
            continue;
        };
        let preferred = join.protocols.iter().map(|p| &p.name).find(|name| *name == one || *name == other);
        if let Some(preferred) = preferred {
            *votes.entry(preferred).or_default() += 1;
        }
    }
    votes.get(one).copied().unwrap_or(0) <= votes.get(other).copied().unwrap_or(0)
}

/// The same decision with another generation, leader and protocol.
fn retold(
    mut decided: Transition,
    number: Generation,
    leads: Option<&MemberId>,
    named: Option<&ProtocolName>,
) -> Transition {
    for change in &mut decided.changes {
        if let Change::Group {
            change: GroupChange::GenerationStarted { generation, leader, protocol }, ..
        } = change
        {
            *generation = number;
            *leader = leads.cloned();
            *protocol = named.cloned();
        }
    }
    let mut listed: Vec<JoinedMember> = Vec::new();
    for effect in &mut decided.effects {
        if let Effect::Answer { response: Response::JoinGroup(joined), .. } = effect {
            joined.generation = number;
            joined.protocol_name = named.cloned();
            joined.leader = leads.cloned().unwrap_or_default();
            listed.append(&mut joined.members);
        }
    }
    for effect in &mut decided.effects {
        if let Effect::Answer { response: Response::JoinGroup(joined), .. } = effect
            && Some(&joined.member) == leads
        {
            joined.members = std::mem::take(&mut listed);
        }
    }
    decided
}
