//! Apache Kafka beside the others: one node, with its defaults but for what one node needs.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::{CreateTopicsRequest, OffsetCommitRequest};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::load;
use crate::process::Process;

const SERVES_WITHIN: Duration = Duration::from_mins(1);
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// A cluster id: 16 bytes in base64 without padding.
const CLUSTER: &str = "bXVzdGVyLWJlbmNobWFyaw";

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The jars that `tests/clients/install` fetched for Kafka's tools: the broker is among them.
fn jars(clients: &Path) -> Option<String> {
    fs::read_to_string(clients.join("java/classpath.txt")).ok().map(|text| text.trim().to_owned())
}

fn java(jars: &str, folder: &Path) -> Command {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut command = Command::new("java");
    command.args(["-Xmx1g", "-cp", jars]).current_dir(folder).stdin(Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log);
    command
}

/// Starts it with the topic `t`. None: its jars are not installed.
pub(crate) fn start(runtime: &Runtime, clients: Option<PathBuf>, more: &str) -> Option<Process> {
    let jars = jars(&clients?)?;
    let folder = TempDir::new().unwrap();
    let (port, controller) = (free_port(), free_port());
    let file = folder.path().join("server.properties");
    let data = folder.path().join("data");
    let properties = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
         offsets.topic.replication.factor=1\n{more}",
        data.display()
    );
    fs::write(&file, properties).unwrap();
    let format = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c"];
    assert!(java(&jars, folder.path()).args(format).arg(&file).status().unwrap().success());
    let child = java(&jars, folder.path()).arg("kafka.Kafka").arg(&file).spawn().unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let process = Process::started(child, address, folder);
    let deadline = Instant::now() + SERVES_WITHIN;
    while runtime.block_on(takes_commits(address)).is_none() {
        assert!(Instant::now() < deadline, "Apache Kafka does not serve after {SERVES_WITHIN:?}");
        std::thread::sleep(ASK_AGAIN);
    }
    Some(process)
}

/// Whether the topic is there and its offsets can be committed; if not, the topic is asked for.
async fn takes_commits(address: SocketAddr) -> Option<()> {
    tokio::net::TcpStream::connect(address).await.ok()?;
    let mut client = Client::connect(address).await;
    let topic = CreatableTopic::default().with_name(load::topic()).with_num_partitions(1);
    let topic = topic.with_replication_factor(1);
    let request = CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(10_000);
    client.ask(&request, 5).await;
    // The first who looks for a coordinator has the topic of offsets created.
    client.ask(&load::find_coordinator(), 2).await;
    let request: OffsetCommitRequest = load::commit(0, 0..1);
    let answer = client.ask(&request, 7).await;
    (answer.topics[0].partitions[0].error_code == 0).then_some(())
}
