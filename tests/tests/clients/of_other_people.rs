//! Each client creates a topic, produces, and lives in groups of its own and of several libraries.

mod group;
mod member;
mod program;
mod raw;
mod tools;

use group::{Group, LONG_SESSION};
use program::{
    AIOKAFKA, CONFLUENT, FRANZ, JAVA, KAFKA_PYTHON, KAFKA_TS, KAFKAJS, KCAT, PLATFORMATIC, Program, RDKAFKA,
    SARAMA, SEGMENTIO,
};

const COOPERATIVE: &[(&str, &str)] = &[("MUSTER_ASSIGNOR", "cooperative")];

/// The life of a group: two members, a third joins and leaves, one is killed, the others take over, and it comes back.
fn life(program: Program, more: &[(&str, &str)]) {
    let mut group = Group::new(4);
    group.create(program);
    group.produce(program, program.rounds);
    let one_round = program.rounds.rsplit(',').next().unwrap();

    group.join(program, "a", more);
    group.join(program, "b", more);
    group.rests("of two members");
    group.commits_all("by two members");

    group.join(program, "c", more);
    group.rests("of three members");
    group.produce(program, one_round);
    group.commits_all("by three members");
    group.leave(2);
    group.rests("when one has left");

    group.kill(1);
    group.produce(program, one_round);
    group.rests("when one was killed");
    group.commits_all("after a kill");

    let committed = group.committed();
    group.join(program, "b", more);
    group.rests("when it is back");
    group.produce(program, one_round);
    group.commits_all("after the return");
    for (partition, offset, _) in group.members[1].consumed() {
        let from = committed[usize::try_from(partition).unwrap()];
        assert!(offset >= from, "{partition}@{offset} was committed before the return: {from}");
    }
    group.leave(1);
    group.rests("of the last member");
    group.leave(0);
}

/// A static member is killed and returns within its session: nobody else notices. When it goes for good, its session
/// ends.
fn static_life(program: Program) {
    let mut group = Group::new(4);
    group.create(program);
    group.produce(program, program.rounds);
    let session = ("MUSTER_SESSION_MS", LONG_SESSION);
    let (a, b) = (
        &[session, ("MUSTER_INSTANCE", "instance-a")][..],
        &[session, ("MUSTER_INSTANCE", "instance-b")][..],
    );
    group.join(program, "a", a);
    group.join(program, "b", b);
    group.rests("of two static members");
    group.commits_all("by two static members");

    let (owned, changes) = (group.members[1].owned(), group.members[0].ownerships().len());
    group.kill(1);
    group.join(program, "b", b);
    group.rests("of the returned member");
    assert_eq!(group.members[1].owned(), owned, "it has what it had");
    assert_eq!(group.members[0].ownerships().len(), changes, "the other one was not disturbed");
    group.produce(program, program.rounds.rsplit(',').next().unwrap());
    group.commits_all("after the return");

    group.kill(1);
    group.rests("when the session has ended");
    group.leave(0);
}

macro_rules! life_in {
    (one_protocol $program:ident) => {
        #[test]
        fn lives() {
            super::life(super::$program, &[]);
        }
    };
    (cooperation $program:ident) => {
        #[test]
        fn lives_cooperatively() {
            super::life(super::$program, super::COOPERATIVE);
        }
    };
    (static_membership $program:ident) => {
        #[test]
        fn lives_as_static_members() {
            super::static_life(super::$program);
        }
    };
}

/// What each library has.
macro_rules! lives {
    ($( $name:ident: $program:ident $( $has:ident )*; )*) => { $(
        mod $name {
            $( life_in! { $has $program } )*
        }
    )* };
}

lives! {
    kcat: KCAT one_protocol cooperation static_membership;
    confluent: CONFLUENT one_protocol cooperation static_membership;
    kafka_python: KAFKA_PYTHON one_protocol cooperation static_membership;
    aiokafka: AIOKAFKA one_protocol static_membership;
    kafkajs: KAFKAJS one_protocol;
    kafka_ts: KAFKA_TS one_protocol static_membership;
    platformatic: PLATFORMATIC one_protocol static_membership;
    java: JAVA one_protocol cooperation static_membership;
    franz_go: FRANZ one_protocol cooperation static_membership;
    sarama: SARAMA one_protocol static_membership;
    kafka_go: SEGMENTIO one_protocol;
    rdkafka: RDKAFKA one_protocol cooperation static_membership;
}

/// Members of several libraries in one group, killed and replaced one after the other.
fn shared_life(programs: &[Program], partitions: i32, producer: Program) {
    let mut group = Group::new(partitions);
    group.create(producer);
    group.produce(producer, producer.rounds);
    for (number, program) in programs.iter().enumerate() {
        group.join(*program, &format!("m{number}"), &[]);
    }
    group.rests("of every library");
    group.commits_all("by every library");
    for (number, program) in programs.iter().enumerate() {
        // The eldest is killed, and one of the same library comes.
        group.kill(0);
        group.join(*program, &format!("n{number}"), &[]);
        if number % 3 == 2 {
            group.produce(producer, "all-none");
            group.rests("after three kills");
        }
    }
    group.rests("when each was killed once");
    group.commits_all("when each was killed once");
    while group.members.len() > 1 {
        group.leave(0);
    }
    group.rests("of the last member");
    group.leave(0);
}

/// Without kafka-go: its subscriptions name version 1 and end before that version's owned partitions, so that a leader
/// which reads them as they say (librdkafka, Java) gives it nothing; and as a leader it refuses those that are whole.
#[test]
fn eight_libraries_share_a_group() {
    let programs = [KCAT, CONFLUENT, KAFKA_PYTHON, AIOKAFKA, JAVA, FRANZ, SARAMA, RDKAFKA];
    shared_life(&programs, 12, JAVA);
}

#[test]
fn two_libraries_of_node_share_a_group() {
    shared_life(&[KAFKAJS, KAFKA_TS, KAFKAJS, KAFKA_TS], 8, KAFKAJS);
}
