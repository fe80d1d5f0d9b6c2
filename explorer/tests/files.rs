//! Trace files in the explorer: walked on the model, read as they are, refused with what and where.

#[cfg(test)]
mod tests {
    use std::path::Path;

    use muster_explorer::file::{open, parse, told};
    use muster_explorer::spec::Spec;
    use muster_explorer::told::PathView;
    use muster_explorer::walk::Walk;
    use muster_model::narrate::Narration;
    use muster_model::trace::{Diverged, Trace};
    use serde_json::{Value, json};

    /// A path of a scenario with a defect, which the browser's tests draw as well.
    fn fixture(name: &str) -> Value {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("browser/fixtures/{name}.json"));
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn walk_of(fixture: &Value) -> (Spec, Walk) {
        let spec: Spec = serde_json::from_value(fixture["spec"].clone()).unwrap();
        let keys = fixture["steps"].as_array().unwrap().iter().map(|step| step["key"].as_str().unwrap());
        let keys: Vec<&str> = keys.collect();
        let walk = Walk::of(spec.scenario().unwrap(), &keys).unwrap();
        (spec, walk)
    }

    fn trace_of(walk: &Walk) -> Trace {
        let path = walk.actions.iter().zip(&walk.states);
        let path: Vec<_> = path.map(|(action, state)| ((**state).clone(), action.clone())).collect();
        Narration::of_path(&walk.scenario, &path, walk.last()).trace
    }

