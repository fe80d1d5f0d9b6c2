//! The traces written by hand on Apache Kafka, as Maven Central publishes it; a trace that tells a falsehood is
//! noticed there. Needs Java and Maven.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::kafka::{Kafka, Settings, Version};
use muster_conformance::report::{Conclusion, Report, Status};
use muster_conformance::runner::{Run, Runner};
use muster_conformance::{Profile, suite};
use muster_model::trace::{Response, Trace};
use muster_specs::Rule;

/// Judges the version by its traces; first those that every broker can run, then those that need a small group.
fn judge(version: &str, change: impl Fn(&mut Trace)) -> Report {
    let version: Version = version.parse().expect("a version");
    let mut traces = suite::written(version.release()).expect("complete files");
    traces.iter_mut().for_each(change);
    let mut run = Run::default();
    for group_max_size in [None, Some(2)] {
        let here: Vec<&Trace> =
            traces.iter().filter(|trace| Profile::needed_group_max_size(trace) == group_max_size).collect();
        let never = AtomicBool::new(false);
        let settings = Settings { group_max_size, max_wait_ms: 30_000 };
        let kafka = Kafka::start(&version, &settings, &never).expect("Java, Maven and Maven Central");
        let broker = kafka.connect().expect("it serves");
        let part = Runner { jobs: 8, stop: &never, confirm: 3, progress: &|_| {} }.run(&broker, &here);
        assert_eq!(part.ended, None);
        run.judged.extend(part.judged);
    }
    let out = tempfile::tempdir().expect("a folder");
    Report::new("Apache Kafka", &run, traces.len(), Duration::ZERO, out.path(), "muster conform kafka")
}

fn conforms(version: &str) {
    let report = judge(version, |_| {});
    assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    assert_eq!(report.totals.conform, report.totals.traces, "{report}");
}

#[test]
fn kafka_4_3_1_conforms() {
    conforms("4.3.1");
}

#[test]
fn kafka_3_9_2_conforms() {
    conforms("3.9.2");
}

#[test]
fn a_trace_with_a_wrong_expectation_is_noticed_by_rule() {
    let report = judge("4.3.1", |trace| {
        for step in &mut trace.steps {
            for answer in &mut step.answers {
                if let Response::JoinGroup { error, generation: generation @ 3, .. } = &mut answer.response {
                    assert_eq!(error, "NONE");
                    *generation = 2;
                }
            }
        }
    });
    assert_eq!(report.conclusion(), Conclusion::Diverges, "{report}");
    let failing: Vec<Rule> = report
        .rules
        .iter()
        .filter(|(_, s)| matches!(s, Status::Fails { .. }))
        .map(|(rule, _)| *rule)
        .collect();
    assert!(failing.contains(&Rule::CompleteJoin), "{report}");
    let failure = report.failures.iter().find(|f| f.rule == Some(Rule::CompleteJoin)).unwrap();
    assert_eq!(failure.finding.divergence.expected, "generation 2");
    assert_eq!(failure.finding.divergence.actual, "generation 3");
    assert_eq!((failure.seen, failure.runs), (3, 3), "{report}");
}
