//! One set of data, told in every form.

use std::time::Duration;

use muster_conformance::attempt::{Inconclusive, Verdict};
use muster_conformance::compare::{Aspect, Divergence};
use muster_conformance::replay::Finding;
use muster_conformance::report::{
    Conclusion, Document, Known, Pictures, Report, github, html, junit, to_json,
};
use muster_conformance::runner::{Judged, Run};
use muster_conformance::shrink::Shrunk;
use muster_conformance::suite;
use muster_model::trace::{Release, Trace};
use muster_specs::Rule;
use serde_json::{Value, json};

fn finding(step: usize, rule: Rule, actual: &str) -> Finding {
    let divergence = Divergence {
        connection: "c1".to_owned(),
        aspect: Aspect::Error,
        expected: "UNKNOWN_MEMBER_ID".to_owned(),
        actual: actual.to_owned(),
    };
    Finding { step, rule: Some(rule), divergence, answers: vec![format!("c1: {actual}")] }
}

/// A report with everything in it: conforming, wrong and made small, declared, flaky, never exercised; with names that
/// would be markup if they were not text.
fn report(traces: &[Trace], known: &str, is_strict: bool) -> Report {
    let [alone, absent, ..] = traces else { panic!("two traces") };
    let stale = Rule::FenceCommitOfStaleGeneration;
    let (seen, runs) = (5, 5);
    let wrong = finding(1, stale, "<script>alert('%')</script>");
    let small = Shrunk {
        trace: Trace { steps: absent.steps[..1].to_vec(), ..absent.clone() },
        finding: finding(0, stale, "<script>alert('%')</script>"),
        seen,
        runs,
        from: 2,
        tries: 3,
        minimal: true,
    };
    let declared = finding(0, Rule::RejectHeartbeatOfAbsentGroup, "GROUP_ID_NOT_FOUND");
    let once = finding(0, Rule::CompleteJoin, "NONE");
    let verdicts = [
        (Verdict::Conforms, None),
        (Verdict::Diverges { finding: wrong, seen, runs }, Some(small)),
        (Verdict::Diverges { finding: declared, seen: 3, runs: 5 }, None),
        (Verdict::Inconclusive(Inconclusive::NotReproduced { finding: once, runs }), None),
    ];
    let of = |at: usize| if at == 0 { alone } else { absent };
    let judged = verdicts.into_iter().enumerate();
    let judged = judged.map(|(at, (verdict, shrunk))| Judged { trace: of(at), verdict, shrunk }).collect();
    let run = Run { judged, ended: None };
    let out = tempfile::tempdir().unwrap();
    let command = "muster conform broker B";
    let mut report = Report::new("<B> & \"C\"", &run, 4, Duration::from_millis(1_500), out.path(), command);
    for failure in &mut report.failures {
        failure.saved = Some("out/it.json".into());
        failure.replay = format!("{command} --replay out/it.json");
    }
    if is_strict {
        report.required = [Rule::RequireMemberId, Rule::ElectLeader, Rule::ExpireMemberSession].into();
    }
    report.apply(&Known::parse(known).unwrap());
    // The catalogue grows; what is told of a rule does not hang on the others.
    report.rules.retain(|(rule, _)| SHOWN.contains(rule));
    report
}

/// A rule of each status.
const SHOWN: [Rule; 6] = [
    Rule::RequireMemberId,
    Rule::ElectLeader,
    Rule::RejectSyncOfAbsentGroup,
    Rule::RejectHeartbeatOfAbsentGroup,
    Rule::FenceCommitOfStaleGeneration,
    Rule::ExpireMemberSession,
];

fn traces() -> Vec<Trace> {
    let all = suite::written(Release::V4_3).unwrap();
    let named = |name: &str| all.iter().find(|trace| trace.name == name).unwrap().clone();
    vec![named("join-alone"), named("absent-group-errors")]
}

const KNOWN: &str = "[[deviation]]\nrule = \"reject_heartbeat_of_absent_group\"\nactual = \"GROUP_ID_NOT_FOUND\"\n\
                     reason = \"so it is there\"\n[[deviation]]\nrule = \"require_member_id\"\nreason = \"it was so\"\n\
                     [[not_exercised]]\nrule = \"expire_member_session\"\nreason = \"no timers\"\n";

