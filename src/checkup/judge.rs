//! What is made of the facts.

pub(super) mod image;
mod network;

use time::OffsetDateTime;

use super::{Check, Wanted, facts::Facts};
use crate::{policy::Stack, runtime::DAEMON_USER};

/// FreeBSD 13 is at its end of life.
const OLDEST_KERNEL: u32 = 1_400_000;

/// Room for three images and for the data, in KiB; below the first, `install` would end half-way.
const NEEDED: u64 = 64 << 10;
const COMFORTABLE: u64 = 1 << 20;

/// This program was written in that year.
const EARLIEST_YEAR: i32 = 2026;

/// Every check, in the order in which one would mend things.
pub(super) fn all(facts: &Facts, wanted: &Wanted, now: OffsetDateTime) -> Vec<Check> {
    if !facts.is_root {
        return vec![Check::missing(
            "rights",
            "only root installs, starts and looks into jails; nothing else was looked at",
            "type `su -` or `sudo` first",
        )];
    }
    let mut checks = vec![Check::ok("rights", "this is root"), programs(facts), kernel(facts)];
    checks.extend(wanted.image.map(|image| image::runs(facts, image, wanted.target)));
    checks.extend([vnet(facts, wanted), limits(facts)]);
    checks.extend(network::all(facts, wanted));
    checks.extend([user(facts), disk(facts, wanted), clock(facts, now)]);
    checks
}

fn programs(facts: &Facts) -> Check {
    match facts.absent.as_slice() {
        [] => Check::ok("programs", "all that are needed are there"),
        absent => Check::missing(
            "programs",
            format_args!("there is no `{}` in `PATH`", absent.join("`, `")),
            "they are part of FreeBSD's base; look at `PATH`",
        ),
    }
}

fn kernel(facts: &Facts) -> Check {
    let subject = "kernel";
    match facts.kernel {
        None => Check::missing(subject, "it does not say its version", "is this FreeBSD?"),
        Some(version) if version < OLDEST_KERNEL => Check::missing(
            subject,
            format_args!("version {version}: 14.0, {OLDEST_KERNEL}, is the oldest that will do"),
            "upgrade the host: `freebsd-update`",
        ),
        Some(version) => Check::ok(subject, format_args!("version {version}")),
    }
}

fn vnet(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "VNET";
    match (facts.vimage, wanted.policy.stack) {
        (true, Stack::Own) => Check::ok(subject, "the kernel has it"),
        (true, Stack::Shared) => Check::limited(
            subject,
            "the kernel has it, and the appliance is to share the host's network stack all the same",
            "leave out `--shared-address`: it isolates less",
        ),
        (false, Stack::Own) => Check::missing(
            subject,
            "the kernel has no `VIMAGE`",
            "boot the GENERIC kernel; or `jailbuild install --shared-address`, which isolates less",
        ),
        (false, Stack::Shared) => Check::limited(
            subject,
            "the kernel has no `VIMAGE`; the appliance shares the host's network stack",
            "boot the GENERIC kernel, and install again without `--shared-address`",
        ),
    }
}

fn limits(facts: &Facts) -> Check {
    let subject = "RACCT";
    match facts.racct {
        Some(true) => Check::ok(subject, "limits of memory and processes are kept"),
        Some(false) => Check::limited(
            subject,
            "it is off, so nothing but the machine limits what the daemon takes",
            "type `sysrc -f /boot/loader.conf kern.racct.enable=1`, and start the host anew",
        ),
        None => Check::limited(
            subject,
            "the kernel has none, so nothing but the machine limits what the daemon takes",
            "boot the GENERIC kernel",
        ),
    }
}

fn user(facts: &Facts) -> Check {
    let subject = "user `xmppd`";
    let make = format!(
        "type `pw groupadd xmppd -g {DAEMON_USER}; pw useradd xmppd -u {DAEMON_USER} -g xmppd -d /nonexistent \
         -s /usr/sbin/nologin -c 'XMPP daemon'`, or let `jailbuild install` do it"
    );
    match (facts.user, &facts.owner_of_id) {
        (Some((DAEMON_USER, DAEMON_USER)), _) => {
            Check::ok(subject, format_args!("its ids are {DAEMON_USER}"))
        }
        (Some((user, group)), _) => Check::missing(
            subject,
            format_args!("it has the ids {user}:{group}, not {DAEMON_USER}:{DAEMON_USER}"),
            format_args!(
                "type `pw groupmod xmppd -g {DAEMON_USER}; pw usermod xmppd -u {DAEMON_USER} -g {DAEMON_USER}`"
            ),
        ),
        (None, Some(other)) => Check::missing(
            subject,
            format_args!("the user `{other}` has its id, {DAEMON_USER}"),
            format_args!("give `{other}` another id: `pw usermod {other} -u ID`"),
        ),
        (None, None) => Check::limited(subject, "there is none yet", make),
    }
}

fn disk(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "disk";
    let hint = "make room below /usr/local";
    match facts.free {
        None => {
            Check::limited(subject, "it is not known how much room there is below /usr/local", "look at `df`")
        }
        Some(free) if free < NEEDED && !wanted.is_installed => Check::missing(
            subject,
            format_args!("{} MiB are free, and an image takes more", free >> 10),
            hint,
        ),
        Some(free) if free < COMFORTABLE => {
            Check::limited(subject, format_args!("{} MiB are free: little for a school", free >> 10), hint)
        }
        Some(free) => Check::ok(subject, format_args!("{} MiB are free", free >> 10)),
    }
}

/// Certificates begin and end by it.
fn clock(facts: &Facts, now: OffsetDateTime) -> Check {
    let subject = "clock";
    if now.year() < EARLIEST_YEAR {
        return Check::missing(
            subject,
            format_args!("it says {}, before this program was written", now.date()),
            "set it: `ntpdate pool.ntp.org`, or date(1)",
        );
    }
    if facts.boot.ntpd {
        return Check::ok(subject, format_args!("it says {}, and ntpd(8) is enabled", now.date()));
    }
    Check::limited(
        subject,
        format_args!("it says {}, and nothing sets it right: certificates begin and end by it", now.date()),
        "type `sysrc ntpd_enable=YES ntpd_sync_on_start=YES && service ntpd start`",
    )
}
