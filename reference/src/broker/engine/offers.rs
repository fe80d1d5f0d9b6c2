//! What members say of themselves: most members of a group say the same, and it is held once.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::coordinator::{Client, Protocol, Request};

/// Of each kind, those that are known; a consumer has an offer for each of its assignors.
const KNOWN: usize = 8;
/// Bytes of an offer that is worth to be known: what is larger is not compared with others.
const LARGEST: usize = 4096;

/// What came last.
#[derive(Debug, Default)]
pub(super) struct Offers {
    clients: Known<Client>,
    single: Known<Protocol>,
    /// All that a member offers.
    whole: Known<Arc<[Protocol]>>,
}

#[derive(Debug)]
struct Known<T>(VecDeque<T>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone + PartialEq> Known<T> {
    /// Has something be the one that is known, if it is equal; else it is known from now on.
    fn share(&mut self, one: &mut T) {
        if let Some(known) = self.0.iter().find(|known| *known == one) {
            *one = known.clone();
            return;
        }
        if self.0.len() == KNOWN {
            self.0.pop_front();
        }
        self.0.push_back(one.clone());
    }
}

impl Offers {
    /// Has one who joins share what it says with others that said the same.
    pub(super) fn share(&mut self, client: &mut Client, request: &mut Request) {
        let Request::JoinGroup(join) = request else { return };
        self.clients.share(client);
        let is_small = |offer: &Protocol| offer.metadata.len() <= LARGEST;
        for offer in Arc::get_mut(&mut join.protocols).into_iter().flatten().filter(|offer| is_small(offer)) {
            self.single.share(offer);
        }
        if join.protocols.iter().all(is_small) && join.protocols.len() <= KNOWN {
            self.whole.share(&mut join.protocols);
        }
    }
}
