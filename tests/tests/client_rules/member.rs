//! A consumer that keeps every rule but the one that it is told to break.

use std::collections::BTreeMap;
use std::env;
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    FetchRequest, FindCoordinatorRequest, GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest, TopicName,
};
use kafka_protocol::records::RecordBatchDecoder;
use muster_reference::broker::ClientRule;

use crate::assignment::{assigned, assignment, subscription};
use crate::wire::{Wire, text};

const TURN: Duration = Duration::from_millis(100);
const PARTITIONS: i32 = 4;

struct Member {
    wire: Wire,
    bootstrap: String,
    group: GroupId,
    topic: String,
    instance: Option<String>,
    breaks: Option<ClientRule>,
    id: String,
    generation: i32,
    owned: Vec<i32>,
    /// The next offset of each partition, as far as it is known.
    positions: BTreeMap<i32, i64>,
    is_joined: bool,
    /// How long its application takes with a record, once.
    slow: Option<Duration>,
}

pub(crate) fn run(bootstrap: &str, breaks: Option<ClientRule>) {
    let told = |name: &str| env::var(format!("MUSTER_{name}")).ok();
    let mut member = Member {
        wire: Wire::connect(bootstrap).unwrap(),
        bootstrap: bootstrap.to_owned(),
        group: GroupId(text(&told("GROUP").unwrap())),
        topic: told("TOPIC").unwrap(),
        instance: told("INSTANCE"),
        breaks,
        id: String::new(),
        generation: -1,
        owned: Vec::new(),
        positions: BTreeMap::new(),
        is_joined: false,
        slow: told("SLOW_MS").map(|ms| Duration::from_millis(ms.parse().unwrap())),
    };
    member.finds();
    loop {
        if member.turn().is_none() {
            // The connection is lost: the member is what it was.
            sleep(TURN);
            let Some(wire) = Wire::connect(&member.bootstrap) else { return };
            member.wire = wire;
            member.finds();
        }
        sleep(TURN);
    }
}

impl Member {
    fn is(&self, rule: ClientRule) -> bool {
        self.breaks == Some(rule)
    }

    fn instance(&self) -> Option<kafka_protocol::protocol::StrBytes> {
        self.instance.as_deref().map(text)
    }

    fn finds(&mut self) {
        let request = FindCoordinatorRequest::default().with_key(self.group.0.clone());
        let _there_is_one = self.wire.ask(&request, 2);
    }

    fn turn(&mut self) -> Option<()> {
        if !self.is_joined {
            return self.joins();
        }
        self.beats()?;
        if !self.is_joined {
            return Some(());
        }
        self.fetches()?;
        self.commits()?;
        self.slow.take().map_or(Some(()), |slow| self.is_slow(slow))
    }

    /// Its application is slow, and nobody asks for records: it leaves, or holds what it has.
    fn is_slow(&mut self, time: Duration) -> Option<()> {
        if self.is(ClientRule::LeavesWhenSlow) {
            return (0..time.as_millis() / TURN.as_millis()).try_for_each(|_| {
                sleep(TURN);
                self.beats()
            });
        }
        let request =
            LeaveGroupRequest::default().with_group_id(self.group.clone()).with_member_id(text(&self.id));
        self.wire.ask(&request, 1)?;
        (self.is_joined, self.id) = (false, String::new());
        sleep(time);
        Some(())
    }

