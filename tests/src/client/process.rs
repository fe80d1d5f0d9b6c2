//! The client's process.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Lines of what it said last that are kept.
const LINES: usize = 8;

/// A command that runs, alone in its process group: what it starts itself is signalled and dies with it.
pub(super) struct Process {
    child: Child,
    said: Arc<Mutex<VecDeque<String>>>,
}

fn listen(from: impl Read + Send + 'static, said: &Arc<Mutex<VecDeque<String>>>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() == LINES {
                said.pop_front();
            }
            said.push_back(line);
        }
    });
}

impl Process {
    /// Starts it, with these environment variables beside its own.
    pub(super) fn start(command: &[String], environment: &[(&str, String)]) -> Result<Self, String> {
        let (program, args) = command.split_first().ok_or("no command is given")?;
        let mut command = Command::new(program);
        command.args(args).envs(environment.iter().map(|(name, value)| (name, value.as_str())));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(|error| format!("cannot run {program}: {error}"))?;
        let said = Arc::default();
        if let Some(out) = child.stdout.take() {
            listen(out, &said);
        }
        if let Some(err) = child.stderr.take() {
            listen(err, &said);
        }
        Ok(Self { child, said })
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// What it said last, in one line.
    pub(super) fn said(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.back().cloned().unwrap_or_default()
    }

    /// Sends a signal to it and to what it has started.
    pub(super) fn signal(&self, signal: &str) -> io::Result<()> {
        let target = format!("-{}", self.child.id());
        Command::new("kill").args([signal, "--", &target]).stderr(Stdio::null()).status().map(|_| ())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone_already = self.signal("-KILL");
        let _status = self.child.wait();
    }
}
