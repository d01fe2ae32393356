//! The table: each probe, what is broken for it, and what it must then say.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::{Plan, Twin, appliance::mount, certificates::LeafPlan, file, world::Habit};
use crate::{
    policy::Stack,
    probe::{NotStarted, Probe, Verdict, registry, run_all},
    runtime::{Firewall, Listener},
};

/// Breaks something.
type Sabotage = fn(&mut Plan);

/// The probe, the sabotage, and words of the reason that it must give.
const BROKEN: &[(&str, Sabotage, &str)] = &[
    ("image-no-setuid", |it| add(it, "rootfs/usr/bin/su", 0o4555, b""), "`/usr/bin/su`"),
    ("image-no-setuid", |it| add(it, "rootfs/usr/bin/wall", 0o2555, b""), "`/usr/bin/wall`"),
    ("image-no-setuid", |it| it.image.clear(), "holds no `rootfs/usr/local/sbin/xmppd`"),
    ("image-no-shell", |it| add(it, "rootfs/bin/sh", 0o555, b"\x7fELF"), "`/bin/sh`"),
    ("image-no-shell", |it| add(it, "rootfs/usr/local/bin/python3.11", 0o555, b"\x7fELF"), "python3.11"),
    ("image-no-shell", |it| add(it, "rootfs/usr/sbin/pkg", 0o555, b"\x7fELF"), "`/usr/sbin/pkg`"),
    ("image-no-shell", |it| add(it, "rootfs/etc/start", 0o555, b"#!/x"), "`/etc/start`"),
    ("image-no-devices", device, "`/dev/mem`"),
    ("image-no-world-writable", |it| add(it, "rootfs/tmp/x", 0o666, b""), "`/tmp/x`"),
    ("image-no-passwd", |it| add(it, "rootfs/etc/master.passwd", 0o600, b""), "`/etc/master.passwd`"),
    (
        "image-no-secret",
        |it| add(it, "host/note", 0o644, b"it is correct horse battery staple"),
        "a password",
    ),
    ("image-no-secret", |it| add(it, "host/key.pem", 0o600, other_key().as_bytes()), "a private key is in"),
    ("image-no-school", |it| add(it, "rootfs/etc/motd", 0o644, b"school.test"), "the domain is in"),
    ("ports-only-wanted", |it| it.extra_door = true, "answers"),
    ("listeners-only-wanted", |it| listen(it, "tcp", 22), "tcp port 22"),
    ("listeners-only-wanted", |it| listen(it, "udp", 53), "udp port 53"),
    ("listeners-only-wanted", |it| it.facts.doors_listen = false, "cannot be right"),
    ("s2s-closed", |it| it.server_to_server = true, "answers"),
    ("s2s-no-listener", |it| listen(it, "tcp", 0), "listens on"),
    ("firewall-in-force", differ, "one rule is missing"),
    ("firewall-in-force", |it| it.facts.firewall = in_force(&[]), "there are no rules"),
    ("s2s-dropped-inbound", |it| it.facts.counts = false, "counted no packet"),
    ("s2s-dropped-inbound", differ, "one rule is missing"),
    ("s2s-dropped-outbound", |it| it.facts.counts = false, "counted no packet"),
    ("s2s-dropped-outbound", |it| it.facts.reach = "open", "could be reached from within"),
    ("no-default-route", |it| it.facts.routes.push("0.0.0.0/0".into()), "`0.0.0.0/0`"),
    ("no-default-route", |it| it.facts.routes.push("128.0.0.0/1".into()), "`128.0.0.0/1`"),
    ("no-default-route", |it| it.facts.routes.push("default".into()), "`default`"),
    ("no-default-route", |it| it.facts.routes.clear(), "no route at all"),
    ("nothing-leaves", |it| it.facts.reach = "open", "from within: open"),
    ("nothing-leaves", |it| it.facts.reach = "refused", "from within: refused"),
    ("nothing-leaves", unguarded, "from within: open"),
    ("nothing-leaves", |it| it.facts.reach_itself = "timeout", "the appliance itself"),
    ("nothing-leaves", |it| it.facts.no_target = true, "no target"),
    ("tls-chain", |it| leaf(it).stranger = true, "BadSignature"),
    ("tls-chain", |it| leaf(it).days = (30, -1), "expired"),
    ("tls-chain", |it| leaf(it).days = (-1, 30), "not valid yet"),
    ("tls-chain", |it| leaf(it).names = vec!["elsewhere.test".into()], "not valid for name"),
    ("tls-no-other-name", |it| leaf(it).names.push("other.test".into()), "good for `other.test` too"),
    ("tls-no-other-name", |it| leaf(it).names.push("*.school.test".into()), "jailbuild-probe"),
    ("tls-trust-stores", |it| leaf(it).days = (1, 900), "825"),
    ("tls-alpn", |it| it.habits.push(Habit::NoAlpn), "`xmpp-client` is not chosen"),
    ("tls-versions", |it| it.habits.push(Habit::NoTls12), "TLSv1_2 does not work"),
    ("tls-versions", |it| it.habits.push(Habit::NoTls13), "TLSv1_3 does not work"),
    ("tls-old-refused", |it| it.habits.push(Habit::AnswersOldTls), "with a server hello"),
    ("web-tls", |it| it.habits.push(Habit::HttpInTheClear), "in the clear is answered"),
    ("web-tls", |it| leaf(it).stranger = true, "BadSignature"),
    ("web-foreign-page-refused", |it| it.habits.push(Habit::AnyOrigin), "is answered with 101"),
    ("web-lists-nothing", |it| it.habits.push(Habit::ListsFiles), "`/upload/` is answered with 200"),
    ("starttls-required", |it| it.habits.push(Habit::StarttlsOptional), "offered, not required"),
    ("starttls-required", |it| it.habits.push(Habit::OffersMechanismsInTheClear), "`mechanisms`"),
    ("nothing-before-tls", |it| it.habits.push(Habit::LoginInTheClear), "a login with PLAIN before TLS"),
    ("registration-not-offered", |it| it.habits.push(Habit::OffersRegistration), "is offered in the clear"),
    ("registration-not-offered", |it| it.habits.push(Habit::OffersRegistrationInDisco), "disco#info offers"),
    ("registration-refused", |it| it.habits.push(Habit::AcceptsRegistration), "after STARTTLS"),
    ("registration-refused", |it| it.habits.push(Habit::AcceptsRegistrationAfterLogin), "after login"),
    ("foreign-stream-refused", |it| it.habits.push(Habit::AnyDomain), "elsewhere.test"),
    ("server-stream-refused", |it| it.habits.push(Habit::ServerStreams), "`features`"),
    ("dialback-refused", |it| it.habits.push(Habit::OffersDialback), "is offered"),
    ("dialback-refused", |it| it.habits.push(Habit::AnswersDialback), "answered with `result`"),
    ("login-works", |it| it.habits.push(Habit::RefusesEveryone), "the right password is refused"),
    (
        "login-works",
        |it| it.facts.refuses_to_administer = Some("the store is broken\n"),
        "`xmppd user add` ended with 1: the store is broken",
    ),
    ("login-works", |it| it.habits.push(Habit::BindsElsewhere), "was bound instead of"),
    ("scram-only", |it| it.habits.push(Habit::OffersPlain), "PLAIN is offered"),
    ("scram-only", |it| it.habits.push(Habit::OffersPlainBySasl2), "PLAIN is offered"),
    ("scram-only", |it| it.habits.push(Habit::AcceptsPlain), "PLAIN is answered with `success`"),
    (
        "scram-only",
        |it| it.habits.push(Habit::AcceptsPlainBySasl2),
        "PLAIN by SASL2 is answered with `success`",
    ),
    ("binding-enforced", |it| it.habits.push(Habit::IgnoresBinding), "is answered with `let in`"),
    ("binding-enforced", |it| it.habits.push(Habit::NoBinding), "SCRAM-SHA-256-PLUS is not offered"),
    ("legacy-login-refused", |it| it.habits.push(Habit::LegacyLogin), "of type `result`"),
    ("stanza-limit", |it| it.habits.push(Habit::NoLimit), "more than the limit"),
    ("stanza-limit", |it| it.habits.push(Habit::TightLimit), "less than the limit"),
    ("disable-closes", |it| it.habits.push(Habit::KeepsDisabledIn), "lives on"),
    ("disable-closes", |it| it.habits.push(Habit::LetsDisabledIn), "can log in again"),
    ("consent-first", |it| it.habits.push(Habit::IgnoresConsent), "without anybody's consent"),
    (
        "consent-first",
        |it| it.facts.refuses_to_administer = Some("the disk is full"),
        "not for want of consent",
    ),
    (
        "foreign-recipient-refused",
        |it| it.habits.push(Habit::SwallowsForeignStanzas),
        "a stanza to `stranger@elsewhere.test` is answered with nothing",
    ),
    (
        "forged-sender-refused",
        |it| it.habits.push(Habit::BelievesSenders),
        "`from='stranger@elsewhere.test'`",
    ),
    ("mounts-locked", |it| it.facts.mounts[0] = mount("/", &["rw"]), "`/` is not mounted `ro`"),
    ("mounts-locked", |it| it.facts.mounts[2] = mount("/var/db/xmppd", &["nosuid", "nodev"]), "`noexec`"),
    ("mounts-locked", |it| it.facts.mounts.push(mount("/home", &["rw"])), "`/home`"),
    ("mounts-locked", |it| it.facts.mounts.truncate(2), "`/var/db/xmppd` is not a mount"),
    ("root-unwritable", |it| it.facts.writable.push("/usr/local/sbin/"), "could be written"),
    ("root-unwritable", |it| it.facts.writable.clear(), "not even `/var/db/xmppd`"),
    ("no-shell-inside", |it| it.facts.runnable.push("/bin/sh"), "`/bin/sh` could be run"),
    ("no-shell-inside", |it| it.facts.runnable.clear(), "not even"),
    ("process-unprivileged", |it| it.facts.processes[0].uids[1] = 0, "process 4711 runs as"),
    ("process-unprivileged", |it| it.facts.processes[0].gids.push(0), "process 4711 runs as"),
    ("process-unprivileged", |it| it.facts.processes.clear(), "no process is seen"),
    ("process-unprivileged", |it| it.facts.inside_uid = 0, "a program run within runs as root"),
    ("process-no-capabilities", |it| it.facts.processes[0].capabilities = Some(0x400), "0x400"),
    ("process-no-new-privileges", |it| it.facts.processes[0].no_new_privileges = Some(false), "may gain"),
    ("canary", |it| it.habits.push(Habit::LogsContent), "xmppd.log"),
    ("canary", |it| it.habits.push(Habit::KeepsDelivered), "xmppd.sqlite"),
    ("image-unchanged", |it| it.spoil = |at| change(at, b"\x7fELF!"), "libc.so.7` has other bytes"),
    ("image-unchanged", |it| it.spoil = |at| allow(at, 0o644), "libc.so.7` has the mode 0644, not 0444"),
    (
        "image-unchanged",
        |it| it.spoil = |at| fs::remove_file(at.join(LIBRARY)).unwrap(),
        "libc.so.7` is gone",
    ),
    (
        "image-unchanged",
        |it| it.spoil = |at| fs::write(at.join("rootfs/var/db/xmppd/more"), "").unwrap(),
        "`rootfs/var/db/xmppd/more` is not in the image",
    ),
    ("wrong-password-refused", |it| it.habits.push(Habit::AcceptsAnyPassword), "does not know the password"),
    ("unknown-user-hidden", |it| it.habits.push(Habit::TellsUnknownNames), "account-disabled"),
    ("unknown-user-hidden", |it| it.habits.push(Habit::RandomSalts), "another salt each time"),
    ("guessing-throttled", |it| it.habits.push(Habit::ThrottlesNobody), "the first took"),
];

