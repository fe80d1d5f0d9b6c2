//! `muster check` as a person runs it: what it prints, and its exit codes.

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use muster_model::trace::Trace;
    use serde_json::Value;

    fn muster(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_muster")).args(arguments).output().unwrap()
    }

    fn code(output: &Output) -> i32 {
        output.status.code().unwrap()
    }

    fn json(output: &Output) -> Value {
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[test]
    fn a_scenario_that_holds_says_in_which_bounds() {
        let output = muster(&["check", "basic"]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(code(&output), 0, "{text}");
        assert!(text.contains("8,101") && text.contains("holds, exhausted, as expected"), "{text}");
        assert!(text.contains("one_leader                   holds in every state within these bounds"));
    }

    #[test]
    fn a_violation_is_told_and_saved() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.json");
        let output = muster(&["check", "--mutation", "skip_partition", "--save", file.to_str().unwrap()]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(code(&output), 2, "{text}");
        assert!(
            text.ends_with("violates assignment_complete: t1-1 has no owner in generation 1\n"),
            "{text}"
        );
        let trace = Trace::load(&file).unwrap();
        assert_eq!(trace.violates.as_deref(), Some("assignment_complete"));
        assert_eq!((trace.scenario.as_str(), trace.steps.len()), ("basic", 6));
    }

    #[test]
    fn json_says_what_a_person_sees() {
        let output = muster(&["check", "--mutation", "assign_twice", "--json"]);
        assert_eq!(code(&output), 2);
        let report = json(&output);
        assert_eq!(report["format"], "muster-check/1");
        assert_eq!((&report["as_expected"], &report["exhausted"]), (&true.into(), &true.into()));
        let scenario = &report["scenarios"][0];
        assert_eq!(scenario["bounds"]["partitions"], 2);
        let disjoint = scenario["properties"].as_array().unwrap();
        let disjoint = disjoint.iter().find(|p| p["id"] == "assignment_disjoint").unwrap();
        assert_eq!((&disjoint["verdict"], &disjoint["expected"]), (&"violated".into(), &"violated".into()));
        let found = &disjoint["counterexample"];
        assert_eq!(found["steps"], 9);
        assert_eq!(found["trace"]["format"], "muster-trace/1");
        let last = found["transcript"].as_array().and_then(|lines| lines.last()).unwrap();
        assert!(last.as_str().unwrap().starts_with("violates assignment_disjoint: "), "{last}");
    }

    #[test]
    fn a_search_that_is_cut_off_decides_nothing() {
        let output = muster(&["check", "leave", "--max-states", "1000", "--json"]);
        assert_eq!(code(&output), 3);
        let report = json(&output);
        assert_eq!(report["exhausted"], false);
        let properties = report["scenarios"][0]["properties"].as_array().unwrap();
        assert!(properties.iter().all(|p| p["verdict"] == "undecided"), "{properties:?}");
        assert_eq!(report["scenarios"][0]["undecided"], "more than 1000 states");
    }

    #[test]
    fn other_bounds_are_searched() {
        let output = muster(&["check", "--partitions", "1", "--records", "0", "--json"]);
        assert_eq!(code(&output), 0);
        let report = json(&output);
        assert_eq!(
            (&report["scenarios"][0]["name"], &report["states"]),
            (&"basic-varied".into(), &531.into())
        );
    }

    #[test]
    fn the_list_tells_every_scenario() {
        let report = json(&muster(&["check", "--list", "--json"]));
        let names: Vec<_> = report["scenarios"].as_array().unwrap().iter().map(|s| &s["name"]).collect();
        let groups = [muster_model::scenarios::shipped(), muster_model::scenarios::liveness()];
        assert_eq!(names.len(), groups.concat().len());
        assert_eq!(names[0], "basic");
    }

    #[test]
    fn nonsense_is_one_line_and_exit_code_1() {
        let cases: [&[&str]; 9] = [
            &["check", "craash"],
            &["check", "--consumers", "0"],
            &["check", "--topics", "9"],
            &["check", "--records", "9"],
            &["check", "--mutation", "skip"],
            &["check", "--faults", "crash"],
            &["check", "--max-states", "0"],
            &["check", "--mutation", "skip_partition", "--save", "/no/such/folder/trace.json"],
            &["chekc"],
        ];
        for arguments in cases {
            let output = muster(arguments);
            let said = String::from_utf8(output.stderr.clone()).unwrap();
            assert_eq!(code(&output), 1, "{arguments:?}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(said.starts_with("muster: "), "{said}");
        }
        let said = String::from_utf8(muster(&["check", "craash"]).stderr).unwrap();
        assert_eq!(said, "muster: no scenario 'craash'; did you mean 'crash'?\n");
    }

    #[test]
    fn help_and_version_are_no_errors() {
        for arguments in [&["--version"][..], &["check", "--help"], &["explore", "--help"]] {
            let output = muster(arguments);
            assert!(code(&output) == 0 && !output.stdout.is_empty(), "{arguments:?}");
        }
    }

    /// Ctrl-C ends a search with what is known.
    #[cfg(unix)]
    #[test]
    fn an_interrupt_tells_what_is_known() {
        use std::process::Stdio;
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        let child = command.args(["check", "three_partitions", "--generations", "5", "--json"]);
        let child = child.stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(800));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 3);
        assert_eq!(json(&output)["scenarios"][0]["undecided"], "stopped");
    }
}
