//! The host's `rc.d(8)` script.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::Serialize;

use super::{Template, Word, render};
use crate::error::Result;

/// The service that starts and stops the appliance with its host.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Service {
    /// The name of the service, of its variables and of the jail.
    pub name: Word,
    /// The pf anchor.
    pub anchor: Word,
    /// The host's end of the epair, as an interface.
    pub outer: Word,
    /// The jail's end of the epair, as an interface.
    pub inner: Word,
    /// The host's address on the link.
    pub host: Ipv4Addr,
    /// The jail's address on the link.
    pub jail: Ipv4Addr,
    /// The prefix length of the link.
    pub prefix: u8,
    /// Where clients may come from: each gets a route back.
    pub lan: Vec<Ipv4Net>,
    /// The file with the jail's parameters.
    pub jail_conf: Word,
    /// The file with the anchor's rules.
    pub pf_conf: Word,
    /// The image's root file system, unpacked.
    pub rootfs: Word,
    /// Where that is mounted for the jail.
    pub root: Word,
    /// The folder with the daemon's settings, certificate and key.
    pub settings: Word,
    /// The daemon's data.
    pub data: Word,
    /// The file that gets the daemon's standard error.
    pub log: Word,
}

impl Service {
    /// The text of the script, for `/usr/local/etc/rc.d/NAME`, mode 0555.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if the template is broken.
    pub fn render(&self) -> Result<String> {
        render(Template::Service, self)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use super::*;
    use crate::{policy::Policy, site::Site};

    fn script() -> String {
        let policy = Policy::of(&Site::example());
        let word = |text: &str| Word::new(text).unwrap();
        let service = Service {
            name: word(&policy.name),
            anchor: word(&policy.anchor()),
            outer: word(&policy.host_interface()),
            inner: word(&policy.jail_interface()),
            host: policy.host,
            jail: policy.jail,
            prefix: policy.link.prefix_len(),
            lan: policy.lan,
            jail_conf: word("/usr/local/etc/jailbuild/schoolchat/jail.conf"),
            pf_conf: word("/usr/local/etc/jailbuild/schoolchat/pf.conf"),
            rootfs: word("/usr/local/jailbuild/schoolchat/current/rootfs"),
            root: word("/usr/local/jailbuild/schoolchat/root"),
            settings: word("/usr/local/etc/jailbuild/schoolchat/settings"),
            data: word("/usr/local/jailbuild/schoolchat/data"),
            log: word("/var/log/schoolchat.log"),
        };
        service.render().unwrap()
    }

    #[test]
    fn the_script_of_the_example_school() {
        insta::assert_snapshot!(script());
    }

    #[test]
    fn a_shell_can_parse_it() {
        let mut shell =
            Command::new("sh").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        shell.stdin.take().unwrap().write_all(script().as_bytes()).unwrap();
        let output = shell.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn shellcheck_finds_nothing() {
        // SC1091: rc.subr is on the host. SC2034: it reads the variables. SC2317 and SC2329: it calls the functions.
        let mut command = Command::new("shellcheck");
        command.args(["--shell=sh", "--exclude=SC1091,SC2034,SC2317,SC2329", "-"]);
        let Ok(mut shellcheck) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            crate::test_support::skip("shellcheck is not installed");
            return;
        };
        shellcheck.stdin.take().unwrap().write_all(script().as_bytes()).unwrap();
        let output = shellcheck.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
