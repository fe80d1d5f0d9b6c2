//! A broker, a topic on it and the members of a group, of one library or of several.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use muster_reference::broker::{Broker, BrokerConfig};
use tokio::runtime::{Builder, Runtime};

use super::member::Member;
use super::program::Program;
use super::raw::Raw;

pub(crate) const TOPIC: &str = "orders";
pub(crate) const GROUP: &str = "readers";
/// Short, so that a killed member is missed soon; long enough for a client on a busy machine.
const SESSION: Duration = Duration::from_secs(4);
/// Milliseconds, for a member that is to return within it.
pub(crate) const LONG_SESSION: &str = "20000";
/// Records of a round for each partition.
const COUNT: i64 = 3;
/// How long a group may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long it must stay as it is to be at rest.
const REST: Duration = Duration::from_millis(300);

pub(crate) struct Group {
    pub(crate) members: Vec<Member>,
    /// Members that are gone, for what they have processed.
    gone: Vec<Member>,
    pub(crate) partitions: i32,
    /// Records of each partition so far.
    produced: i64,
    raw: Raw,
    broker: Broker,
    _runtime: Runtime,
}

impl Group {
    pub(crate) fn new(partitions: i32) -> Self {
        let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
        for (property, value) in [
            ("group.initial.rebalance.delay.ms", "0"),
            ("group.min.session.timeout.ms", "1000"),
            ("num.partitions", &partitions.to_string()),
        ] {
            config.set(property, value).unwrap();
        }
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let broker = runtime.block_on(Broker::start(config)).unwrap();
        let raw = Raw::connect(broker.address());
        Self {
            members: Vec::new(),
            gone: Vec::new(),
            partitions,
            produced: 0,
            raw,
            broker,
            _runtime: runtime,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.broker.address()
    }

    fn start(&self, program: Program, name: &str, what: &str, more: &[(&str, &str)]) -> Member {
        let mut command = program.command(what);
        let (bootstrap, partitions) = (self.broker.address().to_string(), self.partitions.to_string());
        let (session, count) = (SESSION.as_millis().to_string(), COUNT.to_string());
        command.envs([
            ("MUSTER_BOOTSTRAP", bootstrap.as_str()),
            ("MUSTER_TOPIC", TOPIC),
            ("MUSTER_GROUP", GROUP),
            ("MUSTER_PARTITIONS", &partitions),
            ("MUSTER_CLIENT_ID", name),
            ("MUSTER_SESSION_MS", &session),
            ("MUSTER_HEARTBEAT_MS", "500"),
            ("MUSTER_COUNT", &count),
        ]);
        command.envs(more.iter().copied());
        Member::start(&format!("{} {name}", program.name), command)
    }

    /// Has the client create the topic.
    pub(crate) fn create(&mut self, program: Program) {
        self.start(program, "creator", "create", &[]).succeed();
        let partitions = usize::try_from(self.partitions).unwrap();
        assert_eq!(self.raw.partitions(TOPIC), Some(partitions), "{} created the topic", program.name);
    }

    /// Has the client produce, and checks that each record is there once.
    pub(crate) fn produce(&mut self, program: Program, rounds: &str) {
        self.start(program, "producer", "produce", &[("MUSTER_ROUNDS", rounds)]).succeed();
        self.produced += COUNT * i64::try_from(rounds.split(',').count()).unwrap();
        let expected = vec![self.produced; usize::try_from(self.partitions).unwrap()];
        // Without acknowledgement the last records may arrive after their producer has ended.
        let arrived = |group: &mut Self| group.raw.ends(TOPIC, group.partitions) == expected;
        self.until("every record is there once", arrived);
    }

    /// Adds a member.
    pub(crate) fn join(&mut self, program: Program, name: &str, more: &[(&str, &str)]) {
        let more = [&[("MUSTER_ASSIGNOR", program.assignor)], more].concat();
        let member = self.start(program, name, "consume", &more);
        self.members.push(member);
    }

    /// A member leaves.
    pub(crate) fn leave(&mut self, index: usize) {
        let mut member = self.members.remove(index);
        member.leave();
        self.gone.push(member);
    }

    /// A member is killed.
    pub(crate) fn kill(&mut self, index: usize) {
        let mut member = self.members.remove(index);
        member.kill();
        self.gone.push(member);
    }

    pub(crate) fn committed(&mut self) -> Vec<i64> {
        self.raw.committed(GROUP, TOPIC, self.partitions)
    }

    fn until(&mut self, what: &str, condition: impl Fn(&mut Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !condition(self) {
            let (ends, committed) = (self.raw.ends(TOPIC, self.partitions), self.committed());
            let story = || self.members.iter().chain(&self.gone).map(Member::story).collect::<String>();
            assert!(
                Instant::now() < until,
                "not in {PATIENCE:?}: {what}; ends {ends:?}, committed {committed:?}\n{}",
                story()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether every partition has exactly one owner, and every member one partition at least, if there are as many.
    fn is_shared(&self) -> bool {
        let owned: Vec<_> = self.members.iter().map(Member::owned).collect();
        let all: BTreeSet<i64> = owned.iter().flatten().copied().collect();
        let partitions = usize::try_from(self.partitions).unwrap();
        let (sum, idle) =
            (owned.iter().map(BTreeSet::len).sum::<usize>(), owned.iter().any(BTreeSet::is_empty));
        all.len() == partitions && sum == partitions && !(idle && self.members.len() <= partitions)
    }

    /// Waits until every partition has exactly one owner, and that for a while.
    pub(crate) fn rests(&mut self, when: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            self.until(&format!("every partition has one owner {when}"), |group| group.is_shared());
            let since: Vec<_> = self.members.iter().map(|member| member.ownerships().len()).collect();
            thread::sleep(REST);
            let after: Vec<_> = self.members.iter().map(|member| member.ownerships().len()).collect();
            if since == after {
                return;
            }
            assert!(Instant::now() < until, "no rest {when}");
        }
    }

    /// Waits until all that was produced is committed, and checks that someone has processed every record below the
    /// committed offsets.
    pub(crate) fn commits_all(&mut self, when: &str) {
        let expected = vec![self.produced; usize::try_from(self.partitions).unwrap()];
        self.until(&format!("all is committed {when}"), |group| group.committed() == expected);
        let members = self.members.iter().chain(&self.gone);
        let processed: BTreeSet<_> =
            members.flat_map(Member::consumed).map(|(partition, offset, _)| (partition, offset)).collect();
        for partition in 0..i64::from(self.partitions) {
            for offset in 0..self.produced {
                assert!(processed.contains(&(partition, offset)), "{when}: nobody saw {partition}@{offset}");
            }
        }
    }
}
