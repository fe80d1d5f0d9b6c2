//! Where reports go, and in which form.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use muster_conformance::report::{Document, Pictures, Report, github, html, junit, text};
use muster_explorer::drawing;

use super::Refusal;
use super::common::Common;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Json,
    Junit,
    Github,
    Html,
}

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    kind: Kind,
    /// None: standard output.
    file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(asked: &str) -> Result<Self, String> {
        let (kind, file) = match asked.split_once('=') {
            Some((_, "")) => return Err("the name of the file is missing".to_owned()),
            Some((kind, file)) => (kind, Some(PathBuf::from(file))),
            None => (asked, None),
        };
        let kind = match kind {
            "text" => Kind::Text,
            "json" => Kind::Json,
            "junit" => Kind::Junit,
            "github" => Kind::Github,
            "html" => Kind::Html,
            _ => {
                return Err("one of text, json, junit, github, html, and a file: junit=report.xml".to_owned());
            }
        };
        Ok(Self { kind, file })
    }
}

/// Writes every report that was asked for; to standard output the text, if nothing else goes there.
pub(super) fn write(reports: &[Report], common: &Common) -> Result<(), Refusal> {
    let document = Document::of(reports);
    let mut outputs = common.report.clone();
    if common.json {
        outputs.push(Output { kind: Kind::Json, file: None });
    }
    if outputs.iter().all(|output| output.file.is_some() || output.kind == Kind::Github) {
        outputs.insert(0, Output { kind: Kind::Text, file: None });
    }
    for output in outputs {
        let told = told(output.kind, &document);
        match &output.file {
            Some(file) => fs::write(file, told)
                .map_err(|error| Refusal::usage(format!("cannot write {}: {error}", file.display())))?,
            None => match io::stdout().lock().write_all(told.as_bytes()) {
                // Whoever reads has read enough; the verdict stands.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                written => {
                    written.map_err(|error| Refusal::usage(format!("cannot print the report: {error}")))?;
                }
            },
        }
    }
    Ok(())
}

fn told(kind: Kind, document: &Document) -> String {
    match kind {
        Kind::Text => document.systems.iter().map(|system| text(system) + "\n\n").collect(),
        Kind::Json => format!("{:#}\n", document.to_json()),
        Kind::Junit => junit(document),
        Kind::Github => github(document),
        Kind::Html => html(document, &pictures(document)),
    }
}

/// The pictures of the divergences that were saved; one that cannot be drawn is left out.
fn pictures(document: &Document) -> Pictures {
    let mut pictures = Pictures { modules: drawing::modules(), ..Pictures::default() };
    let files =
        document.systems.iter().flat_map(|system| &system.failures).filter_map(|one| one.file.as_ref());
    for file in files {
        if let Ok(Some(drawn)) = drawing::drawn(Path::new(file)) {
            pictures.traces.insert(file.clone(), drawn);
        }
    }
    pictures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_asked_for_by_its_form_and_a_file() {
        let junit = Output { kind: Kind::Junit, file: Some(PathBuf::from("a=b.xml")) };
        assert_eq!("junit=a=b.xml".parse(), Ok(junit));
        assert_eq!("github".parse(), Ok(Output { kind: Kind::Github, file: None }));
        assert!("html=".parse::<Output>().is_err());
        assert!("pdf=x".parse::<Output>().is_err());
    }
}
