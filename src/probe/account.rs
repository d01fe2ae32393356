//! Accounts that exist for as long as a probe needs them.

use getrandom::fill;
use zeroize::Zeroizing;

use super::{
    Shortfall, Subject,
    client::{Login, Session, Stream, Trust},
    subject::at,
};
use crate::{Error, Result, runtime::Appliance};

/// The daemon, as seen from within.
pub(super) const DAEMON: &str = "/usr/local/sbin/xmppd";

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
    pub(super) fn add(appliance: &'a dyn Appliance) -> Result<Self> {
        let account = Self {
            appliance,
            name: format!("probe-{}", &random_hex()?[..12]),
            password: Zeroizing::new(random_hex()?),
        };
        administer(appliance, &["add", &account.name, "--password-stdin"], account.password.as_bytes())?;
        Ok(account)
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
    pub(super) fn disable(&self) -> Result<()> {
        administer(self.appliance, &["disable", &self.name], b"")
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        // Best effort: the probe's finding matters more, and the appliance of `make` is thrown away anyway.
        let _ = administer(self.appliance, &["remove", &self.name], b"");
    }
}

/// `xmppd user …` within the appliance.
fn administer(appliance: &dyn Appliance, arguments: &[&str], input: &[u8]) -> Result<()> {
    let output = appliance.run_inside(&[&[DAEMON, "user"], arguments].concat(), input)?;
    if output.code == 0 {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let verb = arguments.first().copied().unwrap_or_default();
    Err(Error::failed(format_args!("`xmppd user {verb}` ended with {}: {}", output.code, complaint.trim())))
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
