//! Mutants as `cargo mutants --list --json` tells them.

use serde::Deserialize;

/// One small change of the source.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mutant {
    /// From the root of the workspace.
    pub(crate) file: String,
    /// Its place, and what it is.
    pub(crate) name: String,
    pub(crate) genre: String,
    pub(crate) replacement: String,
    /// What is replaced.
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: Place,
    pub(crate) end: Place,
}

/// Both from 1.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Mutant {
    /// What it is, wherever it stands.
    pub(crate) fn what(&self) -> &str {
        self.name.splitn(4, ':').nth(3).unwrap_or_default().trim_start()
    }

    /// The file with the change, and nothing else changed.
    pub(crate) fn applied(&self, text: &str) -> String {
        let at = |place: Place| {
            let before: usize = text.split_inclusive('\n').take(place.line - 1).map(str::len).sum();
            let line = text[before..].lines().next().unwrap_or_default();
            before + line.char_indices().nth(place.column - 1).map_or(line.len(), |(at, _)| at)
        };
        let (start, end) = (at(self.span.start), at(self.span.end));
        let open = if self.genre == "FnValue" {
            format!("{{ {} }}", self.replacement)
        } else {
            self.replacement.clone()
        };
        format!("{}{open}{}", &text[..start], &text[end..])
    }
}