const LIBRARY: &str = "rootfs/lib/libc.so.7";

fn change(unpacked: &Path, bytes: &[u8]) {
    fs::remove_file(unpacked.join(LIBRARY)).unwrap();
    fs::write(unpacked.join(LIBRARY), bytes).unwrap();
    allow(unpacked, 0o444);
}

fn allow(unpacked: &Path, mode: u32) {
    fs::set_permissions(unpacked.join(LIBRARY), Permissions::from_mode(mode)).unwrap();
}

fn add(plan: &mut Plan, path: &str, mode: u32, bytes: &[u8]) {
    plan.image.push(file(path, mode, bytes));
}

fn leaf(plan: &mut Plan) -> &mut LeafPlan {
    plan.leaf.get_or_insert_with(LeafPlan::simple)
}

fn device(plan: &mut Plan) {
    let mut node = file("rootfs/dev/mem", 0o600, b"");
    node.kind = tar::EntryType::Char;
    plan.image.push(node);
}

fn other_key() -> String {
    rcgen::KeyPair::generate().unwrap().serialize_pem()
}

fn listen(plan: &mut Plan, protocol: &str, port: u16) {
    plan.facts.listening.push(Listener { protocol: protocol.to_owned(), port });
}

fn in_force(rules: &[String]) -> Firewall {
    Firewall::InForce { rules: rules.to_vec(), blocked_packets: 0 }
}

