//! What the page is told of steps: an effect for each that may be taken, two ends for each message.

#[cfg(test)]
mod tests {
    use muster_explorer::messages::{Fate, Message};
    use muster_explorer::spec::Spec;
    use muster_explorer::told::{NextView, PathView, next_steps};
    use muster_explorer::walk::Walk;

    fn walk(name: &str, keys: &[&str]) -> (Spec, Walk) {
        let spec = Spec::shipped(name);
        let walk = Walk::of(spec.scenario().unwrap(), keys).unwrap();
        (spec, walk)
    }

    fn effect(next: &[NextView], key: &str) -> String {
        next.iter().find(|one| one.key == key).unwrap_or_else(|| panic!("{key}: {next:?}")).effect.clone()
    }

    const STABLE: [&str; 9] = [
        "deliver c1#1 JoinGroup",
        "answer c1#1 JoinGroup",
        "deliver c1#1 JoinGroup",
        "coordinator:initial-delay",
        "answer c1#1 JoinGroup",
        "deliver c1#1 SyncGroup",
        "answer c1#1 SyncGroup",
        "deliver c1#1 OffsetFetch",
        "answer c1#1 OffsetFetch",
    ];

    #[test]
    fn every_step_that_may_be_taken_has_an_effect_in_one_line() {
        for name in muster_model::scenarios::names() {
            let mut walk = Walk::start(Spec::shipped(&name).scenario().unwrap()).unwrap();
            for turn in 0..60 {
                let next = next_steps(&walk);
                for one in &next {
                    assert!(!one.effect.is_empty() && !one.effect.contains('\n'), "{name}: {one:?}");
                }
                let Some(taken) = next.get(turn * 7 % next.len().max(1)) else { break };
                walk.step(&taken.key).unwrap();
            }
        }
        let (_, stable) = walk("basic", &STABLE);
        let next = next_steps(&stable);
        assert_eq!(effect(&next, "c1:heartbeat"), "Heartbeat is on its way to the coordinator");
        let actors: Vec<&str> = next.iter().map(|one| one.actor.as_str()).collect();
        assert_eq!(actors, ["coordinator", "c1", "c1", "c1"], "{next:?}");
    }

    #[test]
    fn a_write_to_the_outside_store_has_two_ends() {
        let (spec, mut walk) = walk("no_stale_overwrite", &STABLE);
        let mut all = |keys: &[&str]| -> Vec<Message> {
            for key in keys {
                walk.step(key).unwrap();
            }
            let told = PathView::of(&spec, &walk, 0);
            told.messages.into_iter().filter(|message| message.to_store).collect()
        };
        let sent = all(&["c1:fetch(t1-0)", "c1:process(t1-0)"]);
        assert_eq!((sent.len(), sent[0].sent, sent[0].ended, sent[0].fate), (1, 11, None, Fate::InFlight));
        assert_eq!(sent[0].label, ["write", "record 0 of t1-0"]);
        let taken = all(&["store:c1(0 of t1-0)"]);
        assert_eq!((taken[0].ended, taken[0].fate), (Some(12), Fate::Delivered));
    }
}
