//! What the generated traces cover: scenarios of arbitrary clients, each with its bounds.

use crate::relation::RelationBounds;
use crate::scenario::{Bounds, Faults, Scenario};
use crate::trace::{Release, Serving};

/// How much is generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Every transition in bounds that take seconds to run.
    #[default]
    Small,
    /// Every transition in bounds that take minutes.
    Large,
}

/// What [`suite`](super::suite) covers. The Scala coordinator of 3.9 writes its log in another way, and no system lets a test
/// end a transaction of it.
pub fn scenarios(release: Release, extent: Extent) -> Vec<(Scenario, RelationBounds)> {
    let mut all = common_scenarios(release);
    all.extend(tool_scenarios(release, extent));
    all.extend(match release {
        Release::V3_9 => Vec::new(),
        Release::V4_3 => {
            let mut all = log_scenarios(release, extent);
            all.extend(transaction_scenarios(release));
            all
        }
    });
    all
}

const PLAIN: RelationBounds = RelationBounds {
    members: 2,
    pending: 1,
    known: 2,
    odd: 0,
    lost: 0,
    unreplicated: 0,
    deferred: 0,
    tools: false,
};

fn common_scenarios(release: Release) -> Vec<(Scenario, RelationBounds)> {
    let odd = RelationBounds { pending: 0, odd: 1, ..PLAIN };
    let full = RelationBounds { pending: 0, ..PLAIN };
    let nothing = RelationBounds { members: 0, pending: 0, known: 0, ..PLAIN };
    let serving = |name, about, serving| {
        (Scenario { serving, tools: true, ..arbitrary(name, about, release) }, nothing)
    };
    let of_static = "two members, one of which is static";
    let of_full = "the same where two members are the most";
    vec![
        (arbitrary("arbitrary", "two members of one subscription and one pending id", release), PLAIN),
        (arbitrary("arbitrary_protocols", "two members, one of which offers other protocols", release), odd),
        (arbitrary_static("arbitrary_static", of_static, release, None), PLAIN),
        (arbitrary_static("arbitrary_static_full", of_full, release, Some(2)), full),
        (arbitrary_failover(release), full),
        serving("loading", "the coordinator reads its log", Serving::Loading),
        serving("not_coordinator", "another broker coordinates the group", Serving::NotCoordinator),
        serving("not_available", "the coordinator service does not run", Serving::NotAvailable),
    ]
}

/// What tools and administrators ask, and what time does. In the larger bounds what is deleted stays so in a failover, or
/// is back where that cannot be written.
fn tool_scenarios(release: Release, extent: Extent) -> Vec<(Scenario, RelationBounds)> {
    let one = RelationBounds { members: 1, pending: 1, known: 1, odd: 1, tools: true, ..PLAIN };
    let plain = RelationBounds { odd: 0, ..one };
    let two = RelationBounds { members: 2, known: 2, ..one };
    let (tools, retention) = (arbitrary_tools(release), arbitrary_retention(release));
    match extent {
        Extent::Small => vec![(tools, one), (retention, plain)],
        Extent::Large => vec![(tools, two), (retention, one), (arbitrary_deletion(release), plain)],
    }
}

/// Replication that is held, appends that fail, and what is lost with the leadership.
fn log_scenarios(release: Release, extent: Extent) -> Vec<(Scenario, RelationBounds)> {
    let one = RelationBounds { members: 1, pending: 0, known: 1, unreplicated: 1, deferred: 1, ..PLAIN };
    let two = RelationBounds { members: 2, known: 2, ..one };
    let appending = |bounds| RelationBounds { unreplicated: 0, deferred: 0, ..bounds };
    let alone = RelationBounds { pending: 1, ..one };
    let (failures, lost, held, appends, fixed) = match extent {
        Extent::Small => (1, 0, RelationBounds { odd: 1, ..one }, appending(two), appending(alone)),
        Extent::Large => (3, 3, two, PLAIN, PLAIN),
    };
    let appends_of = |name, instances| Scenario {
        append_failures: failures,
        instances,
        ..arbitrary(name, "two members, one of which may be static; appends to the log fail", release)
    };
    vec![
        (arbitrary_replication(release), held),
        (appends_of("arbitrary_appends", 0), appends),
        (appends_of("arbitrary_appends_static", 1), fixed),
        (arbitrary_lost_suffix(release, lost), one),
    ]
}

