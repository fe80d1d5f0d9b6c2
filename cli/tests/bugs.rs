//! `muster bugs` as a person runs it: what it prints, and its exit codes.

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use serde_json::Value;

    fn muster(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_muster")).args(arguments).output().unwrap()
    }

    fn text(output: &Output) -> String {
        String::from_utf8(output.stdout.clone()).unwrap()
    }

    #[test]
    fn a_story_is_found_by_its_source() {
        let output = muster(&["bugs", "KAFKA-15170"]);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.starts_with("moving_partition_not_withheld: "), "{text}");
        assert!(text.contains("https://issues.apache.org/jira/browse/KAFKA-15170"), "{text}");
        assert!(text.contains("violates live_owners_disjoint: "), "{text}");
    }

    #[test]
    fn an_unknown_defect_is_one_line_and_code_1() {
        let output = muster(&["bugs", "comits_reordered"]);
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            error,
            "muster: the museum has no 'comits_reordered'; did you mean 'commits_reordered'?\n"
        );
    }

    #[test]
    fn the_catalogue_is_json_too() {
        let output = muster(&["bugs", "--json"]);
        let catalogue: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(catalogue["format"], "muster-bugs/1");
        let bugs = catalogue["bugs"].as_array().unwrap();
        let (shown, unshown): (Vec<_>, Vec<_>) = bugs.iter().partition(|bug| bug["unshown"].is_null());
        assert!(shown.len() >= 30 && !unshown.is_empty(), "{} and {}", shown.len(), unshown.len());
        assert!(shown.iter().all(|bug| bug["shown"]["breaks"].is_string()));
    }

    #[test]
    fn defects_of_the_reference_are_noticed_by_their_rule_or_it_is_said_why_not_over_the_wire() {
        let output = muster(&["bugs", "noticed", "accept_stale_commit", "unload_after_load", "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{report:#}");
        let [wire, process] = report["defects"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
        assert_eq!((&wire["place"], &wire["named_rule"]), (&"over the wire".into(), &wire["breaks_rule"]));
        assert_eq!(process["not_applicable_over_the_wire"], "replication is not under the test's control");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("2 of 2: "), "{told}");
        let unknown = muster(&["bugs", "noticed", "accept_stale_comit"]);
        assert_eq!(unknown.status.code(), Some(1));
    }

    #[test]
    fn a_check_finds_every_one() {
        let output = muster(&["bugs", "check", "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{report:#}");
        assert_eq!(report["as_the_museum_says"], true);
        let bugs = report["bugs"].as_array().unwrap();
        assert!(bugs.iter().all(|bug| bug["absent_without"] == true && bug["trace_mismatch"].is_null()));
    }
}
