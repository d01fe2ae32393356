//! `jailbuild doctor`: what this machine can do, and what to type where it cannot.

mod appliances;
mod certificates;
#[cfg(target_os = "linux")]
mod linux;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use time::OffsetDateTime;

use super::base::freebsd_target;
use crate::{
    checkup::{self, Check, State, Wanted},
    daemon::toolchain::{Compiler, Survey, ZIG_HINT},
    error::Result,
    host::{ThisHost, command},
    image::Image,
    policy::Policy,
    site::Origin,
    target::Target,
};

/// Look whether this machine can build, start and probe images; on a FreeBSD host, also whether one can be installed.
///
/// Sixty days before a certificate ends, of this school or of an appliance of this host, it says so.
///
/// For example: `jailbuild doctor dist/schoolchat-0.1.0-x86_64-unknown-freebsd.tar.gz`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The image that one wants to install here.
    pub image: Option<PathBuf>,

    /// The target that one wants to cross-build for [default: FreeBSD on this machine's processor].
    #[arg(long)]
    pub target: Option<Target>,
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

/// Looks, for the school whose file this is.
pub fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Diagnosis> {
    let image = arguments.image.as_ref().map(|path| Image::open(path)).transpose()?;
    let origin = Origin::find(file);
    let policy = Policy::of(&origin.load()?);
    let host = Target::host()?;
    let mut checks = vec![Check::ok("this machine", host.triple())];
    let is_needed = image.is_none() && !host.is_freebsd();
    checks.extend(building(&Survey::of(host), is_needed));
    checks.extend(if host.is_freebsd() {
        let mut checks = freebsd(&policy, image.as_ref(), host);
        checks.extend(appliances::checks(&ThisHost, OffsetDateTime::now_utc()));
        checks
    } else {
        elsewhere(image.as_ref())
    });
    #[cfg(target_os = "linux")]
    checks.extend(linux::checks());
    checks.extend(certificates::checks(&origin.folder(), &ThisHost, OffsetDateTime::now_utc()));
    checks.push(downloading());
    let cross = arguments.target.unwrap_or_else(freebsd_target);
    if cross != host {
        checks.extend(cross_building(&Survey::of(cross)));
    }
    Ok(Diagnosis { checks })
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

/// Whether appliances can live here. Where no image is to be installed, `make` can do its work without: it only starts nothing.
fn freebsd(policy: &Policy, image: Option<&Image>, target: Target) -> Vec<Check> {
    let wanted = Wanted { policy, image, target, edits_host: false, is_installed: false };
    let mut checks = checkup::preflight(&ThisHost, &wanted);
    if image.is_none() {
        for check in checks.iter_mut().filter(|check| check.state == State::Missing) {
            check.state = State::Limited;
            check.seen.push_str("; images are made, but neither started nor installed");
        }
    }
    checks
}

fn elsewhere(image: Option<&Image>) -> Vec<Check> {
    let check = |image: &Image| {
        let seen = format!("it is for `{}`, and images are installed on FreeBSD only", image.manifest.target);
        Check::missing("image", seen, "take it to a FreeBSD host; here `jailbuild verify` looks into it")
    };
    image.map(check).into_iter().collect()
}

/// What any build needs; where none is, a daemon that was built elsewhere will do: on a FreeBSD host, or where there is an
/// image already.
fn building(survey: &Survey, is_needed: bool) -> [Check; 2] {
    let compiler = survey.with_std().or(survey.with_source());
    let elsewhere = "; `make --daemon FILE` takes a daemon that was built elsewhere";
    let (otherwise, also) = if is_needed { (State::Missing, "") } else { (State::Limited, elsewhere) };
    let lacking = || Check {
        state: otherwise,
        ..Check::limited("Rust", format_args!("no cargo and rustc in `PATH`{also}"), survey.compiler_hint())
    };
    let found = |compiler: &Compiler| {
        Check::ok("Rust", format_args!("{} ({})", compiler.version, compiler.rustc.display()))
    };
    [
        compiler.map_or_else(lacking, found),
        program("cc", "C compiler", "`apt install gcc libc6-dev`; FreeBSD's base has one", otherwise),
    ]
}

/// The two ways to build for another system, of which one is enough, and what both need.
fn cross_building(survey: &Survey) -> Vec<Check> {
    let target = survey.target;
    let way = |name: &str, found: Option<String>, lack: &str, hint: &str| {
        let subject = format!("{name} for {target}");
        found.map_or_else(|| Check::limited(&subject, lack, hint), |seen| Check::ok(&subject, &seen))
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
        checks.push(
            seen.map_or_else(|| Check::limited(name, "not found", ZIG_HINT), |seen| Check::ok(name, &seen)),
        );
    }
    checks
}

fn downloading() -> Check {
    let found = ["fetch", "curl", "wget"].into_iter().find_map(command::find);
    found.map_or_else(
        || {
            Check::limited(
                "download",
                "no fetch(1), curl or wget, which `base fetch` needs",
                "install one of them",
            )
        },
        |path| Check::ok("download", path.display()),
    )
}

fn program(name: &str, subject: &str, hint: &str, otherwise: State) -> Check {
    command::find(name).map_or_else(
        || Check {
            state: otherwise,
            ..Check::limited(subject, format_args!("`{name}` is not in `PATH`"), hint)
        },
        |path| Check::ok(subject, path.display()),
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn only_what_make_cannot_do_without_is_an_error() {
        let code = |check| Diagnosis { checks: vec![Check::ok("Rust", "rustc"), check] }.exit_code();
        assert_eq!(code(Check::limited("download", "no curl", "install it")), 0);
        assert_eq!(
            code(Check::missing("cc", "not found", "install it")),
            crate::Error::host("no cc", "install it").exit_code()
        );
    }

    #[test]
    fn who_gets_the_daemon_from_elsewhere_needs_no_compiler() {
        let survey = Survey {
            target: "x86_64-unknown-freebsd".parse().unwrap(),
            is_host: true,
            compilers: vec![],
            zig: None,
            cargo_zigbuild: None,
        };
        let rust = |is_needed| building(&survey, is_needed)[0].clone();
        assert_eq!(rust(true).state, State::Missing);
        assert_eq!(rust(false).state, State::Limited);
        assert!(rust(false).seen.contains("`make --daemon FILE`"));
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
