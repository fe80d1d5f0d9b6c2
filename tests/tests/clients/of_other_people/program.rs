//! The client programs in `tests/clients`, as `tests/clients/install` installs them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A client library, driven by a program of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    runs_in: Runtime,
    /// Rounds of records that it can produce: acks or `idempotent`, and the compression.
    pub(crate) rounds: &'static str,
    /// The assignor that all members of its groups share.
    pub(crate) assignor: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Runtime {
    Python,
    Node,
    Java,
    Go,
    Rust,
}

const EVERY_ROUND: &str = "0-none,1-gzip,all-snappy,idempotent-lz4,all-zstd";

const fn program(name: &'static str, runs_in: Runtime) -> Program {
    Program { name, runs_in, rounds: EVERY_ROUND, assignor: "range" }
}

pub(crate) const KCAT: Program = program("kcat", Runtime::Python);
pub(crate) const CONFLUENT: Program = program("confluent", Runtime::Python);
pub(crate) const KAFKA_PYTHON: Program = program("kafka_python", Runtime::Python);
pub(crate) const AIOKAFKA: Program = program("aio", Runtime::Python);
/// Without snappy, lz4 and zstd, for which it wants packages of others.
pub(crate) const KAFKAJS: Program = Program {
    rounds: "0-none,1-gzip,all-none,idempotent-gzip",
    assignor: "RoundRobinAssigner",
    ..program("kafkajs", Runtime::Node)
};
/// Its producer knows one way.
pub(crate) const KAFKA_TS: Program = Program {
    rounds: "idempotent-none",
    assignor: "RoundRobinAssigner",
    ..program("kafka-ts", Runtime::Node)
};
pub(crate) const PLATFORMATIC: Program =
    Program { assignor: "roundrobin", ..program("platformatic", Runtime::Node) };
pub(crate) const JAVA: Program = program("java", Runtime::Java);
pub(crate) const FRANZ: Program = program("franz", Runtime::Go);
pub(crate) const SARAMA: Program = program("sarama", Runtime::Go);
/// It has no idempotent producer, and no static members.
pub(crate) const SEGMENTIO: Program =
    Program { rounds: "0-none,1-gzip,all-snappy,all-lz4,all-zstd", ..program("segmentio", Runtime::Go) };
pub(crate) const RDKAFKA: Program = program("rdkafka", Runtime::Rust);

fn cache() -> PathBuf {
    let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    cache.unwrap_or_else(env::temp_dir).join("muster/clients")
}

/// The jars of the Java client and of Kafka's tools.
pub(crate) fn classpath() -> String {
    let jars = cache().join("java/classpath.txt");
    let jars = std::fs::read_to_string(&jars)
        .unwrap_or_else(|error| panic!("{}: {error}: run tests/clients/install first", jars.display()));
    format!("{}:{}", cache().join("java").display(), jars.trim())
}

impl Program {
    pub(crate) fn command(&self, what: &str) -> Command {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let cache = cache();
        let (program, args) = match self.runs_in {
            Runtime::Python => {
                let script = sources.join(format!("python/{}.py", self.name));
                (cache.join("python/bin/python"), vec![script.display().to_string()])
            }
            Runtime::Node => {
                let script = cache.join(format!("node/{}.js", self.name));
                (cache.join("node/node_modules/.bin/node"), vec![script.display().to_string()])
            }
            Runtime::Java => {
                let args = ["-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", &classpath(), "Client"];
                (PathBuf::from("java"), args.map(str::to_owned).to_vec())
            }
            Runtime::Go => (cache.join("go").join(self.name), Vec::new()),
            Runtime::Rust => (cache.join("rdkafka/debug/muster-client-rdkafka"), Vec::new()),
        };
        let mut command = Command::new(program);
        command.args(args).arg(what);
        command
    }
}
