//! What a bottle needs of the machine, told before anything is built or started.

use std::env;
use std::path::Path;

use super::jar;
use crate::kafka::Version;

/// What is missing to start the bottle of a version, in one line; `None`: it can be tried.
pub(super) fn missing(version: &Version) -> Option<String> {
    missing_in(&env::var_os("PATH").unwrap_or_default(), jar::is_built(version))
}

fn missing_in(path: &std::ffi::OsStr, is_built: bool) -> Option<String> {
    let is_there = |program: &str| env::split_paths(path).any(|folder| is_program(&folder.join(program)));
    if !is_there("java") {
        return Some("Java 17 is not installed (Debian: default-jdk-headless)".to_owned());
    }
    // Maven builds the jar once; it is not needed afterwards.
    (!is_built && !is_there("mvn")).then(|| "Maven is not installed (Debian: maven)".to_owned())
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|of| of.is_file() && of.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_missing_is_told_java_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().as_os_str();
        let install = |name: &str| {
            let file = folder.path().join(name);
            fs::write(&file, "").expect("a file");
            assert!(!is_program(&file), "{name} cannot be run yet");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a program");
        };
        assert!(missing_in(path, true).is_some_and(|why| why.contains("Java 17")));
        install("java");
        assert_eq!(missing_in(path, true), None, "a bottle that is built needs no Maven");
        assert!(missing_in(path, false).is_some_and(|why| why.contains("Maven")));
        install("mvn");
        assert_eq!(missing_in(path, false), None);
    }
}
