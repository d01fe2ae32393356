//! Accounts that exist for as long as a probe needs them.

use std::{
    thread,
    time::{Duration, Instant},
};

use getrandom::fill;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    Finding, Shortfall, Subject,
    client::{Login, Session, Stream, Trust},
    require,
    subject::at,
};
use crate::{
    Error, Result,
    error::Context as _,
    host::command::Output,
    runtime::{Appliance, interrupts},
};

/// The daemon, as seen from within.
pub(super) const DAEMON: &str = "/usr/local/sbin/xmppd";

/// The group of accounts that are in nobody's roster: children do not see those of the probes come and go.
const UNLISTED: &str = ".unlisted";

/// What the names of such accounts begin with; so many digits of hexadecimal follow.
const NAME: &str = "probe-";
const DIGITS: usize = 12;

/// How long a wary daemon may keep an account of a probe waiting: its longest wait, and some more.
const FORGIVEN: Duration = Duration::from_secs(360);

/// An account that goes away with this value.
pub(super) struct Account<'a> {
    appliance: &'a dyn Appliance,
    /// The local part of its address.
    pub(super) name: String,
    /// Its password: random, never printed, erased from memory.
    pub(super) password: Zeroizing<String>,
}

impl<'a> Account<'a> {
    /// Adds an account with a random name and password.
    pub(super) fn add(subject: &Subject, appliance: &'a dyn Appliance) -> Result<Self, Shortfall> {
        let account = Self::make(appliance)?;
        if subject.in_service {
            account.wait_to_be_let_in(subject);
        }
        Ok(account)
    }

    fn make(appliance: &'a dyn Appliance) -> Result<Self, Shortfall> {
        let account = Self {
            appliance,
            name: format!("{NAME}{}", &random_hex()?[..DIGITS]),
            password: Zeroizing::new(random_hex()?),
        };
        // Whoever puts things right after a signal finds it, or it is not added any more.
        let _whole = interrupts::postpone();
        let arguments = ["add", &account.name, "--kind", "teacher", "--group", UNLISTED, "--password-stdin"];
        administer(appliance, &arguments, account.password.as_bytes())?;
        Ok(account)
    }

    /// A daemon that was probed a while ago is still wary of this host, whose guesses it has counted; but not of who has
    /// been let in from there. Whatever else goes wrong, the probe itself will find.
    fn wait_to_be_let_in(&self, subject: &Subject) {
        let begin = Instant::now();
        while begin.elapsed() < FORGIVEN {
            match attempt(subject, self.appliance, &self.name, &self.password) {
                Ok(Login { refusal: Some(refusal), .. }) if refusal == "temporary-auth-failure" => {
                    thread::sleep(Duration::from_secs(2));
                }
                _ => return,
            }
        }
    }

    /// Its bare JID.
    pub(super) fn jid(&self, subject: &Subject) -> String {
        format!("{}@{}", self.name, subject.domain())
    }

    /// Logs in over direct TLS.
    pub(super) fn log_in(&self, subject: &Subject) -> Result<Session, Shortfall> {
        let stream = direct_tls(subject, self.appliance)?;
        Ok(Session::begin(stream, subject.domain(), &self.name, &self.password)?)
    }

    /// Disables it: its sessions are to end at once.
    pub(super) fn disable(&self) -> Finding {
        administer(self.appliance, &["disable", &self.name], b"")
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        // Best effort: the probe's finding matters more, and the appliance of `make` is thrown away anyway.
        let _ = administer(self.appliance, &["remove", &self.name], b"");
    }
}

/// Tries to add a child for whom nobody has signed; answers with the first line of the complaint, or with nothing where
/// the child got an account. It goes away again.
pub(super) fn add_child_without_consent(appliance: &dyn Appliance) -> Result<Option<String>, Shortfall> {
    let name = format!("{NAME}{}", &random_hex()?[..DIGITS]);
    let password = Zeroizing::new(random_hex()?);
    // Whoever puts things right after a signal finds it, or it is not added any more.
    let _whole = interrupts::postpone();
    let words = ["add", &name, "--kind", "child", "--group", UNLISTED, "--password-stdin"];
    let output = appliance.run_inside(&[&[DAEMON, "user"], &words[..]].concat(), password.as_bytes())?;
    if output.code == 0 {
        administer(appliance, &["remove", &name], b"")?;
        return Ok(None);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).replace(&name, "…");
    Ok(Some(complaint.lines().next().unwrap_or_default().to_owned()))
}

