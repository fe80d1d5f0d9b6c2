//! What the storage needs of a disk: few operations, so that a simulated one can lose what a real one may lose.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory on a disk, with directories one level deep. Names are relative to it.
pub(crate) trait Disk: Send + Sync {
    /// The names in a directory, "" being the root; nothing if it is not there.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;
    /// Creates a directory. It lasts once the root is synced.
    fn create_directory(&self, name: &str) -> io::Result<()>;
    /// Removes an empty directory.
    fn remove_directory(&self, name: &str) -> io::Result<()>;
    /// Creates an empty file in place of any other. It lasts once its directory is synced.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file another name, in place of any other. It lasts once the directory is synced.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes what happened in a directory last.
    fn sync_directory(&self, name: &str) -> io::Result<()>;
}

/// A file on a disk.
pub(crate) trait DiskFile: Send + Sync + std::fmt::Debug {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Fills the buffer from a place in the file.
    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes all bytes at a place in the file. They last once the file is synced.
    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file off.
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// Makes its content and its length last.
    fn sync(&self) -> io::Result<()>;
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirError {
    /// Another process has it.
    #[error("{path}: another broker is using this directory")]
    InUse {
        /// The directory.
        path: String,
    },
    /// It cannot be created, or its lock cannot be taken.
    #[error("{path}: {source}")]
    Io {
        /// The directory, or the lock in it.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// A directory of this machine, locked against other processes for as long as this lives.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    _lock: File,
}

/// The name of the lock, Kafka's own.
pub(crate) const LOCK: &str = ".lock";

impl Directory {
    /// Creates the directory if it is not there, and locks it.
    pub fn lock(root: &Path) -> Result<Self, DirError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| DirError::Io { path, source }
        };
        std::fs::create_dir_all(root).map_err(failed(root))?;
        let path = root.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DirError::InUse { path: root.display().to_string() }),
            Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }
}

impl Disk for Directory {
    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(self.root.join(directory)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            // A name that is no text is none of ours.
            names.extend(entry?.file_name().into_string().ok());
        }
        names.sort();
        Ok(names)
    }

    fn create_directory(&self, name: &str) -> io::Result<()> {
        match std::fs::create_dir(self.root.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn remove_directory(&self, name: &str) -> io::Result<()> {
        std::fs::remove_dir(self.root.join(name))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut anew = OpenOptions::new();
        anew.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(anew.open(self.root.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(self.root.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.root.join(from), self.root.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.root.join(name))
    }

    fn sync_directory(&self, name: &str) -> io::Result<()> {
        File::open(self.root.join(name))?.sync_all()
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(buffer, at)
    }

    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
