//! What members offer: most members of a group offer the same, and it is held once.

use std::collections::VecDeque;

use crate::coordinator::{Protocol, Request};

/// Offers that are known; a consumer has one for each of its assignors.
const KNOWN: usize = 8;
/// Bytes of an offer that is worth to be known: what is larger is not compared with others.
const LARGEST: usize = 4096;

/// The offers that came last.
#[derive(Debug, Default)]
pub(super) struct Offers(VecDeque<Protocol>);

impl Offers {
    /// Has a request share what it offers with others that offered the same.
    pub(super) fn share(&mut self, request: &mut Request) {
        let Request::JoinGroup(join) = request else { return };
        for offer in join.protocols.iter_mut().filter(|offer| offer.metadata.len() <= LARGEST) {
            if let Some(known) = self.0.iter().find(|known| *known == offer) {
                *offer = known.clone();
                continue;
            }
            if self.0.len() == KNOWN {
                self.0.pop_front();
            }
            self.0.push_back(offer.clone());
        }
    }
}
