//! Reads commands, runs them on a coordinator, and prints what came of them.

mod parse;
mod print;

use muster_reference::coordinator::{
    Change, Client, Config, Coordinator, ErrorCode, GroupId, Input, Position, Record, Release, Request,
    RequestId, Serving, TimerKey, Timestamp, Transition,
};
use parse::{Words, producer, request};

/// A coordinator under a script.
pub(crate) struct Script {
    coordinator: Coordinator,
    #[cfg(feature = "mutations")]
    pub(crate) mutation: Option<muster_reference::coordinator::Mutation>,
    now: Timestamp,
    requests: u64,
    members: u64,
    committed: Vec<Record>,
    uncommitted: Vec<Record>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            coordinator: Coordinator::new(Config::default()),
            #[cfg(feature = "mutations")]
            mutation: None,
            now: Timestamp(0),
            requests: 0,
            members: 0,
            committed: Vec::new(),
            uncommitted: Vec::new(),
        }
    }
}

impl Script {
    /// The same text, with what comes of each command.
    pub(crate) fn replay(&mut self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines().filter(|line| !line.starts_with("  ")) {
            out.push_str(line);
            out.push('\n');
            if let Some(command) = line.strip_prefix("> ") {
                for line in self.run(command) {
                    out.push_str("  ");
                    out.push_str(&line);
                    out.push('\n');
                }
            }
        }
        out
    }

    fn run(&mut self, command: &str) -> Vec<String> {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let words = Words::of(rest);
        match verb {
            "new" => self.restart(&words),
            "failover" => return self.fail_over(),
            "describe" => return self.describe(&words.group()),
            "topics" => {
                let count = |(topic, count): &(&str, &str)| ((*topic).into(), count.parse().unwrap());
                return self.step(Input::Topics(words.named.iter().map(count).collect()));
            }
            "at" => self.now = Timestamp(words.plain[0].parse().unwrap()),
            "resign" => return self.step(Input::Resigned),
            "marker" => {
                let (producer, commits) = (producer(&words), words.plain == ["commit"]);
                return self.step(Input::EndTransaction { producer, commits });
            }
            "retention" => return self.step(Input::RetentionCheck),
            "timer" => return self.step(Input::Timer(timer(&words))),
            "committed" => return self.commit(words.plain.first().map(|word| word.parse().unwrap())),
            "lost" => return self.lose(&words),
            _ => return self.ask(request(verb, &words), words.get("client").unwrap_or("c")),
        }
        Vec::new()
    }

    fn restart(&mut self, words: &Words<'_>) {
        let mut config = Config::default();
        for (property, value) in &words.named {
            match *property {
                "release" => config.release = if *value == "3.9" { Release::V3_9 } else { Release::V4_3 },
                "serving" => {
                    config.serving = match *value {
                        "loading" => Serving::Loading,
                        "not-coordinator" => Serving::NotCoordinator,
                        "not-available" => Serving::NotAvailable,
                        _ => Serving::Active,
                    };
                }
                property => config.set(property, value).unwrap(),
            }
        }
        #[cfg(feature = "mutations")]
        let config = Config { mutation: self.mutation, ..config };
        *self = Self {
            coordinator: Coordinator::new(config),
            #[cfg(feature = "mutations")]
            mutation: self.mutation,
            ..Self::default()
        };
    }

    fn ask(&mut self, request: Request, client: &str) -> Vec<String> {
        self.requests += 1;
        let fresh = format!("m{}", self.members + 1);
        let input = Input::Request {
            id: RequestId(self.requests),
            client: Client::new(client, "/127.0.0.1"),
            fresh_member_id: fresh.as_str().into(),
            request,
        };
        let mut lines = vec![format!("#{}", self.requests)];
        lines.extend(self.step(input));
        if lines.iter().any(|line| line.starts_with(&format!("set session {fresh} "))) {
            self.members += 1;
        }
        lines
    }

    fn step(&mut self, input: Input) -> Vec<String> {
        let transition = self.coordinator.step(self.now, input);
        self.note(&transition);
        print::transition(&transition)
    }

    fn note(&mut self, transition: &Transition) {
        for change in &transition.changes {
            if let Change::Append { record, .. } = change {
                self.uncommitted.push(record.clone());
            }
        }
    }

    fn commit(&mut self, count: Option<usize>) -> Vec<String> {
        let count = count.unwrap_or(self.uncommitted.len());
        self.committed.extend(self.uncommitted.drain(..count));
        let Some(last) = self.committed.len().checked_sub(1) else { return Vec::new() };
        let through = Position(last as u64);
        self.step(Input::Committed { through })
    }

    fn lose(&mut self, words: &Words<'_>) -> Vec<String> {
        let error = ErrorCode::ALL.iter().find(|error| Some(error.name()) == words.plain.first().copied());
        self.uncommitted.clear();
        let first = Position(self.committed.len() as u64);
        self.step(Input::AppendFailed { first, error: *error.unwrap() })
    }

    fn fail_over(&mut self) -> Vec<String> {
        self.uncommitted.clear();
        let config = self.coordinator.config().clone();
        let (coordinator, transition) = Coordinator::restore(config, self.committed.clone(), self.now);
        self.coordinator = coordinator;
        print::transition(&transition)
    }

    fn describe(&self, group: &GroupId) -> Vec<String> {
        let Some(group) = self.coordinator.describe_group(group) else { return vec!["absent".to_owned()] };
        let members = group.members.iter().map(|m| format!("{}={}", m.member, print::text(&m.assignment)));
        let members: Vec<_> = members.collect();
        vec![format!(
            "{} type={} protocol={} [{}]",
            group.state,
            group.protocol_type,
            group.protocol,
            members.join(" ")
        )]
    }
}

fn timer(words: &Words<'_>) -> TimerKey {
    let group = words.group();
    match words.plain.as_slice() {
        ["session", member] => TimerKey::Session { group, member: (*member).into() },
        ["join"] => TimerKey::Join { group },
        ["sync"] => TimerKey::PendingSync { group },
        other => panic!("no timer {other:?}"),
    }
}
