//! What an image is for: a machine and an operating system, written as a target triple.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A machine and an operating system that images can be made for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Target {
    /// The processor.
    pub machine: Machine,
    /// The operating system and its C library.
    pub system: System,
}

/// A processor architecture.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Machine {
    /// 64-bit ARM, FreeBSD's `arm64/aarch64`.
    Aarch64,
    /// 64-bit x86, FreeBSD's `amd64`.
    X86_64,
}

/// An operating system with its C library: the two decide how a program finds its shared objects.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum System {
    /// FreeBSD 14 and 15.
    FreeBsd,
    /// Linux with glibc.
    LinuxGnu,
    /// Linux with musl.
    LinuxMusl,
}

impl Target {
    /// Every target, in the order of their triples.
    pub const ALL: [Self; 6] = [
        Self::new(Machine::Aarch64, System::FreeBsd),
        Self::new(Machine::Aarch64, System::LinuxGnu),
        Self::new(Machine::Aarch64, System::LinuxMusl),
        Self::new(Machine::X86_64, System::FreeBsd),
        Self::new(Machine::X86_64, System::LinuxGnu),
        Self::new(Machine::X86_64, System::LinuxMusl),
    ];

    /// The target of this machine and system.
    pub const fn new(machine: Machine, system: System) -> Self {
        Self { machine, system }
    }

    /// The machine that this runs on; an error where it is none that images can be made for.
    pub fn host() -> Result<Self, Error> {
        let machine = std::env::consts::ARCH;
        let system = match (std::env::consts::OS, cfg!(target_env = "musl")) {
            ("freebsd", _) => "freebsd",
            ("linux", false) => "linux-gnu",
            ("linux", true) => "linux-musl",
            (other, _) => other,
        };
        format!("{machine}-unknown-{system}").parse()
    }

    /// The name that rustc has for it.
    pub const fn triple(self) -> &'static str {
        match (self.machine, self.system) {
            (Machine::Aarch64, System::FreeBsd) => "aarch64-unknown-freebsd",
            (Machine::Aarch64, System::LinuxGnu) => "aarch64-unknown-linux-gnu",
            (Machine::Aarch64, System::LinuxMusl) => "aarch64-unknown-linux-musl",
            (Machine::X86_64, System::FreeBsd) => "x86_64-unknown-freebsd",
            (Machine::X86_64, System::LinuxGnu) => "x86_64-unknown-linux-gnu",
            (Machine::X86_64, System::LinuxMusl) => "x86_64-unknown-linux-musl",
        }
    }

    /// Whether jails, rather than namespaces, are what it starts in.
    pub const fn is_freebsd(self) -> bool {
        matches!(self.system, System::FreeBsd)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.triple())
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|target| target.triple() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|target| target.triple()).collect();
            Error::configuration(
                format_args!("no image can be made for the target `{text}`"),
                format_args!("write one of `{}`", known.join("`, `")),
            )
        })
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.triple().to_owned()
    }
}

impl TryFrom<String> for Target {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn every_triple_parses_to_itself() {
        for target in Target::ALL {
            assert_eq!(target.triple().parse::<Target>().unwrap(), target);
        }
    }

    #[test]
    fn this_host_is_one_of_them() {
        assert!(Target::ALL.contains(&Target::host().unwrap()));
    }

    #[test]
    fn an_unknown_triple_is_refused_with_those_that_exist() {
        let failure = "riscv64gc-unknown-freebsd".parse::<Target>().unwrap_err();
        assert_eq!(failure.to_string(), "no image can be made for the target `riscv64gc-unknown-freebsd`");
        assert_eq!(failure.exit_code(), 3);
    }
}