/// Transactions of two producers: over a failover, and where what is not used goes.
fn transaction_scenarios(release: Release) -> Vec<(Scenario, RelationBounds)> {
    let one = RelationBounds { members: 1, pending: 1, known: 1, ..PLAIN };
    let kept = RelationBounds { members: 0, pending: 0, known: 0, tools: true, ..one };
    vec![(arbitrary_transactions(release), one), (arbitrary_open_offsets(release), kept)]
}

/// Where defects of the coordinator are looked for: the common ones, and a static member in a failover.
pub fn scenarios_of_defects() -> Vec<(Scenario, RelationBounds)> {
    let release = Release::V4_3;
    let about = "one static member; the leadership of the log is lost and won";
    let name = "arbitrary_failover_static";
    let failover = Scenario { failover: true, ..arbitrary_static(name, about, release, None) };
    let one = RelationBounds { members: 1, pending: 0, known: 1, ..PLAIN };
    let lost = arbitrary_lost_suffix(release, 0);
    let late = RelationBounds { unreplicated: 2, deferred: 2, ..one };
    let active = |(scenario, _): &(Scenario, RelationBounds)| scenario.serving == Serving::Active;
    let mut all: Vec<_> = common_scenarios(release).into_iter().filter(active).collect();
    all.extend(tool_scenarios(release, Extent::Small));
    all.extend([(failover, one), (lost, late)]);
    all.extend(transaction_scenarios(release));
    all
}

fn arbitrary(name: &str, about: &str, release: Release) -> Scenario {
    let group_max_size = Some(2);
    let bounds = Bounds {
        consumers: 0,
        topics: 1,
        partitions: 2,
        records: 1,
        generations: 0,
        members: 0,
        group_max_size,
    };
    let faults = Faults { expire: u8::MAX, ..Faults::default() };
    Scenario { faults, release, ..Scenario::faithful(name, about, bounds) }
}

fn arbitrary_static(name: &str, about: &str, release: Release, group_max_size: Option<u8>) -> Scenario {
    let plain = arbitrary(name, about, release);
    let bounds = Bounds { group_max_size, ..plain.bounds };
    Scenario { instances: 1, bounds, ..plain }
}

/// Two topics, of which a plain member subscribes to the first.
fn arbitrary_tools(release: Release) -> Scenario {
    let about =
        "members whose group tools and administrators ask for; one of two topics is not subscribed to";
    let plain = arbitrary("arbitrary_tools", about, release);
    Scenario { tools: true, bounds: Bounds { topics: 2, partitions: 1, ..plain.bounds }, ..plain }
}

/// The same where time passes.
fn arbitrary_retention(release: Release) -> Scenario {
    let about = "a member whose offsets grow old, and whose group tools and administrators ask for";
    let name = "arbitrary_retention".to_owned();
    Scenario { name, about: about.to_owned(), retention: true, ..arbitrary_tools(release) }
}

/// The Scala coordinator's appends do not fail here.
fn arbitrary_deletion(release: Release) -> Scenario {
    let about = "what tools and time delete is written to a log that may take no record, and be read anew";
    let append_failures = match release {
        Release::V3_9 => 0,
        Release::V4_3 => 1,
    };
    let retention = arbitrary_retention(release);
    let name = "arbitrary_deletion".to_owned();
    Scenario { name, about: about.to_owned(), failover: true, append_failures, ..retention }
}

fn arbitrary_transactions(release: Release) -> Scenario {
    let about = "one member, and two producers that commit offsets in transactions; the leadership of the log is lost and won";
    let plain = arbitrary("arbitrary_transactions", about, release);
    Scenario { transactions: true, failover: true, ..plain }
}

/// What transactions hold is deleted, or keeps what is there from it.
fn arbitrary_open_offsets(release: Release) -> Scenario {
    let about = "two producers commit offsets in transactions that time and tools would delete";
    let plain = arbitrary("arbitrary_open_offsets", about, release);
    Scenario { transactions: true, retention: true, ..plain }
}

fn arbitrary_failover(release: Release) -> Scenario {
    let about = "two members of one subscription; the leadership of the log is lost and won";
    Scenario { failover: true, ..arbitrary("arbitrary_failover", about, release) }
}

fn arbitrary_replication(release: Release) -> Scenario {
    let about = "two members of one subscription; replication is held and released";
    Scenario { replication: true, ..arbitrary("arbitrary_replication", about, release) }
}

fn arbitrary_lost_suffix(release: Release, append_failures: u8) -> Scenario {
    let about = "one member; what is not replicated is lost with the leadership, or is not";
    let plain = arbitrary("arbitrary_lost_suffix", about, release);
    Scenario { failover: true, replication: true, append_failures, ..plain }
}
