//! The files that the page knows: those of the command line, and those that were dropped on it.

use std::sync::{Mutex, PoisonError};

use muster_model::trace::Trace;

use super::{OpenError, Opened, parse};

/// Files that are kept; who drops more starts the explorer again.
const MOST_KEPT: usize = 200;

/// Traffic that was written down, which is no trace yet.
pub trait Recordings: Send + Sync {
    /// The trace of each group that a recording or a capture tells of; `None`: the bytes are neither.
    fn traces(&self, bytes: &[u8]) -> Option<Result<Vec<Trace>, String>>;
}

/// Reads what was dropped: a trace, or traffic where something can read it.
pub fn read(name: &str, bytes: &[u8], recordings: Option<&dyn Recordings>) -> Result<Vec<Opened>, OpenError> {
    let wrong = |what: String| OpenError::Traffic { path: name.to_owned(), what };
    if let Some(told) = recordings.and_then(|recordings| recordings.traces(bytes)) {
        return groups(name, told.map_err(wrong)?);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(name, text).map(|opened| vec![opened]),
        Err(error) => {
            let what = format!("byte {} is no text", error.valid_up_to() + 1);
            Err(OpenError::Parse { path: name.to_owned(), what })
        }
    }
}

/// The groups of a recording, each a file of its own.
pub fn groups(name: &str, traces: Vec<Trace>) -> Result<Vec<Opened>, OpenError> {
    if traces.is_empty() {
        let what = "no group was asked of, so there is nothing to show".to_owned();
        return Err(OpenError::Traffic { path: name.to_owned(), what });
    }
    let shown =
        |trace: Trace| Opened { path: format!("{name}, group {}", trace.name), trace, divergence: None };
    Ok(traces.into_iter().map(shown).collect())
}

/// The files, by number.
pub(crate) struct Files {
    kept: Mutex<Vec<Opened>>,
}

impl Files {
    pub(crate) fn new(files: Vec<Opened>) -> Self {
        Self { kept: Mutex::new(files) }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.with(|kept| kept.iter().map(|file| file.path.clone()).collect())
    }

    pub(crate) fn get(&self, number: usize) -> Option<Opened> {
        self.with(|kept| kept.get(number).cloned())
    }

    /// The numbers of the files; `None`: there are too many.
    pub(crate) fn keep(&self, files: Vec<Opened>) -> Option<Vec<usize>> {
        self.with(|kept| {
            if kept.len() + files.len() > MOST_KEPT {
                return None;
            }
            let first = kept.len();
            kept.extend(files);
            Some((first..kept.len()).collect())
        })
    }

    fn with<R>(&self, f: impl FnOnce(&mut Vec<Opened>) -> R) -> R {
        f(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = include_str!("../../../tests/traces/join-alone.json");

    /// Reads what begins with `R` as a recording of so many groups as it has letters `g`.
    struct Letters;

    impl Recordings for Letters {
        fn traces(&self, bytes: &[u8]) -> Option<Result<Vec<Trace>, String>> {
            let groups = bytes.iter().filter(|byte| **byte == b'g');
            let trace = || serde_json::from_str(TRACE).map_err(|error| error.to_string());
            bytes.starts_with(b"R").then(|| groups.map(|_| trace()).collect())
        }
    }

    fn told(bytes: &[u8]) -> Result<Vec<String>, String> {
        let read = read("a.x", bytes, Some(&Letters)).map_err(|error| error.to_string())?;
        Ok(read.into_iter().map(|file| file.path).collect())
    }

    #[test]
    fn traffic_is_a_file_for_each_group_and_a_trace_is_one() {
        assert_eq!(told(b"Rgg").unwrap(), ["a.x, group join-alone", "a.x, group join-alone"]);
        assert_eq!(told(TRACE.as_bytes()).unwrap(), ["a.x"]);
        assert_eq!(
            told(b"R").unwrap_err(),
            "cannot read a.x: no group was asked of, so there is nothing to show"
        );
        let wrong = told(b"{\"format\":\xff}").unwrap_err();
        assert_eq!(wrong, "a.x: byte 11 is no text (expected a complete muster-trace/1 file)");
        assert!(
            read("a.x", b"Rgg", None).unwrap_err().to_string().starts_with("a.x: expected value at line 1")
        );
    }

    #[test]
    fn files_have_numbers_up_to_a_limit() {
        let files = Files::new(read("a", TRACE.as_bytes(), None).unwrap());
        let more = || read("b", b"Rgg", Some(&Letters)).unwrap();
        assert_eq!(files.keep(more()), Some(vec![1, 2]));
        assert_eq!(files.names(), ["a", "b, group join-alone", "b, group join-alone"]);
        assert!(files.get(2).is_some() && files.get(3).is_none());
        for _ in 0..MOST_KEPT {
            files.keep(more());
        }
        assert_eq!((files.keep(more()), files.names().len()), (None, MOST_KEPT - 1));
    }
}
