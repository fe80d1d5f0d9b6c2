//! Running client programs, and what they tell.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Events of a program, and what else it said.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) events: Vec<Value>,
    pub(crate) other: String,
}

/// A program that runs, alone in its process group: what it starts itself dies with it.
pub(crate) struct Member {
    pub(crate) name: String,
    process: Child,
    said: Arc<Mutex<Said>>,
}

fn listen(from: impl Read + Send + 'static, said: &Arc<Mutex<Said>>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            match serde_json::from_str::<Value>(&line) {
                Ok(event) if event.is_object() => said.events.push(event),
                Ok(_) | Err(_) => said.other.extend([line.as_str(), "\n"]),
            }
        }
    });
}

impl Member {
    pub(crate) fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let started = command.spawn();
        let mut process =
            started.unwrap_or_else(|error| panic!("{command:?}: {error}: run tests/clients/install first"));
        let said = Arc::default();
        listen(process.stdout.take().unwrap(), &said);
        listen(process.stderr.take().unwrap(), &said);
        Self { name: name.to_owned(), process, said }
    }

    fn signal(&self, signal: &str) {
        let target = format!("-{}", self.process.id());
        assert!(Command::new("kill").args([signal, "--", &target]).status().unwrap().success());
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        self.signal("-KILL");
        self.process.wait().unwrap();
    }

    /// Asks it to leave, and waits until it has ended.
    pub(crate) fn leave(&mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.ends(Duration::from_secs(30)), "{} does not leave: {}", self.name, self.story());
    }

    fn ends(&mut self, within: Duration) -> bool {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if self.process.try_wait().unwrap().is_some() {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Waits until it has done what it was asked for.
    pub(crate) fn succeed(mut self) {
        assert!(self.ends(Duration::from_mins(1)), "{} does not end: {}", self.name, self.story());
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{} failed with {status}: {}", self.name, self.story());
    }

    fn events<T>(&self, kind: &str, read: impl Fn(&Value) -> T) -> Vec<T> {
        let said = self.said.lock().unwrap();
        said.events.iter().filter(|event| event["event"] == kind).map(read).collect()
    }

    /// What it has believed to own, one after the other.
    pub(crate) fn ownerships(&self) -> Vec<BTreeSet<i64>> {
        let partitions = |event: &Value| {
            event["partitions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|partition| partition.as_i64().unwrap())
                .collect()
        };
        self.events("owned", partitions)
    }

    pub(crate) fn owned(&self) -> BTreeSet<i64> {
        self.ownerships().pop().unwrap_or_default()
    }

    /// Partition, offset and value of each record that it has processed.
    pub(crate) fn consumed(&self) -> Vec<(i64, i64, String)> {
        self.events("consumed", |event| {
            let number = |name: &str| event[name].as_i64().unwrap();
            (number("partition"), number("offset"), event["value"].as_str().unwrap().to_owned())
        })
    }

    /// All that it said, for whoever looks at a failure.
    pub(crate) fn story(&self) -> String {
        let said = self.said.lock().unwrap();
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        let mut lines = String::new();
        for event in &said.events {
            let kind = event["event"].as_str().unwrap_or_default().to_owned();
            if ["consumed", "committed"].contains(&kind.as_str()) {
                *count.entry(kind).or_default() += 1;
            } else {
                lines.extend(["  ", &event.to_string(), "\n"]);
            }
        }
        let tail: Vec<&str> = said.other.lines().rev().take(30).collect();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n  ");
        format!("{}: {count:?}\n{lines}  {tail}\n", self.name)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if !matches!(self.process.try_wait(), Ok(Some(_))) {
            self.signal("-KILL");
            let _ = self.process.wait();
        }
    }
}