fn differ(plan: &mut Plan) {
    plan.facts.firewall = Firewall::Differs { why: "one rule is missing".to_owned() };
}

/// Reaches what there is no route to, on a machine without a firewall.
fn unguarded(plan: &mut Plan) {
    plan.facts.firewall = no_firewall();
    plan.facts.reach = "open";
}

fn no_firewall() -> Firewall {
    Firewall::NotChecked { why: "there is no nft here".to_owned(), hint: "apt install nftables".to_owned() }
}

fn probe(name: &str) -> Probe {
    registry().into_iter().find(|probe| probe.name == name).unwrap_or_else(|| panic!("`{name}` is no probe"))
}

#[test]
fn every_probe_has_a_broken_twin() {
    for probe in registry() {
        assert!(BROKEN.iter().any(|(name, ..)| *name == probe.name), "`{}` has no broken twin", probe.name);
    }
}

#[test]
fn every_broken_twin_is_caught_for_the_right_reason() {
    // Most of the time is spent waiting, so many at once cost little more than one.
    let escaped: Vec<String> = BROKEN.chunks(12).flat_map(|rows| escapes_of(rows)).collect();
    assert!(escaped.is_empty(), "{}", escaped.join("\n"));
}

/// Those of these rows whose broken twin is not caught.
fn escapes_of(rows: &'static [(&str, Sabotage, &str)]) -> Vec<String> {
    let twins: Vec<_> = rows.iter().map(|row| std::thread::spawn(move || escapes(row))).collect();
    twins.into_iter().filter_map(|twin| twin.join().unwrap()).collect()
}

