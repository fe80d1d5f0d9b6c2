//! What a step expected against what was seen.

use std::fmt;

use muster_model::trace::{
    Answer, Choice, Joined, OffsetByPartition, Partitions, Response, Step, subscription_line,
};

use crate::symbols::Symbols;
use crate::system::Received;

/// The result of comparing one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The system answered as the trace expects.
    Same,
    /// The system may choose, and chose otherwise than the trace: this run says nothing more.
    OtherChoice,
    /// The system answered otherwise.
    Differs(Divergence),
}

/// Where an answer differs from what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The connection on which it was seen.
    pub connection: String,
    /// What differs.
    pub aspect: Aspect,
    /// What the trace expects, for a reader.
    pub expected: String,
    /// What came.
    pub actual: String,
}

/// What of an answer differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// An error code: of the answer, of a member of a LeaveGroup, of a partition of an OffsetCommit.
    Error,
    /// The generation of a JoinGroup answer.
    Generation,
    /// The protocol that was chosen.
    Protocol,
    /// The leader.
    Leader,
    /// The member id, or which member an id belongs to.
    Member,
    /// The list of members that the leader gets.
    Members,
    /// Whether the leader is to leave the assignment as it is.
    SkipAssignment,
    /// The assignment of a SyncGroup answer.
    Assignment,
    /// The offsets of an OffsetFetch answer.
    Offsets,
    /// The timers that a step sets, or those that run after it; its connection is the empty one.
    Timers,
    /// No answer came.
    Missing,
    /// An answer came where the request was to be parked, or had been answered.
    Extra,
    /// The connection was closed, or bytes came that are no answer.
    Connection,
}

/// Compares what was received in a step with what it expects, and binds the member ids that it shows.
pub fn compare(step: &Step, received: &[Received], symbols: &mut Symbols) -> Match {
    let (pairs, unpaired) = match pair(step, received) {
        Ok(paired) => paired,
        Err(divergence) => return Match::Differs(*divergence),
    };
    if let Some(divergence) = pairs.iter().find_map(wrong_error).or(unpaired) {
        return Match::Differs(divergence);
    }
    if let Some(divergence) = pairs.iter().find_map(|pair| clash(pair, symbols)) {
        return Match::Differs(divergence);
    }
    match other_choice(step, &pairs, symbols) {
        Match::Same => {}
        decided @ (Match::OtherChoice | Match::Differs(_)) => return decided,
    }
    pairs.iter().find_map(|pair| wrong_field(pair, symbols)).map_or(Match::Same, Match::Differs)
}

struct Pair<'a> {
    expected: &'a Answer,
    actual: &'a Response,
}

impl Pair<'_> {
    fn differs(&self, aspect: Aspect, expected: String, actual: String) -> Divergence {
        Divergence { connection: self.expected.connection.clone(), aspect, expected, actual }
    }
}

type Paired<'a> = (Vec<Pair<'a>>, Option<Divergence>);

/// Pairs answers by connection; the second part is the first answer without a partner.
fn pair<'a>(step: &'a Step, received: &'a [Received]) -> Result<Paired<'a>, Box<Divergence>> {
    let mut left: Vec<(&Received, &Response)> = Vec::new();
    for one in received {
        let defective = |defect| Box::new(broken(step, one, defect));
        left.push((one, one.answer.as_ref().map_err(|defect| defective(defect.to_string()))?));
    }
    let mut pairs = Vec::new();
    let mut missing = None;
    for expected in &step.answers {
        match left.iter().position(|(one, _)| one.connection == expected.connection) {
            Some(found) => pairs.push(Pair { expected, actual: left.remove(found).1 }),
            None => missing = missing.or(Some(expected)),
        }
    }
    let missing = missing.map(|answer| Divergence {
        connection: answer.connection.clone(),
        aspect: Aspect::Missing,
        expected: describe(&answer.response),
        actual: "no answer".to_owned(),
    });
    let extra = left.first().map(|(one, response)| Divergence {
        connection: one.connection.clone(),
        aspect: Aspect::Extra,
        expected: "no answer (parked)".to_owned(),
        actual: describe(response),
    });
    Ok((pairs, missing.or(extra)))
}

fn broken(step: &Step, received: &Received, defect: String) -> Divergence {
    let expected = step.answers.iter().find(|a| a.connection == received.connection);
    Divergence {
        connection: received.connection.clone(),
        aspect: Aspect::Connection,
        expected: expected.map_or_else(|| "no answer (parked)".to_owned(), |a| describe(&a.response)),
        actual: defect,
    }
}

fn wrong_error(pair: &Pair<'_>) -> Option<Divergence> {
    let (expected, actual) = (errors(&pair.expected.response), errors(pair.actual));
    (expected != actual).then(|| pair.differs(Aspect::Error, expected, actual))
}

fn clash(pair: &Pair<'_>, symbols: &mut Symbols) -> Option<Divergence> {
    let (Response::JoinGroup { error, member: symbol, .. }, Response::JoinGroup { member: id, .. }) =
        (&pair.expected.response, pair.actual)
    else {
        return None;
    };
    if !matches!(error.as_str(), "NONE" | "MEMBER_ID_REQUIRED") {
        return None;
    }
    if id.is_empty() {
        return Some(pair.differs(Aspect::Member, symbol.clone(), "an empty member id".to_owned()));
    }
    let clash = symbols.bind(symbol, id).err()?;
    Some(pair.differs(Aspect::Member, clash.expected, clash.actual))
}

