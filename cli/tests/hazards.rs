//! `muster check hazards`, a hazard, and what has to happen in the end, as a person runs them.

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use muster_model::hazard::hazards;
    use muster_model::trace::Trace;
    use serde_json::Value;

    fn muster(arguments: &[&str]) -> (i32, String, Output) {
        let output = Command::new(env!("CARGO_BIN_EXE_muster")).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        (output.status.code().unwrap(), text, output)
    }

    #[test]
    fn hazards_are_as_expected() {
        let (code, text, _) = muster(&["check", "hazards"]);
        assert_eq!(code, 0, "{text}");
        for hazard in hazards() {
            let claim = format!("{}: \"{}\"\n    false, after ", hazard.name(), hazard.claim.about());
            assert!(text.contains(&claim), "{claim}");
            for remedy in hazard.remedies {
                assert!(text.contains(&format!("    {}: holds in ", remedy.name)), "{}", remedy.name);
            }
        }
    }

    #[test]
    fn a_hazard_tells_its_page_and_its_counterexample() {
        let (code, text, _) = muster(&["check", "processed_exactly_once"]);
        assert_eq!(code, 2, "{text}");
        assert!(text.starts_with("# Each record is processed exactly once\n"), "{text}");
        assert!(text.contains("one_owner_per_generation     holds in every state"), "{text}");
        assert!(text.contains("violated in 24 steps"), "{text}");
        let last = text.lines().last().unwrap();
        assert!(
            last.starts_with("violates processed_exactly_once: record 0 of t1-0 was processed by"),
            "{last}"
        );
    }

    #[test]
    fn every_page_that_the_verdicts_point_to_is_told() {
        let (_, text, _) = muster(&["check", "hazards"]);
        let mut pages = 0;
        for line in text.lines().filter(|line| line.starts_with("muster check ")) {
            let name = line.split_whitespace().nth(2).unwrap();
            let (code, page, _) = muster(&["check", name]);
            assert!(code == 0 && page.starts_with("# ") && page.lines().count() > 15, "{name}: {page}");
            pages += 1;
        }
        assert_eq!(pages, 5);
        let (code, _, output) = muster(&["check", "settings", "--json"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((code, said.lines().count()), (1, 1), "{said}");
    }

    #[test]
    fn a_remedy_holds() {
        let (code, text, _) = muster(&["check", "unrelated-members-undisturbed-cooperative"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("unrelated_members_undisturbed holds in every state"), "{text}");
    }

    #[test]
    fn what_happens_in_the_end_is_told_with_who_is_fair() {
        let (code, text, _) = muster(&["check", "live"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("no_rebalance_loop            holds of every fair behaviour"), "{text}");
        assert!(text.contains("fairness: weakly fair: "), "{text}");
    }

    #[test]
    fn a_rebalance_without_end_is_a_cycle() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("loop.json");
        let file = file.to_str().unwrap();
        let (code, text, _) = muster(&["check", "--mutation", "complete_join_at_once", "--save", file]);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("-- from here on, again and again --"), "{text}");
        let trace = Trace::load(file.as_ref()).unwrap();
        assert!(trace.back_to.is_some_and(|back_to| back_to < trace.steps.len()));
        let (code, shown, _) = muster(&["trace", "show", file]);
        assert!(code == 0 && shown.contains("-- from here on, again and again --"), "{shown}");
    }

    #[test]
    fn json_says_what_happens_in_the_end() {
        let (code, _, output) = muster(&["check", "--mutation", "hide_rebalance_from_heartbeat", "--json"]);
        assert_eq!(code, 2);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let behaviours = report["scenarios"][0]["liveness"].as_array().unwrap();
        let stable = behaviours.iter().find(|b| b["id"] == "group_stabilises").unwrap();
        assert_eq!((&stable["verdict"], &stable["expected"]), (&"violated".into(), &"violated".into()));
        assert_eq!(
            (&stable["counterexample"]["stem"], &stable["counterexample"]["cycle"]),
            (&19.into(), &3.into())
        );
        assert_eq!(report["as_expected"], true);
    }

    #[test]
    fn a_group_is_checked_as_it_ships() {
        let (code, _, output) = muster(&["check", "hazards", "--consumers", "3"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((code, said.lines().count()), (1, 1), "{said}");
    }
}
