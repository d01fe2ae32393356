use time::macros::datetime;

use super::{
    facts::{Boot, Pf, addresses, free, redirected_ports, routes},
    *,
};
use crate::{
    host::double::Double,
    policy::Stack,
    runtime::freebsd::{Socket, sockets},
    site::Site,
    test_support::transcript::{redirections, transcript},
};

const NOW: OffsetDateTime = datetime!(2026-11-22 09:14 UTC);

/// A FreeBSD 15.1 on which an appliance may live, and on which none does.
fn good() -> Facts {
    Facts {
        is_root: true,
        kernel: Some(1_501_501),
        vimage: true,
        racct: Some(true),
        forwards: true,
        pf: Pf { enabled: true, translates: true, filters: true },
        boot: Boot { pf: true, gateway: true, ntpd: true },
        addresses: vec![
            ("vtnet0".to_owned(), [10, 0, 2, 15].into()),
            ("lo0".to_owned(), [127, 0, 0, 1].into()),
        ],
        routes: vec!["10.0.2.0/24".parse().unwrap()],
        sockets: vec![Socket { protocol: "tcp", address: None, port: 22, program: "sshd".to_owned() }],
        redirected: Vec::new(),
        free: Some(20 << 20),
        user: Some((5222, 5222)),
        owner_of_id: Some("xmppd".to_owned()),
        absent: Vec::new(),
    }
}

fn policy() -> Policy {
    Policy::of(&Site::example())
}

fn wanted(policy: &Policy, edits_host: bool) -> Wanted<'_> {
    let target = "x86_64-unknown-freebsd".parse().unwrap();
    Wanted { policy, image: None, target, edits_host, is_installed: false }
}

fn judged(facts: &Facts) -> Vec<Check> {
    judge::all(facts, &wanted(&policy(), false), NOW)
}

