//! A disk in memory, which notes everything that is done to it and can say what a loss of power would leave.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use crate::storage::disk::{Disk, DiskFile};

/// What is on a disk: directories, and files by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) directories: BTreeSet<String>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// Something that is done to a disk. Files have numbers, which they keep when they are renamed.
#[derive(Clone, Debug)]
enum Op {
    Create { name: String, file: usize },
    CreateDirectory(String),
    RemoveDirectory(String),
    Rename { from: String, to: String },
    Remove(String),
    Write { file: usize, at: u64, bytes: Vec<u8> },
    Truncate { file: usize, length: u64 },
    SyncFile(usize),
    SyncDirectory(String),
}

/// What becomes of that which was not synced when the power goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// All of it is lost.
    Lost,
    /// All of it is there.
    Kept,
    /// The last write is torn: its first half is there.
    TornHead,
    /// The last write is torn: the file is as long as it would be, but the first half reads as zeros.
    TornTail,
    /// Only the last operation is there.
    OnlyLast,
    /// Only the first operation is there.
    OnlyFirst,
}

impl Fate {
    pub(super) const ALL: [Self; 6] =
        [Self::Lost, Self::Kept, Self::TornHead, Self::TornTail, Self::OnlyLast, Self::OnlyFirst];
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<String, usize>,
    directories: BTreeSet<String>,
    files: Vec<Vec<u8>>,
    before: Image,
    ops: Vec<Op>,
    /// Writes fail from here on, as on a full disk.
    is_full: bool,
}

/// A simulated disk.
#[derive(Clone, Debug, Default)]
pub(super) struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct SimFile {
    state: Arc<Mutex<State>>,
    file: usize,
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}

impl SimDisk {
    pub(super) fn of(image: Image) -> Self {
        let mut state = State { before: image.clone(), directories: image.directories, ..State::default() };
        for (name, bytes) in image.files {
            state.names.insert(name, state.files.len());
            state.files.push(bytes);
        }
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// How much was done so far.
    pub(super) fn operations(&self) -> usize {
        self.state.lock().unwrap().ops.len()
    }

    pub(super) fn fill(&self, is_full: bool) {
        self.state.lock().unwrap().is_full = is_full;
    }

    /// What is there when the power goes after so many operations.
    pub(super) fn after_crash(&self, operations: usize, fate: Fate) -> Image {
        let state = self.state.lock().unwrap();
        let ops = &state.ops[..operations];
        let unsynced: Vec<_> = (0..ops.len()).filter(|index| !is_settled(ops, *index)).collect();
        let last_write =
            unsynced.iter().rev().find(|index| matches!(ops[**index], Op::Write { .. })).copied();
        let mut disk = Replay::of(&state.before);
        for (index, op) in ops.iter().enumerate() {
            let is_last = unsynced.last() == Some(&index);
            let op = match fate {
                _ if !unsynced.contains(&index) => Some(op.clone()),
                Fate::Lost => None,
                Fate::Kept => Some(op.clone()),
                Fate::TornHead | Fate::TornTail if last_write == Some(index) => Some(torn(op, fate)),
                Fate::TornHead | Fate::TornTail => Some(op.clone()),
                Fate::OnlyLast => is_last.then(|| op.clone()),
                Fate::OnlyFirst => (unsynced.first() == Some(&index)).then(|| op.clone()),
            };
            if let Some(op) = op {
                disk.apply(&op);
            }
        }
        disk.image()
    }
}

/// Whether a sync came after it that makes it last.
fn is_settled(ops: &[Op], index: usize) -> bool {
    let later = &ops[index + 1..];
    match &ops[index] {
        Op::Write { file, .. } | Op::Truncate { file, .. } => {
            later.iter().any(|op| matches!(op, Op::SyncFile(synced) if synced == file))
        }
        Op::Create { name, .. }
        | Op::CreateDirectory(name)
        | Op::RemoveDirectory(name)
        | Op::Remove(name)
        | Op::Rename { to: name, .. } => {
            later.iter().any(|op| matches!(op, Op::SyncDirectory(synced) if synced == parent(name)))
        }
        Op::SyncFile(_) | Op::SyncDirectory(_) => true,
    }
}

fn torn(op: &Op, fate: Fate) -> Op {
    let Op::Write { file, at, bytes } = op else { return op.clone() };
    let half = bytes.len() / 2;
    let bytes = if matches!(fate, Fate::TornTail) {
        [vec![0; half], bytes[half..].to_vec()].concat()
    } else {
        bytes[..half].to_vec()
    };
    Op::Write { file: *file, at: *at, bytes }
}

/// A disk that operations are done to again.
struct Replay {
    directories: BTreeSet<String>,
    names: BTreeMap<String, usize>,
    files: BTreeMap<usize, Vec<u8>>,
}

impl Replay {
    fn of(image: &Image) -> Self {
        let names = image.files.keys().cloned().zip(0..).collect();
        let files = image.files.values().cloned().enumerate().collect();
        Self { directories: image.directories.clone(), names, files }
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { name, file } => _ = self.names.insert(name.clone(), *file),
            Op::CreateDirectory(name) => _ = self.directories.insert(name.clone()),
            Op::RemoveDirectory(name) => _ = self.directories.remove(name),
            Op::Rename { from, to } => {
                if let Some(file) = self.names.remove(from) {
                    self.names.insert(to.clone(), file);
                }
            }
            Op::Remove(name) => _ = self.names.remove(name),
            Op::Write { file, at, bytes } => put(self.files.entry(*file).or_default(), *at, bytes),
            Op::Truncate { file, length } => {
                self.files.entry(*file).or_default().truncate(usize::try_from(*length).unwrap());
            }
            Op::SyncFile(_) | Op::SyncDirectory(_) => {}
        }
    }

