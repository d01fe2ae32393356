//! What the firewall holds back, and what a broken daemon could reach if it did not.

use std::{
    net::{SocketAddrV4, TcpStream},
    time::Duration,
};

use ipnet::Ipv4Net;

use super::{
    Evidence, Finding, Probe, Shortfall, Subject, failed,
    inside::{Connect, try_inside},
    require,
    subject::at,
};
use crate::{
    policy::Stack,
    runtime::{Appliance, Firewall},
};

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "s2s-closed",
        "Nobody answers on the port of server-to-server XMPP, 5269, from outside.",
        s2s_closed,
    ),
    Probe::of_appliance("s2s-no-listener", "Nothing listens on 5269 within.", s2s_no_listener),
    Probe::of_appliance(
        "firewall-in-force",
        "The firewall's rules are loaded, and are those of the policy.",
        in_force,
    ),
    Probe::of_appliance("s2s-dropped-inbound", "The firewall drops what comes in for 5269.", dropped_inbound),
    Probe::of_appliance(
        "s2s-dropped-outbound",
        "The firewall drops what goes out to 5269.",
        dropped_outbound,
    ),
    Probe::of_appliance("no-default-route", "There is no route out of the appliance.", no_default_route),
    Probe::of_appliance(
        "nothing-leaves",
        "From within, neither the host nor anything beyond it can be reached.",
        nothing_leaves,
    ),
];

/// How long a connect may take that is to fail; one that is to succeed may take as long on an emulated machine.
const PATIENCE: Duration = Duration::from_secs(3);

fn s2s_closed(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    // That it is not the whole appliance which does not answer.
    let open = at(appliance, subject.doors.starttls);
    connect(open).map_err(|error| failed(format!("not even {open} answers: {error}")))?;
    let shut = at(appliance, subject.doors.server_to_server);
    match connect(shut) {
        Ok(()) => Err(failed(format!("{shut} answers"))),
        Err(error) => {
            evidence.note(format!("{shut}: {error}; {open}: answers"));
            Ok(())
        }
    }
}

fn s2s_no_listener(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let listening = appliance.listening()?;
    let listens = |port: u16| listening.iter().any(|listener| listener.port == port);
    evidence.note(format!("{} listeners within", listening.len()));
    require(listens(subject.doors.starttls), || "no listener at all is seen within".to_owned())?;
    let shut = subject.doors.server_to_server;
    require(!listens(shut), || format!("something listens on {shut} within"))
}

fn in_force(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let (rules, blocked) = rules(appliance)?;
    evidence.0.extend(rules.iter().cloned());
    evidence.note(format!("{blocked} packets dropped so far by the rules for blocked ports"));
    require(!rules.is_empty(), || "there are no rules".to_owned())
}

fn dropped_inbound(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let target = at(appliance, subject.doors.server_to_server);
    counter_rises(appliance, evidence, || {
        let answer = connect(target);
        Ok(format!(
            "{target} from outside: {}",
            answer.map_or_else(|error| error.to_string(), |()| "open".into())
        ))
    })
}

fn dropped_outbound(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let target = SocketAddrV4::new(subject.host, subject.doors.server_to_server);
    counter_rises(appliance, evidence, || {
        let inside = try_inside(appliance, &[("--connect", target.to_string())])?;
        let answer = inside.connect.first().map_or("not tried", |connect| connect.result.as_str());
        require(answer != "open", || format!("{target} could be reached from within"))?;
        Ok(format!("{target} from within: {answer}"))
    })
}

/// The firewall counts at least one more packet for the blocked ports after this was tried.
fn counter_rises(
    appliance: &dyn Appliance,
    evidence: &mut Evidence,
    attempt: impl FnOnce() -> Result<String, Shortfall>,
) -> Finding {
    let (_, before) = rules(appliance)?;
    evidence.note(attempt()?);
    let (_, after) = rules(appliance)?;
    evidence.note(format!("packets dropped: {before} before, {after} after"));
    require(after > before, || "the firewall counted no packet for 5269".to_owned())
}

