//! What people believe of consumer groups, and what is true instead: one page a hazard.

macro_rules! pages {
    ($( $name:literal )*) => {
        const PAGES: &[(&str, &str)] =
            &[ $( ($name, include_str!(concat!("../hazards/", $name, ".md"))), )* ];
    };
}

pages! {
    "processed_exactly_once"
    "no_two_processors_at_once"
    "no_stale_overwrite"
    "record_order_preserved"
    "order_across_topics"
    "unrelated_members_undisturbed"
    "unrelated_commits_undisturbed"
    "slow_member_delays_nobody"
    "every_member_owns_something"
    "idle_members_help"
    "even_load_across_topics"
    "late_commit_is_harmless"
    "auto_commit_never_loses"
    "kept_static_member_is_fenced"
    "fetched_offset_is_final"
    "generation_identifies_assignment"
    "leave_is_final"
    "leader_notices_new_partitions"
}

/// What is often said of consumer groups and is not so.
pub const MISCONCEPTIONS: &str = include_str!("../hazards/misconceptions.md");

/// Pitfalls, what to do about them, and the scenarios that show them.
pub const PITFALLS: &str = include_str!("../hazards/pitfalls.md");

/// Pages on more than one hazard, Markdown, each by its name.
pub const GUIDES: &[(&str, &str)] = &[
    ("pitfalls", PITFALLS),
    ("misconceptions", MISCONCEPTIONS),
    ("side_car", include_str!("../hazards/side_car.md")),
    ("scaling", include_str!("../hazards/scaling.md")),
    ("settings", include_str!("../hazards/settings.md")),
];

/// The page of a hazard, Markdown; `None`: there is no hazard of this name.
pub fn hazard_page(name: &str) -> Option<&'static str> {
    PAGES.iter().find(|(page, _)| *page == name).map(|(_, text)| *text)
}

/// The names that have a page.
pub fn hazard_names() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(name, _)| *name)
}