fn escapes((name, sabotage, reason): &(&str, Sabotage, &str)) -> Option<String> {
    let mut plan = Plan::healthy();
    sabotage(&mut plan);
    let twin = Twin::start(plan);
    let outcome = probe(name).run(&twin.subject());
    let caught = matches!(&outcome.verdict, Verdict::Failed { why } if why.contains(reason));
    (!caught).then(|| format!("{name}, `{reason}`: {outcome:#?}"))
}

#[test]
fn a_healthy_twin_passes_every_probe() {
    let twin = Twin::start(Plan::healthy());
    let report = run_all(&twin.subject(), |_| {});
    for outcome in &report.outcomes {
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:#?}");
        assert!(!outcome.evidence.is_empty(), "`{}` shows no evidence", outcome.probe);
    }
    assert_eq!(report.passed(), registry().len());
    assert!(twin.world.accounts.lock().unwrap().is_empty(), "the probes leave accounts behind");
}

#[test]
fn a_school_may_take_the_password_itself() {
    let habits = vec![Habit::OffersPlain, Habit::OffersPlainBySasl2, Habit::AcceptsPlain];
    let mut twin = Twin::start(Plan { habits, ..Plan::healthy() });
    twin.school.takes_plain = true;
    assert_eq!(probe("scram-only").run(&twin.subject()).verdict, Verdict::Passed);
}

#[test]
fn without_a_web_port_nothing_is_asked_of_it() {
    let mut twin = Twin::start(Plan::healthy());
    twin.doors.web = None;
    for name in ["web-tls", "web-foreign-page-refused", "web-lists-nothing"] {
        assert_eq!(probe(name).run(&twin.subject()).verdict, Verdict::Passed, "{name}");
    }
    // It answers all the same, and that is seen.
    assert!(matches!(probe("ports-only-wanted").run(&twin.subject()).verdict, Verdict::Failed { .. }));
}

