//! How far from the start the states of a check lie.

use muster_model::check::Progress;

/// How many states lie at each depth. A search tells its first progress at a depth before it looks at the states of it,
/// so all that are known then are those up to it.
#[derive(Default)]
pub(super) struct Levels {
    up_to: Vec<usize>,
}

impl Levels {
    pub(super) fn see(&mut self, progress: &Progress) {
        if progress.depth >= self.up_to.len() {
            self.up_to.resize(progress.depth + 1, progress.states);
        }
    }

    /// The last of them is what is known of it so far.
    pub(super) fn sizes(&self, states: usize) -> Vec<usize> {
        let ends = self.up_to.iter().copied().chain([states]);
        let sizes = ends.scan(0, |before, end| {
            let size = end.saturating_sub(*before);
            *before = end;
            Some(size)
        });
        let mut sizes: Vec<usize> = sizes.collect();
        if sizes.last() == Some(&0) {
            sizes.pop();
        }
        sizes
    }
}

#[cfg(test)]
mod tests {
    use muster_model::check::{Continue, check};
    use muster_model::scenarios;

    use super::*;

    #[test]
    fn every_state_is_at_one_depth() {
        let mut levels = Levels::default();
        let mut depths = Vec::new();
        let report = check(&scenarios::find("basic").unwrap(), &mut |progress| {
            levels.see(&progress);
            depths.push(progress.depth);
            Continue::Yes
        });
        let sizes = levels.sizes(report.states);
        assert_eq!(sizes.iter().sum::<usize>(), report.states);
        // At the start there is one state; one step from it, one for each consumer's first request.
        assert_eq!((sizes[0], sizes[1], sizes.len()), (1, 2, report.depth + 1), "{sizes:?}");
        assert!(depths.iter().is_sorted());
    }
}
