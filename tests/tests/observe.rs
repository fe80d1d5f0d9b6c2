//! Traffic of others is judged: the reference broker's is explained, that of a broker with a defect is not, whether it
//! is seen live, from a recording or from a capture.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use etherparse::PacketBuilder;
use muster_conformance::kafka::Settings;
use muster_conformance::observe::anomalies::Side;
use muster_conformance::observe::export;
use muster_conformance::observe::history::Happening;
use muster_conformance::observe::judge::{Live, Outcome};
use muster_conformance::observe::proxy::{Passed, Proxy};
use muster_conformance::observe::recording::{self, Header, Writer};
use muster_conformance::observe::stream::{Assembler, Direction, Sink as _};
use muster_conformance::observe::verdict::Verdict;
use muster_conformance::observe::watch::Watch;
use muster_conformance::observe::{capture, recording::is_recording};
use muster_conformance::report::Conclusion;
use muster_conformance::runner::Runner;
use muster_conformance::wire::Broker;
use muster_conformance::{Profile, suite};
use muster_model::trace::{Release, Trace};
use muster_reference::broker::{Broker as Reference, BrokerConfig};
use muster_reference::coordinator::{Config, GroupId, Mutation, Request};
use pcap_file::pcap::{PcapPacket, PcapWriter};

/// What passed between the traces written by hand and a reference broker, without a defect and with one. It takes real
/// time, so it is recorded once.
fn passed(is_correct: bool) -> &'static [Passed] {
    static CORRECT: LazyLock<Vec<Passed>> = LazyLock::new(|| record(None));
    static WRONG: LazyLock<Vec<Passed>> = LazyLock::new(|| record(Some(Mutation::AcceptStaleCommit)));
    if is_correct { &CORRECT } else { &WRONG }
}

fn record(mutation: Option<Mutation>) -> Vec<Passed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let settings = Settings { group_max_size: None, max_wait_ms: 5_000 };
    let coordinator = Config { mutation, ..config() };
    let (reference, proxy, mut seen) = runtime.block_on(async {
        let listen = "127.0.0.1:0".to_owned();
        let reference =
            Reference::start(BrokerConfig { listen: listen.clone(), coordinator, ..BrokerConfig::default() });
        let reference = reference.await.expect("it starts");
        let address = reference.address().to_string();
        let bound = Proxy::bind(listen.parse().expect("an address"), address).await;
        let (proxy, seen) = bound.expect("it binds");
        (reference, proxy, seen)
    });
    let address = proxy.address().expect("an address").to_string();
    let running = runtime.spawn(proxy.run());
    let written = suite::written(Release::V4_3).expect("complete files");
    let here: Vec<&Trace> = written.iter().filter(|t| Profile::needed_group_max_size(t).is_none()).collect();
    let broker =
        Broker::connect("the reference through the proxy", &address, settings.profile()).expect("a broker");
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 8, stop: &never, confirm: 3, progress: &|_| {} }.run(&broker, &here);
    assert_eq!(run.judged.len(), here.len());
    drop(broker);
    running.abort();
    runtime.block_on(reference.shutdown());
    runtime.shutdown_background();
    let mut all = Vec::new();
    while let Some(one) = seen.try_recv() {
        all.push(one);
    }
    all
}

fn config() -> Config {
    let profile = Settings { group_max_size: None, max_wait_ms: 5_000 }.profile();
    let ms = |ms: u64| i32::try_from(ms).expect("a duration");
    Config {
        group_initial_rebalance_delay_ms: ms(profile.initial_delay_ms),
        group_min_session_timeout_ms: ms(profile.min_session_ms),
        ..Config::default()
    }
}

fn live(passed: &[Passed]) -> Verdict {
    let mut assembler = Assembler::default();
    for one in passed {
        match one {
            Passed::Chunk(chunk) => assembler.take(chunk),
            Passed::Closed { connection, .. } => assembler.close(connection),
            Passed::Trouble(why) => assert_eq!(why, "", "nothing goes wrong"),
        }
    }
    Verdict::of("live".to_owned(), &assembler.finish(), &config())
}

