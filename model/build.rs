//! Lists the traces of the museum, so that a trace file is all that it takes to add one.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var(name).map_err(io::Error::other);
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("museum");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut text = "/// The committed traces, each with the id of its defect.\n".to_owned();
    text.push_str("static TRACES: &[(&str, &str)] = &[\n");
    for file in files {
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(text, "    ({id:?}, include_str!({:?})),", file.display().to_string());
    }
    text.push_str("];\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("museum.rs"), text)
}