fn shown(checks: &[Check]) -> String {
    checks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_good_host() {
    insta::assert_snapshot!(shown(&judged(&good())));
    require(&judged(&good())).unwrap();
}

#[test]
fn a_bare_host() {
    let bare =
        Facts { is_root: true, kernel: Some(1_302_001), absent: vec!["jail", "pw"], ..Facts::default() };
    let checks = judged(&bare);
    insta::assert_snapshot!(shown(&checks));
    assert!(checks.iter().all(|check| check.state == State::Ok || check.hint.is_some()));
    let error = require(&checks).unwrap_err();
    assert_eq!(error.exit_code(), 6);
    assert!(error.to_string().contains("pf: it is not enabled"), "{error}");
}

/// The check of this subject, of a host that differs from a good one.
fn of(subject: &str, change: impl FnOnce(&mut Facts)) -> (State, String) {
    let mut facts = good();
    change(&mut facts);
    let check = judged(&facts).into_iter().find(|check| check.subject == subject).unwrap();
    (check.state, check.seen)
}

#[test]
fn each_lack_is_told_apart() {
    use State::{Limited, Missing, Ok};
    let socket = |address: Option<[u8; 4]>, port| Socket {
        protocol: "tcp",
        address: address.map(Into::into),
        port,
        program: "beam".to_owned(),
    };
    let own = ("schoolchat_h".to_owned(), [10, 66, 0, 1].into());
    let foreign = ("epair3a".to_owned(), [10, 66, 0, 1].into());
    let rows = [
        (of("VNET", |it| it.vimage = false), Missing, "no `VIMAGE`"),
        (of("RACCT", |it| it.racct = Some(false)), Limited, "it is off"),
        (of("RACCT", |it| it.racct = None), Limited, "the kernel has none"),
        (of("pf", |it| it.boot.pf = false), Limited, "next start"),
        (of("pf anchors", |it| it.pf.translates = false), Missing, "does not evaluate"),
        (of("forwarding", |it| it.forwards = false), Missing, "no client"),
        (of("forwarding", |it| it.boot.gateway = false), Limited, "next start"),
        (of("addresses", |it| it.addresses.push(foreign)), Missing, "`epair3a` has 10.66.0.1"),
        (of("addresses", |it| it.addresses.push(own)), Ok, "10.66.0.0/30 is free"),
        (
            of("addresses", |it| it.routes.push("10.66.0.0/30".parse().unwrap())),
            Missing,
            "a route to 10.66.0.0/30",
        ),
        (of("addresses", |it| it.routes.push("10.0.0.0/8".parse().unwrap())), Limited, "part of 10.0.0.0/8"),
        (of("ports", |it| it.sockets.push(socket(None, 5222))), Missing, "`beam` listens on port 5222"),
        (of("ports", |it| it.sockets.push(socket(Some([127, 0, 0, 1]), 5222))), Ok, "5222, 5223 are free"),
        (of("ports", |it| it.sockets.push(socket(Some([10, 0, 2, 15]), 5222))), Missing, "`beam` listens"),
        (of("ports", |it| it.sockets.push(socket(Some([10, 66, 0, 2]), 5222))), Ok, "5222, 5223 are free"),
        (
            of("ports", |it| it.redirected.push(("jailbuild/b".to_owned(), 5223))),
            Limited,
            "`jailbuild/b` takes",
        ),
        (of("user `xmppd`", |it| it.user = Some((1005, 5222))), Missing, "1005:5222"),
        (
            of("user `xmppd`", |it| (it.user, it.owner_of_id) = (None, Some("www".into()))),
            Missing,
            "`www` has its id",
        ),
        (of("user `xmppd`", |it| (it.user, it.owner_of_id) = (None, None)), Limited, "none yet"),
        (of("disk", |it| it.free = Some(40 << 10)), Missing, "40 MiB"),
        (of("disk", |it| it.free = None), Limited, "not known"),
        (of("clock", |it| it.boot.ntpd = false), Limited, "nothing sets it right"),
        (of("programs", |it| it.absent.push("pfctl")), Missing, "no `pfctl`"),
        (of("kernel", |it| it.kernel = Some(1_302_001)), Missing, "1302001"),
    ];
    for ((state, seen), wanted, words) in rows {
        assert!(state == wanted && seen.contains(words), "{state:?}: {seen}; `{words}`");
    }
}

#[test]
fn what_a_shared_stack_does_not_need_is_not_asked_for() {
    let policy = policy().with_stack(Stack::Shared);
    let facts = Facts { vimage: false, forwards: false, ..good() };
    let checks = judge::all(&facts, &wanted(&policy, false), NOW);
    require(&checks).unwrap();
    let vnet = checks.iter().find(|check| check.subject == "VNET").unwrap();
    assert_eq!(vnet.state, State::Limited, "it isolates less, and that is said");
}

#[test]
fn what_is_edited_anyway_need_not_be_there() {
    let facts = Facts { pf: Pf { enabled: true, ..Pf::default() }, forwards: false, ..good() };
    let checks = judge::all(&facts, &wanted(&policy(), true), NOW);
    require(&checks).unwrap();
    assert!(shown(&checks).contains("`--edit-host` adds to /etc/pf.conf: `rdr-anchor \"jailbuild/*\"`"));
}

#[test]
fn a_clock_that_stands_still_is_seen() {
    let policy = policy();
    let checks = judge::all(&good(), &wanted(&policy, false), datetime!(1970-01-01 00:01 UTC));
    assert_eq!(require(&checks).unwrap_err().exit_code(), 6);
}

#[test]
fn without_rights_nothing_is_claimed_to_be_seen() {
    let checks = preflight(&Double::answering(&[("id -u", 0, "1001\n")]), &wanted(&policy(), false));
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0].state, State::Missing);
}

