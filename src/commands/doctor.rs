//! `jailbuild doctor`: what this machine can do, and what to type where it cannot.

use std::io::Write;

use serde::Serialize;

use super::base::freebsd_target;
use crate::{
    daemon::toolchain::{Survey, ZIG_HINT},
    error::{Context as _, Error, Result},
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

/// Prints every check. The error, if something is missing that `make` needs, comes after them.
pub fn run(arguments: &Arguments, json: bool, output: &mut dyn Write) -> Result<()> {
    let checks = checks(arguments.target.unwrap_or_else(freebsd_target))?;
    let text = if json {
        format!("{}\n", serde_json::to_string_pretty(&checks).doing("print")?)
    } else {
        checks.iter().map(for_people).collect()
    };
    output.write_all(text.as_bytes()).doing("print")?;
    match checks.iter().filter(|check| check.state == State::Missing).count() {
        0 => Ok(()),
        count => {
            Err(Error::host(format_args!("this machine lacks {count} of the above"), "see the hints there"))
        }
    }
}

fn for_people(check: &Check) -> String {
    let state = match check.state {
        State::Ok => "ok",
        State::Limited => "limited",
        State::Missing => "missing",
    };
    let hint = check.hint.as_ref().map(|hint| format!("{:<9}hint: {hint}\n", "")).unwrap_or_default();
    format!("{state:<8} {}: {}\n{hint}", check.subject, check.seen)
}

fn checks(cross: Target) -> Result<Vec<Check>> {
    let host = Target::host()?;
    let mut checks = vec![ok("this machine", host.triple())];
    checks.extend(building(&Survey::of(host)));
    if host.is_freebsd() {
        checks.extend(freebsd::checks());
    } else {
        checks.extend(linux::checks());
    }
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

/// The two ways to build for another system, and what both need.
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
    // One way is enough, so the other needs no hint.
    if survey.with_std().is_some() || survey.with_source().is_some() {
        checks.iter_mut().take(2).for_each(|check| check.hint = None);
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

/// What starting under namespaces needs.
mod linux {
    use std::path::Path;

    use super::{Check, State, limited, ok, program};
    use crate::host::file;

    /// The settings that can forbid user namespaces, the value that does, and what to type against it: the kernel's own
    /// (`user_namespaces(7)`), Debian's and Ubuntu's.
    const FORBIDDING: [(&str, &str, &str); 3] = [
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ];

    pub(super) fn checks() -> [Check; 2] {
        [
            user_namespaces(
                |name| file::read_text(&Path::new("/proc/sys").join(name)).ok(),
                nix::unistd::geteuid().is_root(),
            ),
            program(
                "nft",
                "firewall (nft)",
                "`apt install nftables`: without it the firewall is not checked",
                State::Limited,
            ),
        ]
    }

    pub(super) fn user_namespaces(setting: impl Fn(&str) -> Option<String>, is_root: bool) -> Check {
        let subject = "namespaces";
        if is_root {
            return ok(subject, "started as root");
        }
        let forbidden = FORBIDDING
            .into_iter()
            .find(|(name, value, _)| setting(name).is_some_and(|found| found.trim() == *value));
        match forbidden {
            None => ok(subject, "an ordinary user may make user namespaces"),
            Some((name, value, command)) => limited(
                subject,
                &format!("`{name}` is {value}: images are made, but not started"),
                &format!("`{command}` as root"),
            ),
        }
    }
}

/// What starting in a jail needs.
mod freebsd {
    use std::path::Path;

    use super::{Check, State, limited, ok, program};
    use crate::host::{command::Command, file};

    /// Without these lines in pf.conf(5), the rules of an appliance load without complaint and do nothing.
    const ANCHORS: [&str; 2] = [r#"rdr-anchor "jailbuild/*""#, r#"anchor "jailbuild/*""#];

    pub(super) fn checks() -> Vec<Check> {
        let mut checks: Vec<Check> = ["jail", "jexec", "ifconfig", "pfctl", "pw"]
            .into_iter()
            .map(|name| program(name, name, "it is part of FreeBSD's base", State::Missing))
            .collect();
        checks.push(if nix::unistd::geteuid().is_root() {
            ok("rights", "started as root")
        } else {
            limited("rights", "not root: images are made, but not started", "run it as root")
        });
        checks.push(vnet());
        checks.push(anchors(file::read_text(Path::new("/etc/pf.conf")).ok().as_deref()));
        checks
    }

    fn vnet() -> Check {
        match Command::new("sysctl").args(["-n", "kern.features.vimage"]).read() {
            Ok(value) if value == "1" => ok("VNET", "the kernel has it"),
            _ => limited("VNET", "the kernel has no `VIMAGE`", "boot the GENERIC kernel"),
        }
    }

    pub(super) fn anchors(configuration: Option<&str>) -> Check {
        let subject = "pf anchor";
        let Some(configuration) = configuration else {
            return limited(
                subject,
                "there is no `/etc/pf.conf`",
                &format!("write into it `{}` and `{}`", ANCHORS[0], ANCHORS[1]),
            );
        };
        let has = |line: &str| configuration.lines().any(|own| own.trim().starts_with(line));
        match ANCHORS.into_iter().find(|line| !has(line)) {
            None => ok(subject, "`/etc/pf.conf` evaluates it"),
            Some(line) => {
                limited(subject, "`/etc/pf.conf` does not evaluate it", &format!("add the line `{line}`"))
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_forbids_namespaces_is_seen() {
        let forbidden_by = |name: &'static str, value: &'static str| {
            linux::user_namespaces(move |setting| (setting == name).then(|| format!("{value}\n")), false)
        };
        assert_eq!(forbidden_by("user/max_user_namespaces", "63000").state, State::Ok);
        let check = forbidden_by("kernel/unprivileged_userns_clone", "0");
        assert_eq!(check.state, State::Limited);
        assert_eq!(check.hint.as_deref(), Some("`sysctl kernel.unprivileged_userns_clone=1` as root"));
        assert_eq!(linux::user_namespaces(|_| Some("0".into()), true).state, State::Ok);
    }

    #[test]
    fn a_pf_conf_that_does_not_evaluate_the_anchor_is_told_the_line() {
        let hint = |text| freebsd::anchors(text).hint.unwrap_or_default();
        assert_eq!(
            hint(Some("rdr-anchor \"jailbuild/*\"\nblock all\n")),
            "add the line `anchor \"jailbuild/*\"`"
        );
        assert_eq!(
            hint(Some("# anchor \"jailbuild/*\"\n anchor \"jailbuild/*\"\n")),
            "add the line `rdr-anchor \"jailbuild/*\"`"
        );
        assert_eq!(hint(Some("rdr-anchor \"jailbuild/*\"\nanchor \"jailbuild/*\"\n")), "");
        assert!(hint(None).starts_with("write into it"));
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
        let text: String = cross_building(&survey).iter().map(for_people).collect();
        insta::assert_snapshot!(text, @r"
        limited  way 1 (standard library as it ships) for x86_64-unknown-freebsd: closed: no rustc here has it
                 hint: `rustup target add x86_64-unknown-freebsd`
        limited  way 2 (standard library compiled along) for x86_64-unknown-freebsd: closed: no rustc here has its source
                 hint: `rustup component add rust-src`, or on Debian `apt install rustc-web cargo-web rust-web-src`
        ok       zig: /usr/bin/zig
        limited  cargo-zigbuild: not found
                 hint: `pip install ziglang cargo-zigbuild`, or install zig and `cargo install cargo-zigbuild`
        ");
    }

    #[test]
    fn this_machine_is_looked_at_and_described() {
        let mut output = Vec::new();
        run(&Arguments { target: None }, false, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert!(
            text.starts_with(&format!(
                "ok       this machine: {}\nok       Rust: rustc ",
                Target::host().unwrap()
            )),
            "{text}"
        );
    }
}
