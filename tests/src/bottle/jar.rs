//! The bottle's jar for a version of Kafka: built once by Maven from the sources that this program carries, and kept
//! in the user's cache.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::kafka::classpath::{cache, complete, lock_cache, told};
use crate::kafka::{StartError, Version};

macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        /// The Maven project, file by file.
        const SOURCES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../../bottle/", $path)))),*];
    };
}

sources!(
    "pom.xml",
    "src/muster/bottle/Bottle.java",
    "src/muster/bottle/Clock.java",
    "src/muster/bottle/Driver.java",
    "src/muster/bottle/Events.java",
    "src/muster/bottle/Log.java",
    "src/muster/bottle/Main.java",
    "src/muster/bottle/MemberIds.java",
    "src/muster/bottle/Offsets.java",
    "src/muster/bottle/PartitionLog.java",
    "src/muster/bottle/Requests.java",
    "src/kafka-4.0/Release.java",
    "src/kafka-4.0/ReleaseLog.java",
    "src/kafka-4.1/Release.java",
    "src/kafka-4.1/ReleaseLog.java",
    "src/kafka-4.2/Release.java",
    "src/kafka-4.2/ReleaseLog.java",
    "src/kafka-4.3/Release.java",
    "src/kafka-4.3/ReleaseLog.java",
);

/// The releases of Kafka whose coordinator fits: each has a folder of what differs.
const RELEASES: &[&str] = &["4.0", "4.1", "4.2", "4.3"];

/// The class path of the bottle for the version; built if it was not, or if its sources have changed.
pub(super) fn build(version: &Version) -> Result<String, StartError> {
    let line = version.line();
    if !RELEASES.contains(&line.as_str()) {
        return Err(StartError::NoBottle { version: version.clone(), there_are: RELEASES.join(", ") });
    }
    let folder = folder_of(version);
    if let Some(classpath) = built(&folder) {
        return Ok(classpath);
    }
    let failed = |why: String| StartError::Build { version: version.clone(), why };
    let io = |error: io::Error| failed(format!("{}: {error}", folder.display()));
    let _one_at_a_time = lock_cache().map_err(io)?;
    // Whoever held the lock may have built it.
    if let Some(classpath) = built(&folder) {
        return Ok(classpath);
    }
    // Who does not wait for the lock sees the whole folder or none. One whose jars are gone gives way.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(io)?;
    }
    let own = tempfile::Builder::new().prefix("bottle-").tempdir_in(cache()).map_err(io)?;
    write(own.path()).map_err(io)?;
    package(own.path(), version, &line)?;
    fs::rename(own.path().join("target"), &folder).map_err(io)?;
    built(&folder).ok_or_else(|| failed("Maven built no jar".to_owned()))
}

/// Whether nothing has to be built for the version.
pub(super) fn is_built(version: &Version) -> bool {
    built(&folder_of(version)).is_some()
}

fn folder_of(version: &Version) -> PathBuf {
    cache().join(format!("bottle-{version}-{:016x}", digest()))
}

/// The jar with all that it needs, if each is there.
fn built(folder: &Path) -> Option<String> {
    let jar = folder.join("bottle.jar");
    let kafka = complete(&folder.join("classpath.txt")).filter(|_| jar.is_file())?;
    let all = std::iter::once(jar).chain(env::split_paths(&kafka)).collect::<Vec<PathBuf>>();
    env::join_paths(all).ok()?.into_string().ok()
}

fn digest() -> u64 {
    let mut hasher = DefaultHasher::new();
    SOURCES.hash(&mut hasher);
    hasher.finish()
}

fn write(folder: &Path) -> io::Result<()> {
    for (path, text) in SOURCES {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, text)?;
    }
    Ok(())
}

fn package(folder: &Path, version: &Version, line: &str) -> Result<(), StartError> {
    let run = Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(folder.join("pom.xml"))
        .arg(format!("-Dkafka.version={version}"))
        .arg(format!("-Dkafka.release={line}"))
        .arg("package")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| StartError::Program {
            program: "mvn",
            purpose: "build the bottle of Kafka's coordinator",
            why: error.to_string(),
        })?;
    if run.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    let why = told(&said).unwrap_or_else(|| format!("mvn ended with {}", run.status));
    if said.contains("Could not resolve dependencies") || said.contains("Could not find artifact") {
        return Err(StartError::Fetch { version: version.clone(), why });
    }
    Err(StartError::Build { version: version.clone(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_of_the_project_is_carried() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("bottle");
        let mut there = Vec::new();
        let releases = RELEASES.iter().map(|release| format!("src/kafka-{release}"));
        for folder in [String::new(), "src/muster/bottle".to_owned()].into_iter().chain(releases) {
            for entry in fs::read_dir(project.join(folder)).expect("the project's folder") {
                let path = entry.expect("an entry").path();
                if path.is_file() {
                    there.push(path.strip_prefix(&project).expect("within it").display().to_string());
                }
            }
        }
        there.sort();
        let mut carried: Vec<_> = SOURCES.iter().map(|(path, _)| (*path).to_owned()).collect();
        carried.sort();
        assert_eq!(there, carried);
    }

    #[test]
    fn a_release_without_a_bottle_is_told_before_anything_is_fetched() {
        let version: Version = "3.9.2".parse().expect("a version");
        let refused = build(&version).expect_err("3.9 has another coordinator").to_string();
        assert_eq!(
            refused,
            format!("there is no bottle for Apache Kafka 3.9.2, only for {}", RELEASES.join(", "))
        );
    }
}
