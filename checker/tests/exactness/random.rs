//! Random models: the engine against the search of whole states.

use proptest::prelude::*;
use stateright::actor::Network;

use crate::agreement::assert_sees;
use crate::automata::{ACTORS, automaton, model};
use crate::exact::explore_up_to;

/// A space beyond this is left out: a thousand small ones say more than ten large ones.
const MOST_STATES: usize = 3000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_search_of_whole_states(
        automata in prop::collection::vec(automaton(), ACTORS),
        network in prop::sample::select(Network::<u8>::names()),
        lossy: bool,
        crashes in 0..3_usize,
    ) {
        let model = model(automata, network, lossy, crashes);
        if let Some(truth) = explore_up_to(&model, MOST_STATES) {
            assert_sees(&model, &truth);
        }
    }
}