#[test]
fn what_is_declared_fails_nothing_and_what_is_not_there_is_told() {
    let traces = traces();
    let plain = report(&traces, "", false);
    assert_eq!((plain.conclusion(), plain.totals.diverge, plain.totals.known), (Conclusion::Diverges, 2, 0));
    let known = report(&traces, KNOWN, false);
    assert_eq!((known.conclusion(), known.totals.diverge, known.totals.known), (Conclusion::Diverges, 2, 1));
    let text = known.to_string();
    assert!(
        text.contains("Declared deviations that do not occur\n  require_member_id: it was so\n"),
        "{text}"
    );
    assert!(
        text.contains("Deviations that were declared\n  reject_heartbeat_of_absent_group: 1 trace, so it is")
    );
    assert!(text.contains("traces: 1 of 4 conform, 2 diverge (1 as declared)"), "{text}");
    let stale = "[[deviation]]\nrule = \"fence_commit_of_stale_generation\"\nreason = \"x\"\n";
    let all = report(&traces, &format!("{KNOWN}{stale}"), false);
    assert_eq!(all.conclusion(), Conclusion::Undecided, "one was seen once and never again");
}

#[test]
fn with_strict_what_is_never_exercised_fails() {
    let traces = traces();
    let stale = "[[deviation]]\nrule = \"fence_commit_of_stale_generation\"\nreason = \"x\"\n\
                 [[deviation]]\nrule = \"reject_heartbeat_of_absent_group\"\nreason = \"x\"\n";
    let strict = report(&traces, stale, true);
    assert_eq!(strict.conclusion(), Conclusion::Diverges);
    let failing: Vec<String> =
        strict.document().never_exercised.into_iter().filter(|n| n.fails).map(|n| n.rule).collect();
    assert_eq!(failing, ["expire_member_session"]);
    let excused = report(
        &traces,
        &format!("{stale}[[not_exercised]]\nrule = \"expire_member_session\"\nreason = \"y\"\n"),
        true,
    );
    assert_eq!(excused.conclusion(), Conclusion::Undecided);
    assert!(
        excused.to_string().contains("- no trace follows it (declared: y): expire_member_session"),
        "{excused}"
    );
}

#[test]
fn the_json_is_what_every_form_is_made_of() {
    let traces = traces();
    let document = Document::of(&[report(&traces, KNOWN, false)]);
    let value = to_json(&[report(&traces, KNOWN, false)]);
    assert_eq!(serde_json::from_value::<Document>(value.clone()).unwrap(), document);
    let failure = &value["systems"][0]["failures"][1];
    let expected =
        json!({ "shrunk_from": 2, "minimal": true, "reproduced": 5, "flaky": false, "known": null });
    for (field, expected) in expected.as_object().unwrap() {
        assert_eq!(&failure[field], expected, "{failure:#}");
    }
}

#[test]
fn the_text_is_as_written() {
    check("text.txt", &report(&traces(), KNOWN, true).to_string());
}

#[test]
fn the_junit_is_as_written() {
    let told = junit(&Document::of(&[report(&traces(), KNOWN, true)]));
    assert!(!told.contains("<script>") && told.contains("&lt;script&gt;"));
    check("junit.xml", &told);
}

#[test]
fn the_annotations_are_as_written() {
    let told = github(&Document::of(&[report(&traces(), KNOWN, true)]));
    assert!(told.lines().all(|line| line.starts_with("::")), "{told}");
    check("github.txt", &told);
}

#[test]
fn the_page_is_as_written_and_loads_nothing() {
    let mut pictures = Pictures { modules: vec![("trace.js", "export const x = 1;")], ..Pictures::default() };
    pictures.traces.insert("out/it.json".to_owned(), json!({ "title": "</script><b>" }));
    let told = html(&Document::of(&[report(&traces(), KNOWN, true)]), &pictures);
    assert!(!told.contains("<script>alert") && !told.contains("</script><b>"), "{told}");
    for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
        assert!(!told.contains(outside), "{outside}");
    }
    let data = told.split("id=\"muster-report\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["format"], "muster-conform/1");
    check("page.html", &told);
}

/// Compares with a file of `tests/tests/judged/golden`; `MUSTER_GOLDEN=write` writes it.
fn check(name: &str, told: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judged/golden").join(name);
    if std::env::var_os("MUSTER_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, told).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(told, written, "{}", file.display());
}