#[test]
fn the_host_of_the_transcripts_is_understood() {
    let first = transcript(1);
    let interface = first.after("ifconfig epair0a inet 10.66.0.1/30 up; ifconfig epair0a");
    assert_eq!(addresses(interface), [("epair0a".to_owned(), [10, 66, 0, 1].into())]);
    let within = first.after("netstat -j schoolchat -rn");
    assert_eq!(
        routes(within).iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.66.0.0/30", "10.66.0.2/32", "127.0.0.1/32"]
    );
    let shared =
        transcript(4).sections().find(|(typed, _)| typed.starts_with("ifconfig lo1 create")).unwrap().1;
    let seen = sockets(shared);
    assert_eq!(seen.len(), 2);
    assert_eq!(
        seen[1],
        Socket {
            protocol: "tcp",
            address: Some([10, 67, 0, 2].into()),
            port: 5269,
            program: "xmppd".to_owned()
        }
    );
    assert_eq!(redirected_ports(redirections()), [5222, 5223]);
}

#[test]
fn room_on_disk_is_read() {
    let table = "\
Filesystem 1024-blocks    Used   Avail Capacity  Mounted on
/dev/vtbd0     5056344 2051576 2600264    44%    /
";
    assert_eq!(free(table), Some(2_600_264));
    assert_eq!(free(""), None);
}

#[test]
fn facts_are_asked_for_and_put_together() {
    let host = Double::answering(&[
        ("id -un 5222", 0, "xmppd\n"),
        ("id -u xmppd", 0, "5222\n"),
        ("id -g xmppd", 0, "5222\n"),
        ("id -u", 0, "0\n"),
        ("sysctl -n kern.osreldate", 0, "1501501\n"),
        ("sysctl -n kern.racct.enable", 1, ""),
        ("sysctl -n", 0, "1\n"),
        ("sysrc -n pf_enable", 0, "YES\n"),
        ("sysrc -n", 0, "NO\n"),
        ("pfctl -s info", 0, "Status: Enabled for 0 days\n"),
        ("pfctl -s nat", 0, ""),
        ("pfctl -s rules", 0, "anchor \"jailbuild/*\" all\n"),
        ("pfctl -s Anchors -v", 0, "  jailbuild\n  jailbuild/b\n  jailbuild/schoolchat\n"),
        ("pfctl -P -a jailbuild/b -sn", 0, redirections()),
        ("which", 1, "/usr/sbin/jail\n"),
    ]);
    let facts = Facts::of(&host, "schoolchat");
    assert_eq!((facts.kernel, facts.racct, facts.vimage), (Some(1_501_501), None, true));
    assert_eq!(facts.boot, Boot { pf: true, gateway: false, ntpd: false });
    assert_eq!(facts.pf, Pf { enabled: true, translates: false, filters: true });
    assert_eq!(facts.redirected, [("jailbuild/b".to_owned(), 5222), ("jailbuild/b".to_owned(), 5223)]);
    assert_eq!((facts.user, facts.owner_of_id.as_deref()), (Some((5222, 5222)), Some("xmppd")));
    assert!(facts.absent.contains(&"pfctl") && !facts.absent.contains(&"jail"));
}

#[test]
fn an_image_is_compared_with_kernel_and_libraries() {
    use State::{Limited, Missing, Ok};
    let judged = |kernel, daemon, libraries| {
        judge::image::runs_on(kernel, &judge::image::Built { daemon, libraries }).state
    };
    assert_eq!(judged(1_501_501, Some(1_400_097), Some(1_501_501)), Ok);
    assert_eq!(judged(1_403_000, Some(1_400_097), Some(1_501_501)), Missing, "libraries on an older kernel");
    assert_eq!(judged(1_500_068, Some(1_400_097), Some(1_501_501)), Limited, "of the same release");
    assert_eq!(judged(1_501_501, Some(1_500_000), Some(1_400_097)), Missing, "a daemon on older libraries");
    assert_eq!(judged(1_501_501, None, None), Limited);
}