#[test]
fn the_key_of_the_site_is_found_in_the_image_in_any_form() {
    let mut twin = Twin::start(Plan::healthy());
    let key = rcgen::KeyPair::generate().unwrap();
    twin.school.secrets =
        vec![crate::probe::Secret::private_key("the leaf's key", &key.serialize_pem()).unwrap()];
    twin.image.files.push(file("rootfs/etc/key.der", 0o600, &key.serialize_der()));
    let Verdict::Failed { why } = probe("image-no-secret").run(&twin.subject()).verdict else { panic!() };
    assert_eq!(why, "the leaf's key is in `rootfs/etc/key.der`");
}

#[test]
fn without_an_appliance_only_the_image_is_checked() {
    let twin = Twin::start(Plan::healthy());
    let mut subject = twin.subject();
    let not_started = NotStarted { why: "not started here".to_owned(), hint: "run it on FreeBSD".to_owned() };
    subject.appliance = Err(not_started);
    let report = run_all(&subject, |_| {});
    assert_eq!((report.failed(), report.passed() + report.not_checked()), (0, registry().len()));
    assert_eq!(report.passed(), registry().iter().filter(|probe| !probe.needs_start()).count());
}

#[test]
fn the_debug_flavour_is_not_called_clean() {
    let twin = Twin::start(Plan::healthy());
    let mut subject = twin.subject();
    subject.minimal = false;
    for name in ["image-no-shell", "image-no-passwd", "no-shell-inside"] {
        assert!(matches!(probe(name).run(&subject).verdict, Verdict::NotChecked { .. }), "{name}");
    }
}

#[test]
fn what_cannot_be_looked_at_is_not_called_passed() {
    let mut plan = Plan::healthy();
    plan.facts.firewall = Firewall::NotChecked {
        why: "there is no nft here".to_owned(),
        hint: "apt install nftables".to_owned(),
    };
    plan.facts.dead_target = true;
    plan.facts.processes[0].capabilities = None;
    plan.facts.processes[0].no_new_privileges = None;
    let twin = Twin::start(plan);
    let mut subject = twin.subject();
    subject.unpacked = None;
    assert!(matches!(probe("image-unchanged").run(&subject).verdict, Verdict::NotChecked { .. }));
    for name in ["firewall-in-force", "s2s-dropped-inbound", "s2s-dropped-outbound", "nothing-leaves"] {
        assert!(matches!(probe(name).run(&twin.subject()).verdict, Verdict::NotChecked { .. }), "{name}");
    }
    for name in ["process-no-capabilities", "process-no-new-privileges"] {
        let verdict = probe(name).run(&twin.subject()).verdict;
        assert_eq!(verdict == Verdict::Passed, cfg!(target_os = "freebsd"), "{name}");
    }
}

#[test]
fn what_a_shared_network_stack_cannot_keep_is_given_up_and_never_passed() {
    let twin = Twin::start(Plan { stack: Stack::Shared, ..Plan::healthy() });
    let report = run_all(&twin.subject(), |_| {});
    let given_up: Vec<_> =
        report.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::GivenUp { .. })).collect();
    assert_eq!(
        given_up.iter().map(|outcome| outcome.probe.as_str()).collect::<Vec<_>>(),
        ["no-default-route", "nothing-leaves"]
    );
    assert_eq!((report.failed(), report.passed()), (0, registry().len() - 2));
}

#[test]
fn a_school_that_lets_passwords_be_sent_has_given_that_up() {
    let mut twin = Twin::start(Plan::healthy());
    twin.school.plain = true;
    assert!(matches!(probe("scram-only").run(&twin.subject()).verdict, Verdict::GivenUp { .. }));
}

#[test]
fn where_there_is_no_firewall_it_is_not_called_broken() {
    let mut plan = Plan::healthy();
    unguarded(&mut plan);
    plan.facts.routes.push("127.0.0.0/8".to_owned());
    let twin = Twin::start(plan);
    let verdict = probe("nothing-leaves").run(&twin.subject()).verdict;
    assert!(
        matches!(&verdict, Verdict::NotChecked { hint, .. } if hint == "apt install nftables"),
        "{verdict:?}"
    );
}
