//! Symmetry: actors and values that are interchangeable.
//!
//! If a model behaves the same after its members are exchanged, one state of each set of states that only differ so
//! is enough. The model names the exchanges; the engine keeps one state of each set, by its hash.

use stateright::actor::Actor;

/// One exchange of a [`Symmetry`], by number.
pub type Exchange = usize;

/// The exchanges under which a model is the same: from the exchanged state it can take exactly the exchanged steps, and
/// its properties and its boundary hold there exactly if they hold here.
pub trait Symmetry<A: Actor>: Send + Sync {
    /// How many exchanges there are; they need to be closed under composition together with leaving all as it is,
    /// which is not counted.
    fn exchanges(&self) -> usize;

    /// Where an actor's part goes.
    fn actor(&self, exchange: Exchange, actor: usize) -> usize;

    /// Exchanges what an actor's state names.
    fn state(&self, exchange: Exchange, actor: usize, state: &mut A::State);

    /// What a timer names.
    fn timer(&self, exchange: Exchange, actor: usize, timer: &mut A::Timer);

    /// What a message names.
    fn message(&self, exchange: Exchange, message: &mut A::Msg);
}

/// Every permutation of these actors but the one that leaves all as it is: for each, where each of `all` actors goes.
pub fn permutations(of: &[usize], all: usize) -> Vec<Vec<usize>> {
    let mut done = vec![Vec::new()];
    for _ in of {
        done = done
            .into_iter()
            .flat_map(|chosen: Vec<usize>| {
                let left: Vec<usize> = of.iter().copied().filter(|actor| !chosen.contains(actor)).collect();
                left.into_iter().map(move |actor| [chosen.clone(), vec![actor]].concat())
            })
            .collect();
    }
    let whole = |chosen: &Vec<usize>| {
        let mut to: Vec<usize> = (0..all).collect();
        of.iter().zip(chosen).for_each(|(from, goes)| to[*from] = *goes);
        to
    };
    done.iter().filter(|chosen| *chosen != of).map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permutation_but_one_is_there() {
        assert_eq!(permutations(&[1], 3), Vec::<Vec<usize>>::new());
        assert_eq!(permutations(&[1, 2], 3), [[0, 2, 1]]);
        let three = permutations(&[0, 2, 3], 4);
        assert_eq!(three.len(), 5);
        assert!(three.contains(&vec![2, 1, 3, 0]) && three.iter().all(|to| to[1] == 1));
    }
}
