//! Who may depend on whom. The reference never depends on the model: shared logic would mean shared bugs.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::Metadata;

/// The packages of the workspace, and which packages of the workspace each depends on.
type Graph = BTreeMap<String, BTreeSet<String>>;

const ARROWS: [(&str, &[&str]); 7] = [
    ("muster-specs", &[]),
    ("muster-checker", &[]),
    ("muster-model", &["muster-checker", "muster-specs"]),
    ("muster-reference", &["muster-specs"]),
    ("muster-conformance", &["muster-model", "muster-reference", "muster-specs"]),
    ("muster-explorer", &["muster-model", "muster-specs"]),
    (
        "muster",
        &["muster-conformance", "muster-explorer", "muster-model", "muster-reference", "muster-specs"],
    ),
];

fn graph<'a>(arrows: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Graph {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    arrows.into_iter().map(|(from, to)| (from.to_owned(), owned(to))).collect()
}

/// Normal, development and build dependencies alike: what a test depends on is an arrow too.
fn graph_of(metadata: &Metadata) -> Graph {
    let packages = metadata.workspace_packages();
    let names: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let arrows = packages.iter().map(|package| {
        let to = package.dependencies.iter().map(|dependency| dependency.name.clone());
        let to = to.filter(|name| names.contains(name) && package.name.as_str() != name);
        (package.name.to_string(), to.collect())
    });
    arrows.collect()
}

/// How a graph differs from the one that is wanted.
fn faults(actual: &Graph, wanted: &Graph) -> Vec<String> {
    let none = BTreeSet::new();
    let mut faults = Vec::new();
    for from in actual.keys().chain(wanted.keys()).collect::<BTreeSet<_>>() {
        match (actual.contains_key(from), wanted.contains_key(from)) {
            (true, false) => faults.push(format!("{from}: a package that no arrow is drawn for")),
            (false, _) => faults.push(format!("{from}: no such package")),
            (true, true) => {
                let (has, may) = (actual.get(from).unwrap_or(&none), wanted.get(from).unwrap_or(&none));
                faults.extend(has.difference(may).map(|to| format!("{from} depends on {to} and must not")));
                faults.extend(may.difference(has).map(|to| format!("{from} does not depend on {to}")));
            }
        }
    }
    faults
}

/// Whether a member's manifest takes over the workspace's lints.
fn inherits_lints(manifest: &str) -> bool {
    let workspace = |table: toml::Table| table.get("lints")?.get("workspace")?.as_bool();
    manifest.parse().ok().and_then(workspace).unwrap_or(false)
}

/// Whether the root manifest forbids `unsafe`.
fn forbids_unsafe(manifest: &str) -> bool {
    let level = |table: toml::Table| {
        let level = table.get("workspace")?.get("lints")?.get("rust")?.get("unsafe_code")?.as_str()?;
        Some(level == "forbid")
    };
    manifest.parse().ok().and_then(level).unwrap_or(false)
}

/// The one package with a module that may be unsafe.
pub const MAY_BE_UNSAFE: &str = "muster-checker";

/// Whether a member's manifest repeats every lint of the workspace, but denies `unsafe` where that forbids it.
fn repeats_lints(root: &str, manifest: &str) -> bool {
    let table = |text: &str, path: &[&str]| {
        let table = text.parse::<toml::Table>().ok()?;
        let mut value = toml::Value::Table(table);
        for key in path {
            value = value.get(*key)?.clone();
        }
        Some(value)
    };
    let (Some(mut wanted), Some(has)) = (table(root, &["workspace", "lints"]), table(manifest, &["lints"]))
    else {
        return false;
    };
    if let Some(rust) = wanted.get_mut("rust").and_then(toml::Value::as_table_mut) {
        rust.insert("unsafe_code".to_owned(), toml::Value::String("deny".to_owned()));
    }
    wanted == has
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use cargo_metadata::MetadataCommand;

    use super::*;

    fn metadata() -> Metadata {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap()
    }

    #[test]
    fn the_workspace_has_these_arrows_and_no_others() {
        assert_eq!(faults(&graph_of(&metadata()), &graph(ARROWS)), Vec::<String>::new());
    }

    #[test]
    fn no_package_may_be_unsafe_but_one() {
        let metadata = metadata();
        let root = fs::read_to_string(metadata.workspace_root.join("Cargo.toml")).unwrap();
        assert!(forbids_unsafe(&root));
        for package in metadata.workspace_packages() {
            let manifest = fs::read_to_string(&package.manifest_path).unwrap();
            let lints = if package.name == MAY_BE_UNSAFE {
                repeats_lints
            } else {
                |_: &str, m: &str| inherits_lints(m)
            };
            assert!(lints(&root, &manifest), "{}", package.name);
        }
    }

    #[test]
    fn a_wrong_graph_is_noticed() {
        let wanted = graph([("a", &[][..]), ("b", &["a"])]);
        let faults_of = |actual: Graph| faults(&actual, &wanted).join("; ");
        assert_eq!(faults_of(wanted.clone()), "");
        assert_eq!(faults_of(graph([("a", &["b"][..]), ("b", &["a"])])), "a depends on b and must not");
        assert_eq!(faults_of(graph([("a", &[][..]), ("b", &[])])), "b does not depend on a");
        let strange = graph([("a", &[][..]), ("b", &["a"]), ("c", &[])]);
        assert_eq!(faults_of(strange), "c: a package that no arrow is drawn for");
        assert_eq!(faults_of(graph([("b", &["a"][..])])), "a: no such package");
    }

    #[test]
    fn a_reference_that_depends_on_the_model_is_noticed() {
        let mut actual = graph(ARROWS);
        actual.entry("muster-reference".to_owned()).or_default().insert("muster-model".to_owned());
        assert_eq!(
            faults(&actual, &graph(ARROWS)),
            ["muster-reference depends on muster-model and must not"]
        );
    }

    #[test]
    fn lints_that_are_not_taken_over_are_noticed() {
        assert!(inherits_lints("[package]\nname = \"a\"\n[lints]\nworkspace = true\n"));
        for manifest in
            ["[package]\nname = \"a\"\n", "[lints]\nworkspace = false\n", "[lints", "[lints.rust]\n"]
        {
            assert!(!inherits_lints(manifest), "{manifest}");
        }
        let root = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"\n";
        assert!(repeats_lints(root, "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n"));
        for manifest in [
            "[lints.rust]\nunsafe_code = \"deny\"\n",
            "[lints.rust]\nunsafe_code = \"allow\"\nmissing_docs = \"warn\"\n",
            "[lints]\nworkspace = true\n",
            "",
        ] {
            assert!(!repeats_lints(root, manifest), "{manifest}");
        }
        assert!(forbids_unsafe("[workspace.lints.rust]\nunsafe_code = \"forbid\"\n"));
        for manifest in ["[workspace.lints.rust]\nunsafe_code = \"deny\"\n", "[workspace.lints.rust]\n", ""] {
            assert!(!forbids_unsafe(manifest), "{manifest}");
        }
    }
}
