//! One trace judged: repeated in fresh groups where the system may choose, was too slow, or diverged.

use muster_model::trace::Trace;

use crate::replay::{Finding, Outcome, replay};
use crate::runner::Ended;
use crate::system::{NotApplicable, System, Trouble};

/// How often a trace is run to see the choice that it follows. Member ids are random, so a broker that decides by
/// their hash soon decides otherwise.
pub const CHOICES_MAX: u32 = 20;
/// The paces at which a run that was too slow is repeated, each slower than the one before.
const PACES: [u32; 5] = [1, 2, 4, 8, 16];
/// How many runs may be too slow.
const LATE_MAX: usize = 8;
/// How often a divergence is looked for again, if nobody says otherwise.
pub const CONFIRMATIONS: u32 = 5;

/// What was found of one trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answered as expected.
    Conforms,
    /// Answered otherwise, again and again.
    Diverges {
        /// The first divergence.
        finding: Finding,
        /// In how many of `runs` it was seen.
        seen: u32,
        /// Runs that could have shown it.
        runs: u32,
    },
    /// The trace cannot be run on this system.
    NotApplicable(NotApplicable),
    /// The system may choose, and never chose as the trace does.
    ChoiceNotSeen,
    /// Nothing can be concluded.
    Inconclusive(Inconclusive),
    /// It was not run: it begins with the steps at which a trace diverged that was run before.
    Hidden {
        /// That trace.
        behind: String,
    },
}

/// Why nothing can be concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inconclusive {
    /// Every run was too slow for the timers of the trace.
    Late(String),
    /// A divergence was seen once and never again.
    NotReproduced {
        /// What was seen.
        finding: Finding,
        /// Runs that could have shown it again.
        runs: u32,
    },
}

/// Judges one trace. Fails only when the system cannot be reached or the run is interrupted. `confirmations` tells of
/// a divergence how often it is to be looked for again.
pub fn judge(
    system: &dyn System,
    trace: &Trace,
    confirmations: impl Fn(&Finding) -> u32,
) -> Result<Verdict, Ended> {
    let (finding, confirmations) = match settle(system, trace)? {
        Verdict::Diverges { finding, seen, runs } => match confirmations(&finding) {
            0 => return Ok(Verdict::Diverges { finding, seen, runs }),
            more => (finding, more),
        },
        settled @ (Verdict::Conforms
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)
        | Verdict::Hidden { .. }) => return Ok(settled),
    };
    let (seen, runs) = confirm(system, trace, &finding, confirmations)?;
    if seen == 0 {
        return Ok(Verdict::Inconclusive(Inconclusive::NotReproduced { finding, runs }));
    }
    Ok(Verdict::Diverges { finding, seen, runs })
}

/// In how many runs a divergence was seen again, and how many could have shown it.
pub(crate) fn confirm(
    system: &dyn System,
    trace: &Trace,
    finding: &Finding,
    times: u32,
) -> Result<(u32, u32), Ended> {
    let (mut seen, mut runs) = (0, 0);
    for _ in 0..times {
        match settle(system, trace)? {
            Verdict::Diverges { finding: again, .. } => {
                runs += 1;
                seen += u32::from(again.step == finding.step);
            }
            Verdict::Conforms => runs += 1,
            Verdict::NotApplicable(_)
            | Verdict::ChoiceNotSeen
            | Verdict::Inconclusive(_)
            | Verdict::Hidden { .. } => {}
        }
    }
    Ok((seen, runs))
}

/// Runs the trace until a run says something.
pub(crate) fn settle(system: &dyn System, trace: &Trace) -> Result<Verdict, Ended> {
    let (mut choices, mut late, mut slowest) = (0, 0, PACES.len() - 1);
    loop {
        let pace = slowest.min(late);
        let run = system.open(trace, PACES[pace]).and_then(|mut session| replay(trace, session.as_mut()));
        match run {
            Ok(Outcome::Conforms) => return Ok(Verdict::Conforms),
            Ok(Outcome::Diverges(finding)) => return Ok(Verdict::Diverges { finding, seen: 1, runs: 1 }),
            Ok(Outcome::OtherChoice) => choices += 1,
            // At this pace the timers cannot be kept apart: the one before has to do.
            Err(Trouble::NotApplicable(_)) if pace > 0 => slowest = pace - 1,
            Err(Trouble::NotApplicable(why)) => return Ok(Verdict::NotApplicable(why)),
            Err(Trouble::Unreachable(why)) => return Err(Ended::Unreachable(why)),
            Err(Trouble::Interrupted) => return Err(Ended::Interrupted),
            Err(Trouble::Late(why)) if late + 1 == LATE_MAX => {
                return Ok(Verdict::Inconclusive(Inconclusive::Late(why)));
            }
            Err(Trouble::Late(_)) => late += 1,
        }
        if choices == CHOICES_MAX {
            return Ok(Verdict::ChoiceNotSeen);
        }
    }
}
