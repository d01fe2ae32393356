//! What is made of the facts.

use time::OffsetDateTime;

use super::{Check, Wanted, facts::Facts};
use crate::{
    elf::Binary,
    image::{Image, tree::Entry},
    policy::Stack,
    runtime::DAEMON_USER,
    target::Target,
};

/// FreeBSD 13 is at its end of life.
const OLDEST_KERNEL: u32 = 1_400_000;

/// Room for three images and for the data, in KiB; below the first, `install` would end half-way.
const NEEDED: u64 = 200 << 10;
const COMFORTABLE: u64 = 1 << 20;

/// This program was written in that year.
const EARLIEST_YEAR: i32 = 2026;

const RDR_ANCHOR: &str = "rdr-anchor \"jailbuild/*\"";
const ANCHOR: &str = "anchor \"jailbuild/*\"";

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
    checks.extend(wanted.image.map(|image| runs(facts, image)));
    checks.extend([vnet(facts, wanted), limits(facts), pf(facts), anchors(facts, wanted)]);
    checks.extend([forwarding(facts, wanted), addresses(facts, wanted), ports(facts, wanted), user(facts)]);
    checks.extend([disk(facts), clock(facts, now)]);
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

/// An older program runs on newer libraries, and older libraries on a newer kernel; never the other way round.
fn runs(facts: &Facts, image: &Image) -> Check {
    let subject = "image";
    let (target, host) = (image.manifest.target, Target::host().ok());
    if host != Some(target) {
        let host = host.map_or_else(|| "another machine".to_owned(), |host| format!("`{host}`"));
        return Check::missing(
            subject,
            format_args!("it is for `{target}`, and this is {host}"),
            format_args!("make it for this machine, or install it on `{target}`"),
        );
    }
    runs_on(facts.kernel.unwrap_or_default(), &Built::of(image))
}

pub(super) fn runs_on(kernel: u32, built: &Built) -> Check {
    let subject = "image";
    match (built.daemon, built.libraries) {
        (Some(daemon), Some(libraries)) if libraries < daemon => Check::missing(
            subject,
            format_args!("its daemon was built for version {daemon}, and its libraries are of {libraries}"),
            "make it anew with `--base` of a later release",
        ),
        (_, Some(libraries)) if kernel < libraries => Check::missing(
            subject,
            format_args!("its libraries are of version {libraries}, and this kernel is {kernel}"),
            "upgrade the host, or make the image with `--base host` here",
        ),
        (_, Some(libraries)) => {
            Check::ok(subject, format_args!("it runs here: libraries of version {libraries}"))
        }
        (_, None) => Check::limited(
            subject,
            "its libraries do not say for which version they are",
            "`jailbuild verify` starts it, and tells",
        ),
    }
}

/// The versions that the programs of an image were built against.
pub(super) struct Built {
    pub(super) daemon: Option<u32>,
    pub(super) libraries: Option<u32>,
}