    /// `MUSTER_BLESS=1` writes them again.
    #[test]
    fn what_the_browser_draws_is_what_the_model_tells() {
        for name in ["merge_assignment", "keep_stored_offsets", "accept_stale_commit"] {
            let kept = fixture(name);
            let (spec, walk) = walk_of(&kept);
            let mut told = PathView::of(&spec, &walk, 0);
            told.violates = kept["violates"].as_str().map(str::to_owned);
            let told = serde_json::to_value(told).unwrap();
            if std::env::var_os("MUSTER_BLESS").is_some() {
                let file =
                    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("browser/fixtures/{name}.json"));
                std::fs::write(file, format!("{told}\n")).unwrap();
            } else {
                assert!(
                    told == kept,
                    "{name} differs: MUSTER_BLESS=1 cargo test -p muster-explorer --test files"
                );
            }
            assert!(!walk.failing(walk.last()).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_counterexample_file_is_walked_on_the_model() {
        for name in ["merge_assignment", "keep_stored_offsets", "accept_stale_commit"] {
            let (_, walk) = walk_of(&fixture(name));
            let mut trace = trace_of(&walk);
            trace.violates = walk.failing(walk.last()).first().map(|(property, _)| property.id().to_owned());
            let text = serde_json::to_string(&trace).unwrap();
            let told = told(&parse("t.json", &text).unwrap());
            assert!(told.spec.is_some(), "{name}");
            assert_eq!(told.steps.len(), walk.keys.len(), "{name}");
            let last = told.steps.last().unwrap();
            assert!(last.failing.contains_key(told.violates.as_ref().unwrap()), "{name}");
        }
    }

    #[test]
    fn a_file_with_other_bounds_is_walked_as_well() {
        let spec = Spec { records: Some(3), ..Spec::shipped("basic") };
        let keys = ["deliver c1#1 JoinGroup", "answer c1#1 JoinGroup", "deliver c1#1 JoinGroup"];
        let keys = keys.iter().chain(&[
            "coordinator:initial-delay",
            "answer c1#1 JoinGroup",
            "deliver c1#1 SyncGroup",
        ]);
        let keys =
            keys.chain(&["answer c1#1 SyncGroup", "deliver c1#1 OffsetFetch", "answer c1#1 OffsetFetch"]);
        let keys: Vec<&str> = keys.chain(&["c1:fetch(t1-0)"]).copied().collect();
        let walk = Walk::of(spec.scenario().unwrap(), &keys).unwrap();
        let text = serde_json::to_string(&trace_of(&walk)).unwrap();
        let told = told(&parse("t.json", &text).unwrap());
        assert_eq!(told.spec.unwrap().records, Some(3));
        assert_eq!(told.log_end, Some(3));
    }

    #[test]
    fn a_conformance_trace_is_read_as_it_is() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/traces/two-member-rebalance.json");
        let opened = open(&file).unwrap();
        let told = told(&opened[0]);
        assert!(told.spec.is_none() && told.clients == ["c1", "c2"], "{:?}", told.clients);
        let json = serde_json::to_value(&told).unwrap();
        let groups = json["steps"].as_array().unwrap().iter();
        let groups: Vec<&Value> =
            groups.map(|step| &step["state"]["coordinator"]["group"]["generation"]).collect();
        assert!(groups.contains(&&json!(1)) && groups.contains(&&json!(2)), "{groups:?}");
        assert!(told.messages.iter().any(|m| !m.request && m.ended.is_some()));
        // A plan that comes to a Stable group is not read, so no partition ever has two owners.
        for step in json["steps"].as_array().unwrap() {
            let members = step["state"]["coordinator"]["group"]["members"].as_object();
            let given =
                members.into_iter().flat_map(|of| of.values()).filter_map(|m| m["assignment"].as_array());
            let mut given: Vec<&Value> = given.flatten().collect();
            let all = given.len();
            given.sort_by_key(ToString::to_string);
            given.dedup();
            assert_eq!(given.len(), all, "{step}");
        }
    }

    #[test]
    fn a_consumer_that_leaves_owns_nothing_until_it_comes_back() {
        let text = include_str!("../../tests/traces/join-alone.json");
        let mut trace: Value = serde_json::from_str(text).unwrap();
        let leave = json!({ "rules": [], "event": "request", "connection": "c1",
            "request": { "api": "LeaveGroup", "version": 5, "members": ["m1"] },
            "answers": [{ "connection": "c1", "response": { "api": "LeaveGroup", "error": "NONE", "members": [["m1", "NONE"]] } }] });
        // Up to where it takes part.
        let whole = trace["steps"].as_array().unwrap()[..4].to_vec();
        trace["steps"] = json!(whole.iter().chain([&leave]).chain(&whole).collect::<Vec<_>>());
        let told = told(&parse("t.json", &trace.to_string()).unwrap());
        let steps = serde_json::to_value(&told.steps).unwrap();
        let consumer = |step: usize| {
            let seen = steps.as_array().unwrap()[..=step].iter().rev();
            seen.map(|one| &one["state"]["consumers"]["c1"]).find(|one| one.is_object()).unwrap().clone()
        };
        let (before, left, back) =
            (consumer(whole.len() - 1), consumer(whole.len()), consumer(2 * whole.len()));
        assert_eq!(
            (&before["live"], &left["live"], &back["live"]),
            (&json!(true), &json!(false), &json!(true))
        );
        assert_eq!((&left["phase"], &left["owned"]), (&json!("Closed"), &json!({})));
    }

    #[test]
    fn a_broken_file_says_what_and_where() {
        let text = serde_json::to_string_pretty(&trace_of(&walk_of(&fixture("merge_assignment")).1)).unwrap();
        let wrong = |text: &str| parse("a/b.json", text).unwrap_err().to_string();
        let cut = wrong(&text[..text.len() / 2]);
        assert!(cut.starts_with("a/b.json: EOF while parsing") && cut.contains(" at line "), "{cut}");
        assert!(wrong("").starts_with("a/b.json: EOF while parsing a value at line 1 column 0"));
        assert!(wrong("{}").contains("missing field `format`"));
        assert!(wrong(r#"{"format":"muster-trace/9"}"#).contains("its format is 'muster-trace/9'"));
        let renamed = text.replacen("\"event\": \"request\"", "\"event\": \"demand\"", 1);
        assert!(wrong(&renamed).contains("unknown variant `demand`"), "{}", wrong(&renamed));
        let missing = open(Path::new("/nowhere/t.json")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read /nowhere/t.json: "), "{missing}");
    }

    #[test]
    fn a_file_that_tells_what_came_opens_at_the_divergence() {
        let mut trace = trace_of(&walk_of(&fixture("merge_assignment")).1);
        trace.steps.truncate(1);
        trace.diverged = Some(Diverged {
            system: "Some broker".to_owned(),
            rule: None,
            connection: "c1#1".to_owned(),
            expected: "MEMBER_ID_REQUIRED".to_owned(),
            actual: "NONE".to_owned(),
            answers: vec!["c1#1: JoinGroup NONE generation 1".to_owned()],
        });
        let told = told(&parse("t.json", &serde_json::to_string(&trace).unwrap()).unwrap());
        let divergence = told.divergence.unwrap();
        assert_eq!((divergence.step, divergence.system.as_deref()), (1, Some("Some broker")));
        assert_eq!(divergence.answers.0, ["c1#1: JoinGroup MEMBER_ID_REQUIRED id m1"]);
        assert_eq!(divergence.answers.1, ["c1#1: JoinGroup NONE generation 1"]);
    }

    #[test]
    fn a_file_that_goes_round_for_ever_tells_where_it_begins_again() {
        let mut trace = trace_of(&walk_of(&fixture("merge_assignment")).1);
        for (back_to, place) in [(0, 0), (3, 3), (22, 22)] {
            trace.back_to = Some(back_to);
            let text = serde_json::to_string(&trace).unwrap();
            assert_eq!(told(&parse("t.json", &text).unwrap()).back_to, Some(place));
        }
    }

    #[test]
    fn a_report_opens_the_traces_of_its_divergences() {
        let folder = std::env::temp_dir().join(format!("muster-explorer-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (file, report) = (folder.join("t.json"), folder.join("report.json"));
        let mut trace = trace_of(&walk_of(&fixture("merge_assignment")).1);
        trace.steps.truncate(5);
        trace.save(&file).unwrap();
        let failure = json!({ "rule": "require_member_id", "step": 3, "connection": "c1#1", "expected": "NONE",
            "actual": "UNKNOWN_MEMBER_ID", "answers": ["c1#1: Heartbeat UNKNOWN_MEMBER_ID"], "file": file, "trace": "t" });
        let text =
            json!({ "format": "muster-conform/1", "systems": [{ "failures": [failure] }] }).to_string();
        std::fs::write(&report, text).unwrap();
        let told = told(&open(&report).unwrap()[0]);
        assert_eq!(told.divergence.as_ref().unwrap().answers.1, ["c1#1: Heartbeat UNKNOWN_MEMBER_ID"]);
        let divergence = told.divergence.unwrap();
        assert_eq!((divergence.step, divergence.actual.as_str()), (4, "UNKNOWN_MEMBER_ID"));
        std::fs::write(&report, r#"{"format":"muster-conform/1","systems":[]}"#).unwrap();
        assert!(open(&report).unwrap_err().to_string().contains("names no trace of a divergence"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
