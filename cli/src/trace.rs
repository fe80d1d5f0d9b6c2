//! `muster trace`: the generated traces as files, and a trace as text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use muster_model::generate::{Extent, Suite, suite};
use muster_model::narrate::text;
use muster_model::trace::{LoadError, Release, Trace};

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the traces that cover every transition of the coordinator, a file each
    Generate {
        /// The release that they are for: 4.3 or 3.9
        #[arg(long, default_value = "4.3")]
        release: Release,
        /// The larger bounds
        #[arg(long)]
        large: bool,
        /// The folder; it is made if it is not there
        #[arg(long, default_value = "out/traces")]
        out: PathBuf,
    },
    /// Print a trace as text
    Show {
        /// The trace
        file: PathBuf,
    },
}

/// Runs the subcommand.
pub(crate) fn run(args: Args) -> ExitCode {
    match args.command {
        Command::Generate { release, large, out } => {
            generate(release, if large { Extent::Large } else { Extent::Small }, &out)
        }
        Command::Show { file } => show(&file),
    }
}

fn generate(release: Release, extent: Extent, out: &Path) -> ExitCode {
    let suite = suite(release, extent);
    let written = fs::create_dir_all(out).and_then(|()| write(&suite, out));
    if let Err(error) = written {
        eprintln!("muster: cannot write to {}: {error}", out.display());
        return ExitCode::from(1);
    }
    for scenario in &suite.scenarios {
        let (name, bounds) = (&scenario.scenario, &scenario.bounds);
        println!("{name} ({bounds}): {} of {} transitions covered", scenario.covered, scenario.reachable);
    }
    println!("{} traces in {}", suite.traces.len(), out.display());
    ExitCode::SUCCESS
}

fn write(suite: &Suite, out: &Path) -> std::io::Result<()> {
    suite.traces.iter().try_for_each(|trace| trace.save(&out.join(format!("{}.json", trace.name))))
}

fn show(file: &Path) -> ExitCode {
    match Trace::load(file) {
        Ok(trace) => {
            print!("{}", text(&trace));
            ExitCode::SUCCESS
        }
        Err(error @ LoadError::Read { .. }) => {
            eprintln!("muster: {error}");
            ExitCode::from(1)
        }
        Err(error @ (LoadError::Parse { .. } | LoadError::Format { .. } | LoadError::Empty { .. })) => {
            eprintln!("muster: {error}");
            ExitCode::from(4)
        }
    }
}
