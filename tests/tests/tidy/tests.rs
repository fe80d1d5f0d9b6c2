//! The checks on the workspace as it is, and each check on what it must not let pass.

use super::*;

fn workspace() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let sources = sources(root).unwrap();
    assert!(sources.contains_key("Cargo.toml") && sources.contains_key("specs/rules/join.md"));
    sources
}

fn of(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// A workspace in which every rule has its functions.
fn paired() -> Sources {
    let mut sources = Sources::new();
    for (side, place, _) in PLACES {
        for rule in Rule::ALL.iter().filter(|rule| rule.side() == side) {
            let file = sources.entry(format!("{place}{}.rs", rule.chapter().name())).or_default();
            file.push_str(&["pub(crate) fn ", rule.id(), "(&self) -> Step {\n}\n"].concat());
        }
    }
    sources
}

fn exception(rule: Rule, lacks: Lacks) -> Exception {
    Exception { rule, lacks, reason: "why".to_owned() }
}

const NONE: Vec<String> = Vec::new();

#[test]
fn every_rule_has_its_functions() {
    assert_eq!(unpaired(&workspace(), &Exception::all().unwrap()), NONE);
}

#[test]
fn chapters_have_their_names() {
    assert_eq!(misnamed(&workspace()), NONE);
}

#[test]
fn files_and_functions_are_short() {
    assert_eq!(too_long(&workspace()), NONE);
}

#[test]
fn nothing_is_left_undone() {
    assert_eq!(unfinished(&workspace()), NONE);
}

#[test]
fn every_dependency_has_its_reason() {
    assert_eq!(unexplained(&workspace()), NONE);
}

#[test]
fn a_rule_without_its_function_is_noticed() {
    let paired = paired();
    assert_eq!(unpaired(&paired, &[]), NONE);
    for (path, id) in [
        ("model/src/coordinator/heartbeat.rs", "accept_heartbeat"),
        ("reference/src/coordinator/heartbeat.rs", "accept_heartbeat"),
        ("model/src/consumer/assignment.rs", "assign_by_range"),
    ] {
        let expected = [format!("{path}: no function {id}")];
        let mut renamed = paired.clone();
        let function = format!("fn {id}(");
        let other = renamed[path].replace(&function, &format!("fn {id}_too("));
        renamed.insert(path.to_owned(), other);
        assert_eq!(unpaired(&renamed, &[]), expected);
        let mut test = paired.clone();
        let only_a_test =
            test[path].replace(&format!("pub(crate) {function}"), &format!("#[test]\n{function}"));
        test.insert(path.to_owned(), only_a_test);
        assert_eq!(unpaired(&test, &[]), expected);
    }
}

#[test]
fn a_function_in_the_wrong_chapter_is_noticed() {
    let mut sources = paired();
    sources.insert(
        "reference/src/coordinator/join/admit.rs".to_owned(),
        "fn accept_heartbeat() {}\n".to_owned(),
    );
    let expected =
        "reference/src/coordinator/join/admit.rs: accept_heartbeat belongs in the chapter heartbeat";
    assert_eq!(unpaired(&sources, &[]), [expected]);
    let join = sources.remove("reference/src/coordinator/join.rs").unwrap();
    sources.insert("reference/src/coordinator/join/admit.rs".to_owned(), join);
    assert_eq!(unpaired(&sources, &[]), NONE, "a folder of the chapter's name is the chapter");
}

#[test]
fn an_exception_is_needed_and_for_one_place_only() {
    let needless = [exception(Rule::AcceptHeartbeat, Lacks::Reference)];
    assert_eq!(
        unpaired(&paired(), &needless),
        ["reference/src/coordinator/: accept_heartbeat is an exception without need"]
    );
    let mut sources = paired();
    sources.insert("model/src/consumer/fetch_offsets.rs".to_owned(), String::new());
    assert_eq!(unpaired(&sources, &[exception(Rule::ResumeFromCommittedOffset, Lacks::Model)]), NONE);
    // It lacks the one, and the other is needless.
    assert_eq!(unpaired(&sources, &[exception(Rule::ResumeFromCommittedOffset, Lacks::Reference)]).len(), 2);
}

#[test]
fn a_file_that_is_no_chapter_is_noticed() {
    assert_eq!(
        misnamed(&of(&[("specs/rules/joining.md", "")])),
        ["specs/rules/joining.md: no chapter has this name"]
    );
    for path in ["reference/src/coordinator/assignment.rs", "model/src/consumer/requests.rs"] {
        assert_eq!(misnamed(&of(&[(path, "")])), [format!("{path}: this chapter has no rules of this side")]);
    }
    let fine =
        ["specs/rules/join.md", "reference/src/coordinator/state.rs", "reference/src/broker/assignment.rs"];
    assert_eq!(misnamed(&of(&fine.map(|path| (path, "")))), NONE);
}

#[test]
fn a_long_file_or_function_is_noticed() {
    let body = |lines: usize| "        let a = 1;\n".repeat(lines);
    let function = |lines: usize| {
        format!(
            "impl A {{\n    pub(crate) async fn long(\n        &self,\n    ) {{\n{}    }}\n}}\n",
            body(lines)
        )
    };
    assert_eq!(too_long(&of(&[("a.rs", &function(66))])), NONE);
    assert_eq!(too_long(&of(&[("a.rs", &function(67))])), ["a.rs:2: long has 71 lines, at most 70"]);
    assert_eq!(too_long(&of(&[("a.rs", &"\n".repeat(300))])), NONE);
    assert_eq!(too_long(&of(&[("a.rs", &"\n".repeat(301))])), ["a.rs: 301 lines, at most 300"]);
    assert_eq!(too_long(&of(&[("a.md", &"\n".repeat(301))])), NONE);
    let declared = format!(
        "trait A {{\n    fn a(\n        b: u8,\n    );\n    fn c();\n}}\nfn d() {{}}\n{}",
        "\n".repeat(100)
    );
    assert_eq!(too_long(&of(&[("a.rs", &declared)])), NONE);
}

#[test]
fn what_is_left_undone_is_noticed() {
    for word in FORBIDDEN {
        assert_eq!(
            unfinished(&of(&[("a.md", &format!("fine\nand {word} here\n"))])),
            [format!("a.md:2: {word}")]
        );
    }
    assert_eq!(
        unfinished(&of(&[("Cargo.toml", "[lints.clippy]\ntodo = \"warn\"\nunimplemented = \"warn\"\n")])),
        NONE
    );
}

#[test]
fn a_dependency_without_a_reason_is_noticed() {
    let root = |dependencies: &str| {
        let text = format!(
            "[workspace.dependencies]\na = {{ path = \"a\" }}\n\n{dependencies}\n[profile.dev]\nb = 1\n"
        );
        unexplained(&of(&[("Cargo.toml", &text)]))
    };
    assert_eq!(root("# Because.\nserde = \"1\"\n"), NONE);
    for without in ["serde = \"1\"\n", "#\nserde = \"1\"\n", "# Because.\nclap = \"4\"\nserde = \"1\"\n"] {
        assert_eq!(root(without), ["Cargo.toml: no reason stands before: serde = \"1\""]);
    }
    let member = |line: &str| unexplained(&of(&[("a/Cargo.toml", &format!("[dev-dependencies]\n{line}\n"))]));
    assert_eq!(member("serde = { workspace = true, features = [\"rc\"] }"), NONE);
    assert_eq!(member("serde = \"1\""), ["a/Cargo.toml: not a dependency of the workspace: serde = \"1\""]);
}
