//! `jailbuild doctor`: what this machine can do, and what to type where it cannot.

mod freebsd;
mod linux;

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
