//! Counterexamples as traces and as text.

#[cfg(test)]
mod tests {
    use std::path::Path;

    use muster_model::check::{Continue, Counterexample, find_violation};
    use muster_model::mutation::Mutation;
    use muster_model::narrate::{self, Narration};
    use muster_model::scenario::Scenario;
    use muster_model::scenarios::showing;
    use muster_model::trace::{Event, Trace};

    fn counterexample(mutation: Mutation) -> (Scenario, Counterexample) {
        let scenario = showing(mutation).unwrap();
        let property = mutation.breaks()[0];
        let found = find_violation(&scenario, property, &mut |_| Continue::Yes).unwrap().unwrap();
        (scenario, found)
    }

    fn narration(mutation: Mutation) -> Narration {
        let (scenario, counterexample) = counterexample(mutation);
        Narration::of_counterexample(&scenario, &counterexample)
    }

    /// `UPDATE_SNAPSHOTS=1 cargo test` writes the file, for a person to read before it is committed.
    fn check_snapshot(name: &str, text: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/narrate").join(name);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{}", path.display());
    }

    #[test]
    fn a_defect_of_the_leader_reads_as_a_transcript() {
        check_snapshot("skip_partition.txt", &narration(Mutation::SkipPartition).text());
    }

    #[test]
    fn a_late_request_reads_as_a_transcript() {
        check_snapshot("accept_stale_commit.txt", &narration(Mutation::AcceptStaleCommit).text());
    }

    #[test]
    fn a_trace_survives_its_file_and_tells_the_same_steps() {
        let told = narration(Mutation::AssignTwice);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.json");
        told.trace.save(&file).unwrap();
        let read = Trace::load(&file).unwrap();
        assert_eq!(read, told.trace);
        let (alone, with_beliefs) = (narrate::text(&read), told.text());
        for line in alone.lines() {
            assert!(with_beliefs.contains(line), "{line}");
        }
        assert!(alone.ends_with("violates assignment_disjoint\n"), "{alone}");
        let answered = read.steps.iter().filter(|step| matches!(step.event, Event::Request { .. }));
        assert!(answered.clone().count() >= 4 && answered.clone().all(|step| !step.rules.is_empty()));
    }
}
