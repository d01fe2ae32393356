//! `jailbuild doctor`: what this machine can do, and what to type where it cannot.

mod freebsd;
#[cfg(target_os = "linux")]
mod linux;

use std::fmt;

use serde::Serialize;

use super::base::freebsd_target;
use crate::{
    daemon::toolchain::{Survey, ZIG_HINT},
    error::Result,
    host::command,
    target::Target,
};

/// Look whether this machine can build, start and probe images.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The target that one wants to cross-build for [default: FreeBSD on this machine's processor].
    #[arg(long)]
    pub target: Option<Target>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub subject: String,
    /// What came of it.
    pub state: State,
    /// What was seen.
    pub seen: String,
    /// What to type, where something is to be done.
    pub hint: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is there.
    Ok,
    /// It is not there, and something that is not needed on this machine alone cannot be done.
    Limited,
    /// It is not there, and without it `make` cannot do its work.
    Missing,
}

/// The exit code of [`crate::Error::Host`].
const LACKING: u8 = 6;

/// Everything that was looked at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Diagnosis {
    /// The checks, in the order in which they matter.
    pub checks: Vec<Check>,
}

/// Looks.
pub fn run(arguments: &Arguments) -> Result<Diagnosis> {
    Ok(Diagnosis { checks: checks(arguments.target.unwrap_or_else(freebsd_target))? })
}

impl Diagnosis {
    /// That of a host that lacks something, if `make` cannot do its work.
    pub fn exit_code(&self) -> u8 {
        let missing = self.checks.iter().any(|check| check.state == State::Missing);
        if missing { LACKING } else { 0 }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.checks.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Limited => "limited",
            State::Missing => "missing",
        };
        write!(formatter, "{state:<8} {}: {}", self.subject, self.seen)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, "\n{:<9}hint: {hint}", ""))
    }
}

fn checks(cross: Target) -> Result<Vec<Check>> {
    let host = Target::host()?;
    let mut checks = vec![ok("this machine", host.triple())];
    checks.extend(building(&Survey::of(host)));
    if host.is_freebsd() {
        checks.extend(freebsd::checks());
    }
    #[cfg(target_os = "linux")]
    checks.extend(linux::checks());
    checks.push(downloading());
    if cross != host {
        checks.extend(cross_building(&Survey::of(cross)));
    }
    Ok(checks)
}

/// What any build needs.
fn building(survey: &Survey) -> [Check; 2] {
    let compiler = survey.with_std().or(survey.with_source());
    let hint = survey.compiler_hint();
    [
        compiler.map_or_else(
            || missing("Rust", "no cargo and rustc in `PATH`", &hint),
            |compiler| ok("Rust", &format!("{} ({})", compiler.version, compiler.rustc.display())),
        ),
        program("cc", "C compiler", "`apt install gcc libc6-dev`; FreeBSD's base has one", State::Missing),
    ]
}

/// The two ways to build for another system, of which one is enough, and what both need.
fn cross_building(survey: &Survey) -> Vec<Check> {
    let target = survey.target;
    let way = |name: &str, found: Option<String>, lack: &str, hint: &str| {
        let subject = format!("{name} for {target}");
        found.map_or_else(|| limited(&subject, lack, hint), |seen| ok(&subject, &seen))
    };
    let shipped = survey.with_std().map(|compiler| format!("open, with {}", compiler.rustc.display()));
    let built = survey.with_source().map(|compiler| {
        format!("open, with {} and {}", compiler.rustc.display(), compiler.source().display())
    });
    let mut checks = vec![
        way(
            "way 1 (standard library as it ships)",
            shipped,
            "closed: no rustc here has it",
            &format!("`rustup target add {target}`"),
        ),
        way(
            "way 2 (standard library compiled along)",
            built,
            "closed: no rustc here has its source",
            "`rustup component add rust-src`, or on Debian `apt install rustc-web cargo-web rust-web-src`",
        ),
    ];
    for (name, path) in [("zig", &survey.zig), ("cargo-zigbuild", &survey.cargo_zigbuild)] {
        let seen = path.as_ref().map(|path| path.display().to_string());
        checks.push(seen.map_or_else(|| limited(name, "not found", ZIG_HINT), |seen| ok(name, &seen)));
    }
    checks
}

