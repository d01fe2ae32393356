//! What those meet who guess passwords, or names. These probes come last: they make the daemon wary of this host.

use std::time::{Duration, Instant};

use super::{
    Evidence, Finding, Probe, Shortfall, Subject,
    account::{Account, attempt, random_hex},
    failed, require,
};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "wrong-password-refused",
        "A wrong password is refused, and the right one is not.",
        wrong_password,
    ),
    Probe::of_appliance(
        "unknown-user-hidden",
        "A name that nobody has is refused just like a wrong password.",
        unknown_user,
    ),
    Probe::of_appliance("guessing-throttled", "Who guesses passwords is slowed down or shut out.", throttled),
];

/// How often a guesser guesses before being slowed down must show.
const GUESSES: usize = 12;

/// How much longer the last guesses must take than the first ones: at four a second, the ten thousand most common
/// passwords take most of an hour, and the delay is of course meant to grow.
const SLOWED_BY: Duration = Duration::from_millis(250);

fn wrong_password(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let right = attempt(subject, appliance, &account.name, &account.password)?.refusal;
    require(right.is_none(), || format!("the right password is refused with {right:?}"))?;
    let longer = format!("{}x", account.password.as_str());
    for wrong in ["", &random_hex()?, &longer, &account.password[1..]] {
        let refusal = attempt(subject, appliance, &account.name, wrong)?.refusal;
        let refusal = refusal.ok_or_else(|| failed("a wrong password is let in"))?;
        evidence.note(format!("a wrong password is refused with `{refusal}`"));
    }
    Ok(())
}

fn unknown_user(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let nobody = format!("nobody-{}", &random_hex()?[..8]);
    let wrong = random_hex()?;
    let known = attempt(subject, appliance, &account.name, &wrong)?;
    let unknown = attempt(subject, appliance, &nobody, &wrong)?;
    let again = attempt(subject, appliance, &nobody, &wrong)?;
    evidence.note(format!("known: {} iterations, then {:?}", show(known.iterations.as_ref()), known.refusal));
    evidence.note(format!(
        "unknown: {} iterations, then {:?}",
        show(unknown.iterations.as_ref()),
        unknown.refusal
    ));
    require(known.refusal == unknown.refusal, || {
        format!(
            "a wrong password is refused with {:?}, an unknown name with {:?}",
            known.refusal, unknown.refusal
        )
    })?;
    let same = known.iterations == unknown.iterations
        && known.salt.as_ref().map(String::len) == unknown.salt.as_ref().map(String::len);
    require(same, || "the challenge for an unknown name looks different".to_owned())?;
    // A salt made up anew each time would give the name away to who asks twice.
    require(unknown.salt == again.salt, || "an unknown name gets another salt each time".to_owned())
}

fn show(value: Option<&String>) -> &str {
    value.map_or("no", String::as_str)
}

fn throttled(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let account = Account::add(subject, appliance)?;
    let mut times = Vec::with_capacity(GUESSES);
    for guess in 1..=GUESSES {
        let begin = Instant::now();
        let reaction = match attempt(subject, appliance, &account.name, &random_hex()?) {
            Ok(login) => login.refusal.ok_or_else(|| failed("a guess is let in"))?,
            Err(Shortfall::Failed(shut_out)) => {
                evidence.note(format!("guess {guess}: {shut_out}"));
                return still_there(subject, appliance);
            }
            Err(other) => return Err(other),
        };
        times.push(begin.elapsed());
        evidence.note(format!("guess {guess}: `{reaction}` after {} ms", begin.elapsed().as_millis()));
        // RFC 6120 §6.5.9, and the stream error for those who will not stop (§4.9.3.14).
        if matches!(reaction.as_str(), "temporary-auth-failure" | "policy-violation") {
            return Ok(());
        }
    }
    has_become_slower(&times)
}

/// Of three each the fastest counts: one that was slow by chance is no throttling.
fn has_become_slower(times: &[Duration]) -> Finding {
    let first = times.iter().take(3).min().copied().unwrap_or_default();
    let last = times.iter().rev().take(3).min().copied().unwrap_or_default();
    require(last >= first + SLOWED_BY, || {
        format!("guess {GUESSES} takes {} ms, the first took {} ms", last.as_millis(), first.as_millis())
    })
}

/// Shut out is not the same as crashed.
fn still_there(subject: &Subject, appliance: &dyn Appliance) -> Finding {
    let listening = appliance.listening()?;
    let there = listening.iter().any(|listener| listener.port == subject.doors.direct_tls);
    require(there, || "guessing has ended the daemon".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_slowed_down_waits_each_time() {
        let is_slowed = |last: [u64; 3]| {
            let times = [[90, 20, 30], [20, 20, 20], last].concat();
            has_become_slower(&times.into_iter().map(Duration::from_millis).collect::<Vec<_>>()).is_ok()
        };
        assert!(is_slowed([270, 500, 1000]));
        assert!(!is_slowed([269, 500, 1000]));
        assert!(!is_slowed([1000, 1000, 20]));
        assert!(has_become_slower(&[]).is_err());
    }
}
