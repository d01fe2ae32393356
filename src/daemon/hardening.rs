//! What a daemon must be, whoever built it: flags can be ignored by a linker, headers tell.

use crate::{elf::Binary, target::Target};

/// Why a program must not go into an image, if there is a reason.
pub(super) fn weakness(binary: &Binary, target: Target) -> Option<&'static str> {
    let claims = [
        (binary.is_for(target), "is for another target"),
        (binary.position_independent, "is not position-independent (PIE)"),
        (binary.relro, "keeps its relocations writable (no RELRO)"),
        (binary.bind_now || binary.needed.is_empty(), "binds symbols late (no BIND_NOW)"),
        (!binary.executable_stack, "asks for an executable stack"),
        (binary.run_path.is_empty(), "looks for libraries in folders of its own (RPATH)"),
    ];
    claims.into_iter().find(|(holds, _)| !holds).map(|(_, weakness)| weakness)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::elf::specimen::Specimen;

    fn of(specimen: &Specimen, change: impl FnOnce(&mut Binary)) -> Option<&'static str> {
        let mut binary = Binary::parse(&specimen.bytes()).unwrap();
        change(&mut binary);
        weakness(&binary, "x86_64-unknown-freebsd".parse().unwrap())
    }

    #[test]
    fn a_hardened_daemon_passes_and_every_weakness_is_named() {
        let good = Specimen::freebsd().needs(&["libc.so.7"]);
        let ends =
            |weakness: Option<&str>, end: &str| assert!(weakness.unwrap().ends_with(end), "{weakness:?}");
        assert_eq!(of(&good, |_| ()), None);
        ends(of(&Specimen::linux(), |_| ()), "is for another target");
        ends(of(&good, |binary| binary.position_independent = false), "(PIE)");
        ends(of(&good.clone().without_hardening(), |_| ()), "(no RELRO)");
        ends(of(&good, |binary| binary.bind_now = false), "(no BIND_NOW)");
        ends(of(&good, |binary| binary.executable_stack = true), "an executable stack");
        ends(of(&good.clone().run_path("/opt/lib"), |_| ()), "(RPATH)");
    }
}