/// Removes what accounts of probes there are, as after a proof that was killed. `run` runs a program within.
///
/// # Errors
/// Those of `run`, and [`Error::Failed`] if one is left.
pub fn forget_accounts(run: impl Fn(&[&str]) -> Result<Output>) -> Result<()> {
    let user = |arguments: &[&str]| {
        let output = run(&[&[DAEMON, "user"], arguments].concat())?;
        if output.code == Some(0) {
            return Ok(output.stdout);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(Error::failed(format_args!("`xmppd user {}` failed: {}", arguments.join(" "), complaint.trim())))
    };
    let listed: Vec<Listed> =
        serde_json::from_slice(&user(&["list", "--json"])?).doing("understand `xmppd user list --json`")?;
    listed
        .iter()
        .filter(|account| account.is_of_a_probe())
        .try_for_each(|account| user(&["remove", &account.name]).map(drop))
}

/// An account as `xmppd user list --json` has it.
#[derive(Deserialize)]
struct Listed {
    name: String,
    groups: Vec<String>,
}

impl Listed {
    /// By name and group: a child may be called `probe-` something.
    fn is_of_a_probe(&self) -> bool {
        let digits = self.name.strip_prefix(NAME).unwrap_or_default();
        let is_made_up = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_made_up && self.groups == [UNLISTED]
    }
}

/// `xmppd user …` within the appliance. That it refuses is a failure of the appliance, not of our looking.
fn administer(appliance: &dyn Appliance, arguments: &[&str], input: &[u8]) -> Finding {
    let output = appliance.run_inside(&[&[DAEMON, "user"], arguments].concat(), input)?;
    require(output.code == 0, || {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let verb = arguments.first().copied().unwrap_or_default();
        format!("`xmppd user {verb}` ended with {}: {}", output.code, complaint.trim())
    })
}

/// A stream over direct TLS, not yet open.
pub(super) fn direct_tls(subject: &Subject, appliance: &dyn Appliance) -> Result<Stream, Shortfall> {
    let trust = Trust::in_authority(&subject.school.authority)?;
    let stream = Stream::connect(at(appliance, subject.doors.direct_tls))?;
    Ok(stream.secure(&trust.any_version(), subject.server_name())?)
}

/// A stream secured by STARTTLS, not yet opened anew.
pub(super) fn after_starttls(subject: &Subject, appliance: &dyn Appliance) -> Result<Stream, Shortfall> {
    let trust = Trust::in_authority(&subject.school.authority)?;
    let mut stream = Stream::connect(at(appliance, subject.doors.starttls))?;
    stream.open(subject.domain())?;
    Ok(stream.start_tls(&trust.any_version(), subject.server_name())?)
}

/// Tries once to log in; whether that succeeds is for the caller to judge.
pub(super) fn attempt(
    subject: &Subject,
    appliance: &dyn Appliance,
    name: &str,
    password: &str,
) -> Result<Login, Shortfall> {
    let mut stream = direct_tls(subject, appliance)?;
    let features = stream.open(subject.domain())?;
    Ok(stream.log_in(&features, name, password)?)
}

/// Sixteen random bytes in hexadecimal.
pub(super) fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    fill(&mut bytes).map_err(|error| Error::failed(format_args!("cannot draw random bytes: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn only_accounts_of_probes_are_forgotten() {
        const LISTED: &str = r#"[
            {"name": "juliet", "display-name": "Juliet", "groups": [], "administrator": false, "enabled": true},
            {"name": "probe-0123456789ab", "groups": [".unlisted"]},
            {"name": "probe-0123456789ac", "groups": ["Class 4b"]},
            {"name": "probe-nina", "groups": [".unlisted"]}
        ]"#;
        let ran = RefCell::new(Vec::new());
        forget_accounts(|arguments| {
            ran.borrow_mut().push(arguments.join(" "));
            Ok(Output { code: Some(0), stdout: LISTED.into(), stderr: Vec::new() })
        })
        .unwrap();
        assert_eq!(
            *ran.borrow(),
            [format!("{DAEMON} user list --json"), format!("{DAEMON} user remove probe-0123456789ab")]
        );
    }

    #[test]
    fn what_cannot_be_forgotten_is_said() {
        let refused = forget_accounts(|_| {
            Ok(Output { code: Some(1), stdout: Vec::new(), stderr: b"no control socket\n".to_vec() })
        });
        assert_eq!(refused.unwrap_err().to_string(), "`xmppd user list --json` failed: no control socket");
    }
}