fn downloading() -> Check {
    let found = ["fetch", "curl", "wget"].into_iter().find_map(command::find);
    found.map_or_else(
        || limited("download", "no fetch(1), curl or wget, which `base fetch` needs", "install one of them"),
        |path| ok("download", &path.display().to_string()),
    )
}

fn program(name: &str, subject: &str, hint: &str, otherwise: State) -> Check {
    command::find(name).map_or_else(
        || Check { state: otherwise, ..limited(subject, &format!("`{name}` is not in `PATH`"), hint) },
        |path| ok(subject, &path.display().to_string()),
    )
}

fn ok(subject: &str, seen: &str) -> Check {
    Check { subject: subject.to_owned(), state: State::Ok, seen: seen.to_owned(), hint: None }
}

fn limited(subject: &str, seen: &str, hint: &str) -> Check {
    Check { state: State::Limited, hint: Some(hint.to_owned()), ..ok(subject, seen) }
}

fn missing(subject: &str, seen: &str, hint: &str) -> Check {
    Check { state: State::Missing, ..limited(subject, seen, hint) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::host::double::Double;

    /// A FreeBSD of which nothing is known but who asks, whether `xmppd` exists, and that pf is off.
    fn bare(uid: &'static str, has_user: bool) -> Double {
        let user = i32::from(!has_user);
        Double::answering(&[
            ("id -u xmppd", user, "5222"),
            ("id -g xmppd", user, "5222"),
            ("id -u", 0, uid),
            ("pfctl", 0, "Status: Disabled"),
            ("sysctl", 0, "1"),
        ])
    }

    #[test]
    fn what_a_jail_needs_is_what_the_runtime_asks_for() {
        let last = |uid, has_user| freebsd::requirements(&bare(uid, has_user)).pop().unwrap();
        for (check, subject, seen) in [
            (last("1001", true), "rights", "only root starts a jail"),
            (last("0", false), "user `xmppd`", "this host has no user `xmppd`"),
            (last("0", true), "pf", "pf is not enabled"),
        ] {
            assert_eq!((check.subject.as_str(), check.state), (subject, State::Limited));
            assert!(
                check.seen.starts_with(seen) && check.hint.unwrap().starts_with("type `"),
                "{}",
                check.seen
            );
        }
    }

    #[test]
    fn only_what_make_cannot_do_without_is_an_error() {
        let code = |check| Diagnosis { checks: vec![ok("Rust", "rustc"), check] }.exit_code();
        assert_eq!(code(limited("download", "no curl", "install it")), 0);
        assert_eq!(
            code(missing("cc", "not found", "install it")),
            crate::Error::host("no cc", "install it").exit_code()
        );
    }

    #[test]
    fn the_ways_to_cross_build_are_named_with_what_is_missing() {
        let survey = Survey {
            target: "x86_64-unknown-freebsd".parse().unwrap(),
            is_host: false,
            compilers: vec![],
            zig: Some("/usr/bin/zig".into()),
            cargo_zigbuild: None,
        };
        insta::assert_snapshot!(Diagnosis { checks: cross_building(&survey) }, @r"
        limited  way 1 (standard library as it ships) for x86_64-unknown-freebsd: closed: no rustc here has it
                 hint: `rustup target add x86_64-unknown-freebsd`
        limited  way 2 (standard library compiled along) for x86_64-unknown-freebsd: closed: no rustc here has its source
                 hint: `rustup component add rust-src`, or on Debian `apt install rustc-web cargo-web rust-web-src`
        ok       zig: /usr/bin/zig
        limited  cargo-zigbuild: not found
                 hint: `pip install ziglang cargo-zigbuild`, or install zig and `cargo install cargo-zigbuild`
        ");
    }
}