fn rules(appliance: &dyn Appliance) -> Result<(Vec<String>, u64), Shortfall> {
    match appliance.firewall() {
        Firewall::InForce { rules, blocked_packets } => Ok((rules, blocked_packets)),
        Firewall::Differs { why } => {
            Err(failed(format!("the rules in force are not those of the policy: {why}")))
        }
        Firewall::NotChecked { why, hint } => Err(Shortfall::NotChecked { why, hint }),
    }
}

/// With the host's network stack the appliance has its routes, and what passes within the host pf does not see.
fn own_stack(subject: &Subject) -> Finding {
    match subject.stack {
        Stack::Own => Ok(()),
        Stack::Shared => Err(Shortfall::GivenUp(
            "the appliance shares the host's network stack (`--shared-address`): it has the host's routes, and \
             reaches what listens on the host"
                .to_owned(),
        )),
    }
}

fn no_default_route(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    own_stack(subject)?;
    let routes = appliance.routes()?;
    for route in &routes {
        evidence.note(route);
    }
    require(!routes.is_empty(), || "no route at all is seen, not even to the host".to_owned())?;
    // Half of the world is as good as all of it: 0.0.0.0/1 and 128.0.0.0/1.
    let out = |route: &str| {
        let prefix = route.rsplit_once('/').and_then(|(_, length)| length.parse::<u8>().ok());
        route.starts_with("default") || prefix.is_some_and(|length| length < 8)
    };
    match routes.iter().find(|route| out(route)) {
        None => Ok(()),
        Some(route) => Err(failed(format!("there is a route to `{route}`"))),
    }
}

fn nothing_leaves(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    own_stack(subject)?;
    let targets = appliance.forbidden_targets();
    require(!targets.is_empty(), || "the runtime names no target to try".to_owned())?;
    for target in &targets {
        // A target on which nothing listens would refuse a jail that is wide open, too.
        connect(*target).map_err(|error| Shortfall::NotChecked {
            why: format!("{target} does not answer here either: {error}"),
            hint: "see what became of the listener that the runtime opened".to_owned(),
        })?;
    }
    // The appliance can reach itself: so `inside` can tell what is open from what is not.
    let itself = at(appliance, subject.doors.starttls);
    let mut tries: Vec<_> = targets.iter().map(|target| ("--connect", target.to_string())).collect();
    tries.push(("--connect", itself.to_string()));
    let inside = try_inside(appliance, &tries)?;
    for connect in &inside.connect {
        evidence.note(format!("{} from within: {}", connect.target, connect.result));
    }
    let is_itself = |connect: &&Connect| connect.target == itself.to_string();
    require(inside.connect.iter().find(is_itself).is_some_and(|connect| connect.result == "open"), || {
        format!("from within not even {itself}, the appliance itself, can be reached")
    })?;
    let reached: Vec<_> =
        inside.connect.iter().filter(|connect| !is_itself(connect) && is_answer(connect)).collect();
    let Some(first) = reached.first() else { return Ok(()) };
    // What the appliance has a route to, such as the host, only the firewall keeps from it.
    let routes = appliance.routes()?;
    match appliance.firewall() {
        Firewall::NotChecked { why, hint } if reached.iter().all(|connect| is_routed(connect, &routes)) => {
            Err(Shortfall::NotChecked {
                why: format!("nothing but the firewall could hold it back: {why}"),
                hint,
            })
        }
        _ => Err(failed(format!("{} from within: {}", first.target, first.result))),
    }
}

/// `refused` is an answer, too: a packet went out, and one came back.
fn is_answer(connect: &Connect) -> bool {
    !matches!(connect.result.as_str(), "unreachable" | "timeout" | "denied")
}

fn is_routed(connect: &Connect, routes: &[String]) -> bool {
    let Ok(target) = connect.target.parse::<SocketAddrV4>() else { return false };
    let networks = routes.iter().filter_map(|route| route.parse::<Ipv4Net>().ok());
    networks.filter(|network| network.prefix_len() >= 8).any(|network| network.contains(target.ip()))
}

fn connect(address: SocketAddrV4) -> std::io::Result<()> {
    TcpStream::connect_timeout(&address.into(), PATIENCE).map(drop)
}
