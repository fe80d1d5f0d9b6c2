//! The thread that writes.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::compact::Compacted;
use super::store::{Job, Store};

/// Gives jobs to the thread that writes. Dropping it writes what waits, and ends the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(store: Store) -> io::Result<Self> {
        let (jobs, received) = channel();
        let thread = std::thread::Builder::new().name("muster-writer".to_owned());
        let thread = thread.spawn(move || run(store, &received))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Has something written. A job that is never taken has its callback dropped.
    pub(crate) fn give(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Group commit: while one cycle syncs, the jobs of the next one gather.
fn run(mut store: Store, jobs: &Receiver<Job>) {
    let mut waiting = VecDeque::new();
    let mut compaction: Option<JoinHandle<io::Result<Compacted>>> = None;
    while let Ok(job) = jobs.recv() {
        waiting.push_back(job);
        while !waiting.is_empty() {
            waiting.extend(jobs.try_iter());
            store.cycle(&mut waiting);
        }
        if let Some(ended) = compaction.take_if(|running| running.is_finished()) {
            adopt(&mut store, ended);
        }
        if compaction.is_none()
            && let Some(plan) = store.plan_compaction()
        {
            let thread = std::thread::Builder::new().name("muster-compaction".to_owned());
            match thread.spawn(move || plan.run()) {
                Ok(running) => compaction = Some(running),
                Err(error) => store.adopt(Err(error)),
            }
        }
    }
    if let Some(running) = compaction {
        adopt(&mut store, running);
    }
}

fn adopt(store: &mut Store, ended: JoinHandle<io::Result<Compacted>>) {
    store.adopt(ended.join().unwrap_or_else(|_| Err(io::Error::other("the thread panicked"))));
}
