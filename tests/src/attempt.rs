//! One trace judged: repeated in fresh groups where the system may choose, was too slow, or diverged.

use muster_model::trace::Trace;

use crate::replay::{Finding, Outcome, replay};
use crate::system::{NotApplicable, System, Trouble};

/// How often a trace is run to see the choice that it follows. Member ids are random, so a broker that decides by
/// their hash soon decides otherwise.
pub const CHOICES_MAX: u32 = 20;
/// The paces at which a run that was too slow is repeated, each slower than the one before.
const PACES: [u32; 5] = [1, 2, 4, 8, 16];
/// How many runs may be too slow.
const LATE_MAX: usize = 8;
/// How often a divergence is looked for again.
pub const CONFIRMATIONS: u32 = 3;

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
}

/// Why nothing can be concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inconclusive {
    /// Every run was too slow for the timers of the trace.
    Late(String),
    /// A divergence was seen once and never again.
    NotReproduced(Finding),
}

/// Judges one trace. Fails only when the system cannot be reached. `confirm` tells of a divergence whether it is
/// to be looked for again.
pub fn judge(
    system: &dyn System,
    trace: &Trace,
    confirm: impl Fn(&Finding) -> bool,
) -> Result<Verdict, String> {
    let finding = match settle(system, trace)? {
        Verdict::Diverges { finding, .. } if confirm(&finding) => finding,
        settled @ (Verdict::Conforms
        | Verdict::Diverges { .. }
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)) => return Ok(settled),
    };
    let (mut seen, mut runs) = (0, 0);
    for _ in 0..CONFIRMATIONS {
        match settle(system, trace)? {
            Verdict::Diverges { finding: again, .. } => {
                runs += 1;
                seen += u32::from(again.step == finding.step);
            }
            Verdict::Conforms => runs += 1,
            Verdict::NotApplicable(_) | Verdict::ChoiceNotSeen | Verdict::Inconclusive(_) => {}
        }
    }
    if seen == 0 {
        return Ok(Verdict::Inconclusive(Inconclusive::NotReproduced(finding)));
    }
    Ok(Verdict::Diverges { finding, seen, runs })
}

/// Runs the trace until a run says something.
fn settle(system: &dyn System, trace: &Trace) -> Result<Verdict, String> {
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
            Err(Trouble::Unreachable(why)) => return Err(why),
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
