//! The jars of a version: Maven resolves `org.apache.kafka:kafka_2.13:VERSION` with all it needs to run.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{StartError, Version};

/// The class path of the version's broker; resolved once, and kept in the user's cache.
pub(super) fn resolve(version: &Version) -> Result<String, StartError> {
    let folder = cache().join(format!("kafka-{version}"));
    let kept = folder.join("classpath.txt");
    if let Some(classpath) = complete(&kept) {
        return Ok(classpath);
    }
    let failed = |why: String| StartError::Fetch { version: version.clone(), why };
    let unwritable = |error: io::Error| failed(format!("{}: {error}", folder.display()));
    let _one_at_a_time = lock_cache().map_err(unwritable)?;
    // Whoever held the lock may have resolved it.
    if let Some(classpath) = complete(&kept) {
        return Ok(classpath);
    }
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let pom = folder.join("pom.xml");
    fs::write(&pom, project(version)).map_err(unwritable)?;
    // Who does not wait for the lock sees the whole file or none.
    let own = folder.join("classpath.new");
    fetch(&pom, &own).map_err(|failure| match failure {
        Failure::NoMaven(why) => {
            StartError::Program { program: "mvn", purpose: "fetch Apache Kafka from Maven Central", why }
        }
        Failure::Maven(why) => failed(why),
    })?;
    fs::rename(&own, &kept).map_err(unwritable)?;
    complete(&kept).ok_or_else(|| failed("Maven resolved jars that are not there".to_owned()))
}

/// The class path in the file, if each of its jars exists.
pub(crate) fn complete(file: &Path) -> Option<String> {
    let classpath = fs::read_to_string(file).ok()?.trim().to_owned();
    let all = env::split_paths(&classpath).all(|jar| jar.is_file());
    (all && !classpath.is_empty()).then_some(classpath)
}

/// Maven runs for one thread of one process at a time, until the file is dropped: what two would fetch at once is fetched
/// once, and neither finds what the other has not finished.
pub(crate) fn lock_cache() -> io::Result<fs::File> {
    fs::create_dir_all(cache())?;
    let file = fs::File::create(cache().join("lock"))?;
    file.lock()?;
    Ok(file)
}

pub(crate) fn cache() -> PathBuf {
    let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    cache.unwrap_or_else(env::temp_dir).join("muster")
}

fn project(version: &Version) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>muster</groupId><artifactId>kafka</artifactId><version>1</version><dependencies><dependency>\
         <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{version}</version>\
         </dependency></dependencies></project>\n"
    )
}

enum Failure {
    NoMaven(String),
    Maven(String),
}

fn fetch(pom: &Path, output: &Path) -> Result<(), Failure> {
    let run = Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(pom)
        .arg("dependency:build-classpath")
        .arg("-DincludeScope=runtime")
        .arg(format!("-Dmdep.outputFile={}", output.display()))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::NoMaven(error.to_string()))?;
    if run.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    Err(Failure::Maven(told(&said).unwrap_or_else(|| format!("mvn ended with {}", run.status))))
}

/// The one line of Maven's that says what went wrong.
pub(crate) fn told(said: &str) -> Option<String> {
    let mut errors =
        said.lines().filter_map(|line| line.split_once("[ERROR] ")).map(|(_, error)| error.trim());
    let error = errors.find(|error| !error.is_empty())?;
    if error.contains("was not found in") || error.contains("Could not find artifact") {
        return Some("there is no such version".to_owned());
    }
    // Maven names the project first, which is one of this program's making.
    Some(error.split_once("muster:kafka:jar:1: ").map_or(error, |(_, why)| why).to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::told;

    #[test]
    fn mavens_answer_is_one_clear_line() {
        let absent = "\u{1b}[0m[ERROR] Failed to execute goal on project kafka: Could not resolve dependencies for \
                      project muster:kafka:jar:1: org.apache.kafka:kafka_2.13:jar:9.9.9 was not found in https://x\n";
        assert_eq!(told(absent).unwrap(), "there is no such version");
        let offline =
            "[ERROR] \n[ERROR] Failed to execute goal for muster:kafka:jar:1: Unknown host x\n[ERROR] y";
        assert_eq!(told(offline).unwrap(), "Unknown host x");
        assert_eq!(told("nothing"), None);
    }

    #[test]
    fn what_two_would_fetch_at_once_waits() {
        let held = super::lock_cache().unwrap();
        let (says, hears) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let second = super::lock_cache().unwrap();
            says.send(()).unwrap();
            drop(second);
        });
        hears.recv_timeout(Duration::from_millis(200)).expect_err("the cache is locked");
        drop(held);
        hears.recv_timeout(Duration::from_mins(1)).expect("the lock is given on");
    }
}