    fn image(self) -> Image {
        let there = |name: &String| parent(name).is_empty() || self.directories.contains(parent(name));
        let content = |file| self.files.get(&file).cloned().unwrap_or_default();
        let files = self.names.iter().filter(|(name, _)| there(name));
        let files = files.map(|(name, file)| (name.clone(), content(*file))).collect();
        Image { directories: self.directories, files }
    }
}

fn put(file: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let at = usize::try_from(at).unwrap();
    file.resize(file.len().max(at + bytes.len()), 0);
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Disk for SimDisk {
    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let state = self.state.lock().unwrap();
        let all = state.names.keys().chain(&state.directories).filter(|name| parent(name) == directory);
        Ok(all.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect())
    }

    fn create_directory(&self, name: &str) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.directories.insert(name.to_owned());
        state.ops.push(Op::CreateDirectory(name.to_owned()));
        Ok(())
    }

    fn remove_directory(&self, name: &str) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        assert!(!state.names.keys().any(|file| parent(file) == name), "{name} is not empty");
        state.directories.remove(name);
        state.ops.push(Op::RemoveDirectory(name.to_owned()));
        Ok(())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock().unwrap();
        assert!(parent(name).is_empty() || state.directories.contains(parent(name)), "{name}: no directory");
        let file = state.files.len();
        state.files.push(Vec::new());
        state.names.insert(name.to_owned(), file);
        state.ops.push(Op::Create { name: name.to_owned(), file });
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), file }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state.lock().unwrap();
        let file = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        state.ops.push(Op::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.ops.push(Op::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_directory(&self, name: &str) -> io::Result<()> {
        self.state.lock().unwrap().ops.push(Op::SyncDirectory(name.to_owned()));
        Ok(())
    }
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.state.lock().unwrap().files[self.file].len()).unwrap())
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        let state = self.state.lock().unwrap();
        let at = usize::try_from(at).unwrap();
        let from = state.files[self.file].get(at..at + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(from);
        Ok(())
    }

    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        // A full disk may take a part.
        let taken = if state.is_full { &bytes[..bytes.len() / 3] } else { bytes };
        put(&mut state.files[self.file], at, taken);
        state.ops.push(Op::Write { file: self.file, at, bytes: taken.to_vec() });
        if state.is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.files[self.file].truncate(usize::try_from(length).unwrap());
        state.ops.push(Op::Truncate { file: self.file, length });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.state.lock().unwrap().ops.push(Op::SyncFile(self.file));
        Ok(())
    }
}