fn other_choice(step: &Step, pairs: &[Pair<'_>], symbols: &Symbols) -> Match {
    let Some(Choice::Leader { chosen, among }) = &step.choice else { return Match::Same };
    for pair in pairs {
        let Response::JoinGroup { error, leader, .. } = pair.actual else { continue };
        let leader = symbols.name(leader);
        if error != "NONE" || leader == chosen {
            continue;
        }
        if among.iter().any(|candidate| candidate == leader) {
            return Match::OtherChoice;
        }
        let expected = format!("leader one of {}", among.join(", "));
        return Match::Differs(pair.differs(Aspect::Leader, expected, format!("leader {leader}")));
    }
    Match::Same
}

fn wrong_field(pair: &Pair<'_>, symbols: &Symbols) -> Option<Divergence> {
    let expected = fields(&pair.expected.response, &|symbol| symbol.to_owned());
    let actual = fields(pair.actual, &|id| symbols.name(id).to_owned());
    let mut both = expected.into_iter().zip(actual);
    let ((aspect, expected), (_, actual)) = both.find(|(expected, actual)| expected != actual)?;
    Some(pair.differs(aspect, expected, actual))
}

/// The error codes of an answer, as a reader sees them.
fn errors(response: &Response) -> String {
    match response {
        Response::FindCoordinator { error }
        | Response::JoinGroup { error, .. }
        | Response::SyncGroup { error, .. }
        | Response::Heartbeat { error }
        | Response::LeaveGroup { error, .. }
        | Response::OffsetFetch { error, .. } => error.clone(),
        Response::OffsetCommit { errors } => {
            let topics =
                errors.iter().flat_map(|(t, of)| of.iter().map(move |(p, e)| format!("{t}-{p} {e}")));
            topics.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The fields of an answer without an error that are compared one by one, ids named by `name`.
fn fields(response: &Response, name: &dyn Fn(&str) -> String) -> Vec<(Aspect, String)> {
    match response {
        Response::JoinGroup {
            error,
            generation,
            protocol_name,
            leader,
            member,
            members,
            skip_assignment,
        } if error == "NONE" => {
            let protocol = protocol_name.as_deref().unwrap_or("null");
            vec![
                (Aspect::Generation, format!("generation {generation}")),
                (Aspect::Protocol, format!("protocol {protocol}")),
                (Aspect::Leader, format!("leader {}", name(leader))),
                (Aspect::Member, format!("member {}", name(member))),
                (Aspect::Members, format!("members [{}]", joined(members, name))),
                (Aspect::SkipAssignment, format!("skip assignment: {skip_assignment}")),
            ]
        }
        Response::SyncGroup { error, assignment } if error == "NONE" => {
            let partitions = assignment.as_ref().map_or_else(|| "null".to_owned(), partitions);
            vec![(Aspect::Assignment, format!("assignment {partitions}"))]
        }
        Response::LeaveGroup { error, members } if error == "NONE" => {
            let members: Vec<_> = members.iter().map(|(m, e)| format!("{} {e}", name(m))).collect();
            vec![(Aspect::Error, format!("members [{}]", members.join(", ")))]
        }
        Response::OffsetFetch { error, offsets } if error == "NONE" => {
            vec![(Aspect::Offsets, format!("offsets {}", offsets_text(offsets)))]
        }
        Response::JoinGroup { .. }
        | Response::SyncGroup { .. }
        | Response::LeaveGroup { .. }
        | Response::OffsetFetch { .. }
        | Response::FindCoordinator { .. }
        | Response::Heartbeat { .. }
        | Response::OffsetCommit { .. } => Vec::new(),
    }
}

fn joined(members: &[Joined], name: &dyn Fn(&str) -> String) -> String {
    let instance = |m: &Joined| m.instance.as_ref().map(|i| format!(" as {i}")).unwrap_or_default();
    let subscription = |m: &Joined| subscription_line(&m.topics, m.claim.as_ref());
    let listed = |m: &Joined| format!("{}{} ({})", name(&m.member), instance(m), subscription(m));
    let mut members: Vec<_> = members.iter().map(listed).collect();
    members.sort();
    members.join(", ")
}

/// Partitions as `{t: 0 1}`.
pub(crate) fn partitions(partitions: &Partitions) -> String {
    let numbers = |of: &Vec<i32>| of.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
    let topics: Vec<_> = partitions.iter().map(|(topic, of)| format!("{topic}: {}", numbers(of))).collect();
    format!("{{{}}}", topics.join(", "))
}

/// Offsets as `{t-0: 5}`.
pub(crate) fn offsets_text(offsets: &OffsetByPartition) -> String {
    let all =
        offsets.iter().flat_map(|(t, of)| of.iter().map(move |(p, offset)| format!("{t}-{p}: {offset}")));
    format!("{{{}}}", all.collect::<Vec<_>>().join(", "))
}

/// An answer in one line, ids or symbols as they stand.
pub fn describe(response: &Response) -> String {
    let api = match response {
        Response::FindCoordinator { .. } => "FindCoordinator",
        Response::JoinGroup { .. } => "JoinGroup",
        Response::SyncGroup { .. } => "SyncGroup",
        Response::Heartbeat { .. } => "Heartbeat",
        Response::LeaveGroup { .. } => "LeaveGroup",
        Response::OffsetCommit { .. } => "OffsetCommit",
        Response::OffsetFetch { .. } => "OffsetFetch",
    };
    let mut parts = vec![api.to_owned(), errors(response)];
    if let Response::JoinGroup { error, member, .. } = response
        && error == "MEMBER_ID_REQUIRED"
    {
        parts.push(format!("member {member}"));
    }
    parts.extend(fields(response, &|id| id.to_owned()).into_iter().map(|(_, text)| text));
    parts.join(" ")
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on {}: expected {}, got {}", self.connection, self.expected, self.actual)
    }
}

#[cfg(test)]
mod tests;
