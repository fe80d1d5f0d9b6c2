//! Tests of the storage.

mod corrupt;
mod crash;
mod disk;
mod formats;
mod workload;
