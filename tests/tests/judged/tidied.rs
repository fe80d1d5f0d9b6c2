//! What a run creates is told before and gone after, whatever it found and however it ended.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka_protocol::messages::{ListGroupsRequest, ListGroupsResponse, MetadataRequest, MetadataResponse};
use muster_conformance::attempt::Verdict;
use muster_conformance::kafka::Settings;
use muster_conformance::runner::{Ended, Runner};
use muster_conformance::suite;
use muster_conformance::wire::{Access, Broker};
use muster_model::trace::{Release, Trace};
use muster_reference::broker::{Broker as ReferenceBroker, BrokerConfig};
use muster_reference::coordinator::{Config, Mutation};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, encode_request_header_into_buffer};

struct Served {
    runtime: Runtime,
    reference: ReferenceBroker,
}

impl Served {
    fn start(mutation: Option<Mutation>, settings: &Settings) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let profile = settings.profile();
        let coordinator = Config {
            mutation,
            group_initial_rebalance_delay_ms: i32::try_from(profile.initial_delay_ms).unwrap(),
            group_min_session_timeout_ms: i32::try_from(profile.min_session_ms).unwrap(),
            ..Config::default()
        };
        let config =
            BrokerConfig { listen: "127.0.0.1:0".to_owned(), coordinator, ..BrokerConfig::default() };
        let reference = runtime.block_on(ReferenceBroker::start(config)).unwrap();
        Self { runtime, reference }
    }

    /// Every group and every topic that is there.
    fn listed(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        self.runtime.block_on(async {
            let groups: ListGroupsResponse =
                self.ask(ApiKey::ListGroups, 4, &ListGroupsRequest::default()).await;
            let topics: MetadataResponse =
                self.ask(ApiKey::Metadata, 12, &MetadataRequest::default().with_topics(None)).await;
            let groups = groups.groups.iter().map(|group| group.group_id.to_string());
            let topics = topics.topics.iter().filter_map(|topic| Some(topic.name.as_ref()?.to_string()));
            (groups.collect(), topics.collect())
        })
    }

    async fn ask<Q: Encodable, A: Decodable>(&self, api: ApiKey, version: i16, request: &Q) -> A {
        let mut stream = tokio::net::TcpStream::connect(self.reference.address()).await.unwrap();
        let header =
            RequestHeader::default().with_request_api_key(api as i16).with_request_api_version(version);
        let mut frame = BytesMut::new();
        encode_request_header_into_buffer(&mut frame, &header).unwrap();
        request.encode(&mut frame, version).unwrap();
        stream.write_all(&i32::try_from(frame.len()).unwrap().to_be_bytes()).await.unwrap();
        stream.write_all(&frame).await.unwrap();
        let length = usize::try_from(stream.read_i32().await.unwrap()).unwrap();
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).await.unwrap();
        let mut answer = Bytes::from(answer);
        ResponseHeader::decode(&mut answer, api.response_header_version(version)).unwrap();
        A::decode(&mut answer, version).unwrap()
    }
}

fn settings() -> Settings {
    Settings { group_max_size: None, max_wait_ms: 10_000 }
}

fn access(stop: &'static AtomicBool) -> Access {
    Access { prefix: "audit.7".to_owned(), stop: Some(stop), ..Access::default() }
}

/// Traces that leave members parked, pending and in the middle of a rebalance.
fn traces() -> Vec<Trace> {
    suite::written(Release::V4_3).unwrap()
}

#[test]
fn nothing_is_left_after_a_divergence() {
    static NEVER: AtomicBool = AtomicBool::new(false);
    let served = Served::start(Some(Mutation::AcceptStaleCommit), &settings());
    let address = served.reference.address().to_string();
    let broker = Broker::reach("B", &address, settings().profile(), access(&NEVER)).unwrap();
    let traces = traces();
    let all: Vec<&Trace> = traces.iter().collect();
    let plan = broker.plan(&all);
    assert!(plan.prefix.starts_with("audit.7-") && plan.topics.len() > 1, "{plan}");
    let run = Runner { jobs: 8, stop: &NEVER, confirm: 1, progress: &|_| {} }.run(&broker, &all);
    assert!(run.judged.iter().any(|judged| matches!(judged.verdict, Verdict::Diverges { .. })));
    let (_, topics) = served.listed();
    let planned: BTreeSet<String> = plan.topics.keys().cloned().collect();
    assert!(!topics.is_empty() && topics.is_subset(&planned), "{topics:?} of {planned:?}");
    let tidied = broker.tidy();
    assert_eq!(tidied.left, Vec::<String>::new());
    assert!(tidied.groups >= run.judged.len() / 2 && tidied.topics == topics.len(), "{tidied:?}");
    assert_eq!(served.listed(), (BTreeSet::new(), BTreeSet::new()));
}

#[test]
fn nothing_is_left_when_the_user_ends_it() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let served = Served::start(None, &settings());
    let address = served.reference.address().to_string();
    let broker = Broker::reach("B", &address, settings().profile(), access(&STOP)).unwrap();
    let traces = traces();
    let all: Vec<&Trace> = traces.iter().collect();
    let run = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Until groups are there: whoever ends it ends it in the middle.
            while served.listed().0.is_empty() {
                std::thread::sleep(Duration::from_millis(2));
            }
            STOP.store(true, Ordering::Relaxed);
        });
        Runner { jobs: 16, stop: &STOP, confirm: 1, progress: &|_| {} }.run(&broker, &all)
    });
    assert_eq!(run.ended, Some(Ended::Interrupted));
    assert!(run.judged.len() < all.len());
    assert_eq!(broker.tidy().left, Vec::<String>::new());
    assert_eq!(served.listed(), (BTreeSet::new(), BTreeSet::new()));
}
