//! The firewall, the way to the jail, and what may be taken already.

use std::net::Ipv4Addr;

use crate::{
    checkup::{Check, Wanted, facts::Facts},
    policy::{Stack, is_of_appliance},
};

const RDR_ANCHOR: &str = "rdr-anchor \"jailbuild/*\"";
const ANCHOR: &str = "anchor \"jailbuild/*\"";

pub(super) fn all(facts: &Facts, wanted: &Wanted) -> [Check; 5] {
    [
        pf(facts, wanted),
        anchors(facts, wanted),
        forwarding(facts, wanted),
        addresses(facts, wanted),
        ports(facts, wanted),
    ]
}

fn pf(facts: &Facts, wanted: &Wanted) -> Check {
    let subject = "pf";
    match (facts.pf.enabled, facts.boot.pf) {
        (true, true) => Check::ok(subject, "it is enabled"),
        (true, false) => Check::limited(
            subject,
            "it is enabled, but will not be after the next start of the host",
            "type `sysrc pf_enable=YES`",
        ),
        (false, _) if wanted.edits_host => {
            Check::limited(subject, "it is not enabled", "`--edit-host` enables it")
        }
        (false, _) => Check::missing(
            subject,
            "it is not enabled",
            "write /etc/pf.conf if there is none (`pass all` passes all), then type `sysrc pf_enable=YES && service pf start`; or let `jailbuild install --edit-host` do it",
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
        // Daemons of appliances are in jails, at addresses of their own.
        let apart = socket.program == "xmppd"
            || socket.address.is_some_and(|address| address == policy.jail || is_inner(address, facts));
        socket.protocol == "tcp" && policy.open.contains(&socket.port) && !apart
    });
    if let Some(socket) = taken {
        return Check::missing(
            subject,
            format_args!("`{}` listens on port {} of this host", socket.program, socket.port),
            "end it, or give the school other ports in `jailbuild.toml`",
        );
    }
    if let Some((anchor, port)) = facts.redirected.iter().find(|(_, port)| policy.open.contains(port)) {
        return Check::limited(
            subject,
            format_args!("`{anchor}` takes the clients of port {port} that come in at its interfaces"),
            "name another `--interface`, or give one of the two schools other ports in `jailbuild.toml`",
        );
    }
    let open: Vec<_> = policy.open.iter().map(u16::to_string).collect();
    Check::ok(subject, format_args!("{} are free", open.join(", ")))
}

/// Whether no client comes to this address: it is the host's own, or that of another appliance on a shared stack.
fn is_inner(address: Ipv4Addr, facts: &Facts) -> bool {
    let of_appliance = |(name, found): &(String, _)| *found == address && is_of_appliance(name);
    address.is_loopback() || facts.addresses.iter().any(of_appliance)
}
