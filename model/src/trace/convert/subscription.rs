//! What members offer, and how the leader's answer lists them.

use super::super::{Claim, Joined, Protocol};
use super::{instance_id, number, partitions, topics};
use crate::{message, types};

pub(super) fn offered(offer: &types::Protocol) -> Protocol {
    let types::Protocol { name, topics: subscribed, claim: claimed } = *offer;
    Protocol { name: name.name().to_owned(), topics: topics(subscribed), claim: claim(claimed) }
}

pub(super) fn listed(member: &message::Joined) -> Joined {
    let message::Joined { member, instance, topics: subscribed, claim: claimed } = *member;
    Joined {
        member: member.to_string(),
        instance: instance_id(instance),
        topics: topics(subscribed),
        claim: claim(claimed),
    }
}

fn claim(claim: Option<types::Claim>) -> Option<Claim> {
    let partitions = |claim: types::Claim| partitions(&claim.partitions().collect::<Vec<_>>());
    claim.map(|c| Claim { partitions: partitions(c), generation: number(c.generation) })
}