impl Built {
    fn of(image: &Image) -> Self {
        let version = |bytes: &[u8]| Binary::parse(bytes).ok()?.freebsd_version;
        let libraries = image.tree.iter().filter_map(|(path, entry)| match entry {
            Entry::File { bytes, .. } if path.as_str().starts_with("rootfs/lib/") => version(bytes),
            _ => None,
        });
        Self {
            daemon: image.tree.file("rootfs/usr/local/sbin/xmppd").and_then(version),
            libraries: libraries.max(),
        }
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

fn pf(facts: &Facts) -> Check {
    let subject = "pf";
    match (facts.pf.enabled, facts.boot.pf) {
        (true, true) => Check::ok(subject, "it is enabled"),
        (true, false) => Check::limited(
            subject,
            "it is enabled, but will not be after the next start of the host",
            "type `sysrc pf_enable=YES`",
        ),
        (false, _) => Check::missing(
            subject,
            "it is not enabled",
            "write /etc/pf.conf if there is none (`pass all` passes all), then type `sysrc pf_enable=YES && service pf start`",
        ),
    }
}

fn anchors(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "pf anchors";
    let lacking: Vec<_> = [
        (facts.pf.translates, RDR_ANCHOR, "before the filter rules"),
        (facts.pf.filters, ANCHOR, "as the first of the filter rules"),
    ]
    .into_iter()
    .filter(|(there, ..)| !there)
    .collect();
    if lacking.is_empty() {
        return Check::ok(subject, "pf evaluates the anchors of jailbuild");
    }
    let lines: Vec<_> = lacking.iter().map(|(_, line, place)| format!("`{line}` {place}")).collect();
    let seen = "pf does not evaluate the anchors of jailbuild: their rules would do nothing";
    if wanted.edits_host {
        return Check::limited(
            subject,
            seen,
            format_args!("`--edit-host` adds to /etc/pf.conf: {}", lines.join(", ")),
        );
    }
    Check::missing(
        subject,
        seen,
        format_args!(
            "add to /etc/pf.conf {}, then type `pfctl -nf /etc/pf.conf && service pf reload`; or let `jailbuild install --edit-host` do it",
            lines.join(", ")
        ),
    )
}

fn forwarding(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "forwarding";
    if wanted.policy.stack == Stack::Shared {
        return Check::ok(subject, "not needed where the network stack is shared");
    }
    let hint = "type `sysctl net.inet.ip.forwarding=1` and `sysrc gateway_enable=YES`";
    match (facts.forwards, facts.boot.gateway) {
        (true, true) => Check::ok(subject, "it is on"),
        (true, false) => Check::limited(
            subject,
            "it is on, but will not be after the next start of the host",
            "type `sysrc gateway_enable=YES`",
        ),
        (false, _) if wanted.edits_host => {
            Check::limited(subject, "it is off: no client would reach the jail", "`--edit-host` turns it on")
        }
        (false, _) => Check::missing(subject, "it is off: no client would reach the jail", hint),
    }
}

/// The appliance's own interfaces may be there: it may run.
fn addresses(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "addresses";
    let policy = wanted.policy;
    let own = [policy.host_interface(), policy.jail_interface()];
    let taken =
        |(interface, address): &&(String, _)| policy.link.contains(address) && !own.contains(interface);
    let hint = "give the school another `link` in `jailbuild.toml`: a /30 that is used nowhere else";
    if let Some((interface, address)) = facts.addresses.iter().find(taken) {
        return Check::missing(
            subject,
            format_args!("`{interface}` has {address}, which is in {}", policy.link),
            hint,
        );
    }
    let is_own = facts.addresses.iter().any(|(interface, _)| own.contains(interface));
    if let Some(route) = facts.routes.iter().find(|route| policy.link.contains(*route) && !is_own) {
        return Check::missing(
            subject,
            format_args!("there is a route to {route}, which is in {}", policy.link),
            hint,
        );
    }
    if let Some(route) =
        facts.routes.iter().find(|route| route.contains(&policy.link) && **route != policy.link)
    {
        return Check::limited(
            subject,
            format_args!("{} is free, but part of {route}, which has a route", policy.link),
            hint,
        );
    }
    Check::ok(subject, format_args!("{} is free", policy.link))
}

fn ports(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "ports";
    let policy = wanted.policy;
    let taken = facts.sockets.iter().find(|socket| {
        socket.protocol == "tcp" && policy.open.contains(&socket.port) && socket.address != Some(policy.jail)
    });
    if let Some(socket) = taken {
        return Check::missing(
            subject,
            format_args!("`{}` listens on port {} of this host", socket.program, socket.port),
            "end it, or give the school other ports in `jailbuild.toml`",
        );
    }
    if let Some((anchor, port)) = facts.redirected.iter().find(|(_, port)| policy.open.contains(port)) {
        return Check::missing(
            subject,
            format_args!("`{anchor}` takes the clients of port {port}"),
            "give one of the two schools other ports in `jailbuild.toml`",
        );
    }
    let open: Vec<_> = policy.open.iter().map(u16::to_string).collect();
    Check::ok(subject, format_args!("{} are free", open.join(", ")))
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

fn disk(facts: &Facts) -> Check {
    let subject = "disk";
    let hint = "make room below /usr/local";
    match facts.free {
        None => {
            Check::limited(subject, "it is not known how much room there is below /usr/local", "look at `df`")
        }
        Some(free) if free < NEEDED => Check::missing(
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