/// The outcome of each group when it is judged after every frame, and how often one was looked at that had been judged.
fn step_by_step(passed: &[Passed]) -> BTreeMap<GroupId, (Outcome, bool)> {
    let mut assembler = Assembler::default();
    let mut lives: BTreeMap<GroupId, (Live, Option<Outcome>, bool)> = BTreeMap::new();
    for one in passed {
        match one {
            Passed::Chunk(chunk) => assembler.take(chunk),
            Passed::Closed { connection, .. } => assembler.close(connection),
            Passed::Trouble(_) => {}
        }
        let history = assembler.history();
        for group in history.groups.keys() {
            let (live, outcome, grows) = lives.entry(group.clone()).or_insert((Live::default(), None, true));
            let before = live.judged();
            *outcome = Some(live.judge(history, group, &config()));
            *grows &= live.judged() >= before;
        }
    }
    lives.into_iter().filter_map(|(group, (_, outcome, grows))| Some((group, (outcome?, grows)))).collect()
}

/// Judged while it passes, nothing twice, a group has the verdict that it has when all of it is judged at once.
#[test]
fn live_is_as_from_scratch() {
    for is_correct in [true, false] {
        let passed = passed(is_correct);
        let (whole, live) = (live(passed), step_by_step(passed));
        let mut diverging = 0;
        for group in &whole.groups {
            let (outcome, grows) = &live[&group.group];
            assert!(grows, "{}: what was judged was judged again", group.group);
            let same = match (&group.outcome, outcome) {
                (Outcome::Diverges(one), Outcome::Diverges(other)) => one.exchange == other.exchange,
                // What is unanswered at the end may still be answered.
                (Outcome::Explained { exchanges: all, .. }, Outcome::Explained { exchanges, .. }) => {
                    exchanges <= all
                }
                (Outcome::Explained { .. }, Outcome::UnderWay { .. }) => true,
                (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
            };
            assert!(same, "{}: {:?}, live {outcome:?}", group.group, group.outcome);
            diverging += usize::from(matches!(outcome, Outcome::Diverges(_)));
        }
        assert_eq!(diverging > 0, !is_correct);
    }
}

/// Watched while it passes, with a look at every frame and what is over forgotten, all has the same verdict.
#[test]
fn watched_is_as_judged_at_once() {
    for is_correct in [true, false] {
        let passed = passed(is_correct);
        let mut watch = Watch::new(config());
        let mut told = 0;
        for one in passed {
            match one {
                Passed::Chunk(chunk) => watch.take(chunk),
                Passed::Closed { connection, .. } => watch.close(connection),
                Passed::Trouble(_) => {}
            }
            told += watch.look().len();
        }
        let kept = watch.history().exchanges.kept();
        let (whole, watched) = (live(passed), watch.verdict("live".to_owned()));
        assert!(kept < whole.exchanges, "{kept} of {} exchanges are kept", whole.exchanges);
        assert_eq!(watched.conclusion(), whole.conclusion(), "{watched}");
        assert_eq!(watched.groups.len(), whole.groups.len());
        for (one, other) in watched.groups.iter().zip(&whole.groups) {
            assert_eq!(one.to_string(), other.to_string());
        }
        assert_eq!(told > 0, watched.conclusion() == Conclusion::Diverges, "{watched}");
    }
}

fn recorded(passed: &[Passed]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, &Header::new("4.3".to_owned(), 3_000, None)).expect("a buffer");
    for one in passed {
        match one {
            Passed::Chunk(chunk) => writer.chunk(chunk).expect("a buffer"),
            Passed::Closed { at_us, connection } => writer.closed(*at_us, connection).expect("a buffer"),
            Passed::Trouble(why) => assert_eq!(why, "", "nothing goes wrong"),
        }
    }
    bytes
}

/// The same as packets, every frame in two of them and the second of them sent twice.
fn captured(passed: &[Passed]) -> Vec<u8> {
    let mut writer = PcapWriter::new(Vec::new()).expect("a buffer");
    let mut sent: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for one in passed {
        let Passed::Chunk(chunk) = one else { continue };
        let client: u16 = chunk.connection.rsplit_once(':').expect("a port").1.parse().expect("a port");
        let asks = chunk.direction == Direction::Request;
        let (from, to) = if asks { (client, 9092) } else { (9092, client) };
        let at = sent.entry((chunk.connection.clone(), asks)).or_insert(u32::MAX - 100);
        let (head, tail) = chunk.bytes.split_at(chunk.bytes.len() / 2);
        for (payload, counts) in [(head, true), (tail, true), (tail, false)] {
            let sequence =
                if counts { *at } else { at.wrapping_sub(u32::try_from(tail.len()).expect("a frame")) };
            let builder = PacketBuilder::ethernet2([0; 6], [0; 6])
                .ipv4([127, 0, 0, 1], [127, 0, 0, 1], 64)
                .tcp(from, to, sequence, 1_024);
            let mut packet = Vec::new();
            builder.write(&mut packet, payload).expect("a packet");
            let length = u32::try_from(packet.len()).expect("a packet");
            let when = std::time::Duration::from_micros(u64::try_from(chunk.at_us).expect("a time"));
            writer.write_packet(&PcapPacket::new(when, length, &packet)).expect("a buffer");
            if counts {
                *at = at.wrapping_add(u32::try_from(payload.len()).expect("a frame"));
            }
        }
    }
    writer.into_writer()
}