    fn joins(&mut self) -> Option<()> {
        let metadata = subscription(&self.topic, !self.is(ClientRule::SendsWholeSubscription));
        let offer = JoinGroupRequestProtocol::default().with_name(text("range")).with_metadata(metadata);
        let request = JoinGroupRequest::default()
            .with_group_id(self.group.clone())
            .with_session_timeout_ms(6_000)
            .with_rebalance_timeout_ms(20_000)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance())
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![offer]);
        let answer = self.wire.ask(&request, 5)?;
        match answer.error_code {
            0 => self.syncs(&answer),
            79 => {
                if self.is(ClientRule::TakesMemberId) {
                    self.breaks = None;
                } else {
                    self.id = answer.member_id.to_string();
                }
                Some(())
            }
            code => {
                self.heeds(code);
                Some(())
            }
        }
    }

    fn syncs(&mut self, joined: &JoinGroupResponse) -> Option<()> {
        (self.id, self.generation) = (joined.member_id.to_string(), joined.generation_id);
        let members: Vec<_> = joined.members.iter().map(|member| member.member_id.clone()).collect();
        let given = members.iter().enumerate().map(|(number, member)| {
            let count = i32::try_from(members.len()).unwrap();
            let number = i32::try_from(number).unwrap();
            let is_shared = self.is(ClientRule::AssignsPartitionOnce);
            let share: Vec<i32> =
                (0..PARTITIONS).filter(|index| is_shared || index % count == number).collect();
            let topic = if self.is(ClientRule::AssignsSubscribedTopics) { "other" } else { &self.topic };
            (member.clone(), assignment(topic, &share))
        });
        let mut given: Vec<_> = given.collect();
        if given.is_empty() && self.is(ClientRule::LeaderAssigns) {
            given.push((joined.member_id.clone(), assignment(&self.topic, &[0])));
        }
        let assignments = given.into_iter().map(|(member, bytes)| {
            SyncGroupRequestAssignment::default().with_member_id(member).with_assignment(bytes)
        });
        let request = SyncGroupRequest::default()
            .with_group_id(self.group.clone())
            .with_generation_id(self.generation)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance())
            .with_assignments(assignments.collect());
        let answer = self.wire.ask(&request, 3)?;
        if answer.error_code != 0 {
            self.heeds(answer.error_code);
            return Some(());
        }
        self.owned = assigned(answer.assignment);
        let offsets = OffsetFetchRequestTopic::default()
            .with_name(TopicName(text(&self.topic)))
            .with_partition_indexes(self.owned.clone());
        let request =
            OffsetFetchRequest::default().with_group_id(self.group.clone()).with_topics(Some(vec![offsets]));
        let answer = self.wire.ask(&request, 5)?;
        if answer.error_code != 0 {
            self.heeds(answer.error_code);
            return Some(());
        }
        for partition in answer.topics.iter().flat_map(|topic| &topic.partitions) {
            let is_lost = self.is(ClientRule::FetchesFromCommitted);
            let at = if is_lost { 0 } else { partition.committed_offset.max(0) };
            self.positions.insert(partition.partition_index, at);
        }
        self.is_joined = true;
        Some(())
    }

    fn beats(&mut self) -> Option<()> {
        let request = HeartbeatRequest::default()
            .with_group_id(self.group.clone())
            .with_generation_id(self.generation)
            .with_group_instance_id(self.instance())
            .with_member_id(text(&self.id));
        let code = self.wire.ask(&request, 3)?.error_code;
        if code != 0 && !self.is(ClientRule::HeedsRefusal) {
            self.heeds(code);
        }
        Some(())
    }

    fn fetches(&mut self) -> Option<()> {
        let all: Vec<i32> = (0..PARTITIONS).collect();
        let wanted = if self.is(ClientRule::FetchesOwnPartitions) { &all } else { &self.owned };
        let partitions = wanted.iter().map(|partition| {
            FetchPartition::default()
                .with_partition(*partition)
                .with_fetch_offset(self.positions.get(partition).copied().unwrap_or(0))
                .with_partition_max_bytes(1 << 16)
        });
        let topic = FetchTopic::default()
            .with_topic(TopicName(text(&self.topic)))
            .with_partitions(partitions.collect());
        let request = FetchRequest::default().with_max_bytes(1 << 20).with_topics(vec![topic]);
        let answer = self.wire.ask(&request, 11)?;
        for partition in answer.responses.iter().flat_map(|topic| &topic.partitions) {
            let mut records = partition.records.clone().unwrap_or_default();
            while let Ok(batch) = RecordBatchDecoder::decode(&mut records) {
                let Some(last) = batch.records.last() else { break };
                self.positions.insert(partition.partition_index, last.offset + 1);
            }
        }
        Some(())
    }

    fn commits(&mut self) -> Option<()> {
        let all: Vec<i32> = (0..PARTITIONS).collect();
        let own = if self.is(ClientRule::CommitsOwnPartitions) { &all } else { &self.owned };
        let beyond = if self.is(ClientRule::CommitsWhatExists) { 1_000_000 } else { 0 };
        let offsets = own.iter().map(|partition| {
            OffsetCommitRequestPartition::default()
                .with_partition_index(*partition)
                .with_committed_offset(self.positions.get(partition).copied().unwrap_or(0) + beyond)
        });
        let topic = OffsetCommitRequestTopic::default()
            .with_name(TopicName(text(&self.topic)))
            .with_partitions(offsets.collect());
        let invented = if self.is(ClientRule::UsesJoinedGeneration) { 7 } else { 0 };
        let request = OffsetCommitRequest::default()
            .with_group_id(self.group.clone())
            .with_generation_id_or_member_epoch(self.generation + invented)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance())
            .with_topics(vec![topic]);
        loop {
            let answer = self.wire.ask(&request, 7)?;
            let code = answer.topics.iter().flat_map(|topic| &topic.partitions).map(|p| p.error_code).max();
            match code.unwrap_or(0) {
                0 => return Some(()),
                12 | 14 | 30 if self.is(ClientRule::BacksOff) => {}
                _own_doing if invented > 0 => return Some(()),
                22 | 25 | 27 if self.is(ClientRule::RejoinsWhenTold) => return Some(()),
                25 if self.is(ClientRule::HeedsRefusal) => return Some(()),
                code => {
                    self.heeds(code);
                    return Some(());
                }
            }
        }
    }

    /// Does what Apache Kafka's consumer does with an error.
    fn heeds(&mut self, code: i16) {
        match code {
            15 | 16 if self.is(ClientRule::ComesBack) => exit(3),
            15 | 16 if self.is(ClientRule::LooksForCoordinator) => {}
            15 | 16 => self.finds(),
            25 => {
                self.is_joined = false;
                if self.is(ClientRule::DropsUnknownMemberId) {
                    self.breaks = None;
                } else {
                    self.id = String::new();
                }
            }
            22 | 27 => {
                self.is_joined = false;
                if self.is(ClientRule::KeepsMemberId) {
                    self.id = String::new();
                }
            }
            82 if self.is(ClientRule::StopsWhenFenced) => {
                self.is_joined = false;
                self.id = String::new();
            }
            // What no retry mends ends it.
            12 | 23 | 24 | 26 | 30 | 81 | 82 => exit(4),
            _retried => {}
        }
    }
}