fn broker_diverges(verdict: &Verdict) -> bool {
    verdict.groups.iter().any(|group| {
        matches!(group.outcome, Outcome::Diverges(_))
            || group.sightings.iter().any(|s| s.side == Side::Broker)
    })
}

#[test]
fn what_a_correct_broker_answers_is_explained() {
    let passed = passed(true);
    let seen = live(passed);
    assert!(seen.exchanges > 150, "{seen}");
    assert!(seen.groups.iter().all(|g| matches!(g.outcome, Outcome::Explained { .. })), "{seen}");
    assert!(!broker_diverges(&seen), "{seen}");
    assert!(seen.rules().len() > 40, "{seen}");

    let bytes = recorded(passed);
    assert!(is_recording(&bytes));
    let (header, history) = recording::read(bytes.as_slice()).expect("a recording");
    assert_eq!(header.release, "4.3");
    let again = Verdict::of("live".to_owned(), &history, &config());
    assert_eq!(again.to_string(), seen.to_string());

    for (group, happenings) in history.groups.iter().filter(|(group, _)| !group.is_empty()) {
        let told = export::trace(&history, group, Release::V4_3).expect("something was asked");
        // A trace tells no deletion.
        let deletes = |place: &usize| {
            matches!(history.exchanges[*place].request, Request::DeleteGroups(_) | Request::OffsetDelete(_))
        };
        let places = |asked: bool| {
            let of = happenings.iter().filter_map(move |happening| match *happening {
                Happening::Asked(place) => asked.then_some(place),
                Happening::Answered(place) => (!asked).then_some(place),
            });
            of.filter(|place| !deletes(place)).count()
        };
        let answers: usize = told.steps.iter().map(|step| step.answers.len()).sum();
        assert_eq!((told.steps.len(), answers), (places(true), places(false)), "{group}");
        let text = serde_json::to_string(&told).expect("JSON");
        assert_eq!(serde_json::from_str::<Trace>(&text).expect("a trace"), told);
    }

    let packets = captured(passed);
    assert!(capture::is_capture(&packets));
    let history = capture::read(packets.as_slice(), &packets[..4], 9092).expect("a capture");
    let again = Verdict::of("live".to_owned(), &history, &config());
    assert_eq!(again.exchanges, seen.exchanges, "{again}");
    assert!(again.unreadable.is_empty(), "{again}");
    assert!(!broker_diverges(&again), "{again}");

    // A broker that is said to wait longer answers too early.
    let slower = Config { group_initial_rebalance_delay_ms: 60_000, ..config() };
    let wrong = Verdict::of("live".to_owned(), &history, &slower);
    assert!(broker_diverges(&wrong), "{wrong}");
    assert_eq!(wrong.conclusion(), Conclusion::Diverges);
}

#[test]
fn a_broker_with_a_defect_is_noticed_by_its_traffic() {
    let others = [Mutation::KeepGenerationOnRebalance, Mutation::KeepMemberThatLeaves];
    for verdict in std::iter::once(live(passed(false))).chain(others.map(|other| live(&record(Some(other)))))
    {
        assert!(broker_diverges(&verdict), "{verdict}");
        assert_eq!(verdict.conclusion(), Conclusion::Diverges);
    }
}

#[test]
fn a_recording_of_nothing_decides_nothing_and_a_broken_one_is_refused() {
    let header = recorded(&[]);
    let (_, history) = recording::read(header.as_slice()).expect("a recording");
    let verdict = Verdict::of("nothing".to_owned(), &history, &config());
    assert_eq!(verdict.conclusion(), Conclusion::Undecided);
    for (broken, why) in [
        (&b""[..], "line 1: the file is empty"),
        (b"{\"muster_recording\":1}", "line 1: no header of a recording: missing field"),
        (
            b"{\"muster_recording\":9,\"release\":\"4.3\",\"group_initial_rebalance_delay_ms\":0}",
            "line 1: version 9",
        ),
    ] {
        let error = recording::read(broken).expect_err("it is broken").to_string();
        assert!(error.starts_with(why), "{error}");
    }
    assert!(capture::read(&b"\xd4\xc3\xb2\xa1\x02"[..], b"\xd4\xc3\xb2\xa1", 9092).is_err());
}
