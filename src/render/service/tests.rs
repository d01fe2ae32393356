#![expect(clippy::unwrap_used, reason = "a test may")]

mod host;

use self::host::Host;
use crate::{
    policy::Stack,
    render::lint::variants::{Variant, variant},
};

fn example() -> Variant {
    variant("the example", |_| {})
}

fn shared() -> Variant {
    variant("shared", |variant| variant.policy.stack = Stack::Shared)
}

#[test]
fn the_script_of_the_example_school() {
    insta::assert_snapshot!(example().service().render().unwrap());
}

#[test]
fn it_starts_the_jail_behind_its_rules() {
    let host = Host::new();
    let trace = host.service("start");
    let position = |what: &str| trace.find(what).unwrap();
    assert!(position("pfctl -q -a jailbuild/schoolchat -f") < position("jail -q -f"));
    assert!(position("rctl -a") < position("daemon -f"));
    insta::assert_snapshot!(trace);
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
    assert_eq!(host.service("start"), "schoolchat is running already.\nexit 0");
}

#[test]
fn it_starts_without_a_network_stack_of_its_own() {
    // Forwarding is no matter of its.
    let host = Host::of(&shared()).with("no-net.inet.ip.forwarding").holding("address", "10.66.0.2");
    insta::assert_snapshot!(host.service("start"));
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
    let trace = host.service("stop");
    assert!(trace.ends_with("schoolchat stopped.\nexit 0"), "{trace}");
    host.assert_clean(&trace);
}

#[test]
fn a_jail_with_devices_gets_their_rules_first() {
    let trace = Host::of(&variant("debug", |variant| variant.devices = true)).service("start");
    let rules =
        trace.find("devfs_rulesets_from_file /usr/local/etc/jailbuild/schoolchat/devfs.rules").unwrap();
    assert!(rules < trace.find("jail -q -f").unwrap());
}

/// pf knows of no log before that module is there.
#[test]
fn what_is_dropped_is_shown_where_that_was_asked_for() {
    let log = variant("log", |variant| variant.log = true);
    let trace = Host::of(&log).service("start");
    let position = |what: &str| trace.find(what).unwrap();
    assert!(position("kldload -n pflog") < position("ifconfig pflog0 up"));
    assert!(position("ifconfig pflog0 up") < position("pfctl -q -a jailbuild/schoolchat -f"));
    let without = Host::of(&log).service_with_broken("start", "kldload*");
    assert!(without.contains("what is dropped is not logged"), "{without}");
    assert!(without.ends_with("schoolchat started.\nexit 0"), "{without}");
    assert!(!Host::new().service("start").contains("pflog"));
}

#[test]
fn it_stops_everything_in_order() {
    let host = Host::started();
    let trace = host.service("stop");
    host.assert_clean(&trace);
    insta::assert_snapshot!(trace);
    assert_eq!(host.service("status"), "schoolchat is not running.\nexit 1");
    let again = host.service("stop");
    assert!(again.ends_with("schoolchat stopped.\nexit 0"), "{again}");
}

#[test]
fn it_can_be_restarted() {
    let host = Host::started();
    let trace = host.service("restart");
    assert!(
        trace.contains("schoolchat stopped.") && trace.ends_with("schoolchat started.\nexit 0"),
        "{trace}"
    );
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
}

/// What was started with `onestart` must not be left in silence.
#[test]
fn it_stops_although_it_is_not_enabled() {
    let host = Host::started().with("disabled");
    let trace = host.service("stop");
    assert!(trace.ends_with("schoolchat stopped.\nexit 0"), "{trace}");
    host.assert_clean(&trace);
    assert_eq!(host.service("start"), "Cannot 'start' schoolchat.\nexit 0");
}

/// `kill -9` of daemon(8) leaves the process in the jail and a stale pid file, whose number is another's one day.
#[test]
fn a_daemon_without_its_supervisor_is_told_of_and_taken_down() {
    let host = Host::started().without("supervisor");
    assert_eq!(
        host.service("status"),
        "schoolchat is running without its supervisor: service schoolchat restart\nexit 1"
    );
    let trace = host.service("stop");
    assert!(!trace.contains("kill"), "it is another's: {trace}");
    assert!(trace.ends_with("schoolchat stopped.\nexit 0"), "{trace}");
    host.assert_clean(&trace);
}

#[test]
fn a_start_mends_what_lost_its_supervisor() {
    let host = Host::started().without("supervisor");
    let trace = host.service("start");
    assert!(trace.find("jail -q -f").unwrap() < trace.find("epair create").unwrap(), "{trace}");
    assert!(trace.ends_with("schoolchat started.\nexit 0"), "{trace}");
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
}

#[test]
fn a_daemon_that_ended_is_told_of() {
    assert_eq!(
        Host::started().without("daemon").service("status"),
        "schoolchat is not running: its jail is there, its daemon is not; see /var/log/schoolchat.log.\nexit 1"
    );
}

#[test]
fn rules_that_were_lost_are_told_of_and_can_be_loaded_again() {
    let host = Host::started().without("rules");
    assert_eq!(
        host.service("status"),
        "schoolchat is running, but its firewall rules are not in force: service schoolchat firewall\nexit 1"
    );
    assert!(host.service("firewall").ends_with("exit 0"));
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
}

#[test]
fn a_start_mends_what_lost_its_rules() {
    let host = Host::started().without("rules");
    assert_eq!(
        host.service("start"),
        "schoolchat is running already.\npfctl -q -a jailbuild/schoolchat -f \
         /usr/local/etc/jailbuild/schoolchat/pf.conf\nexit 0"
    );
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
}

#[test]
fn a_start_does_not_call_started_what_it_cannot_guard() {
    for lost in ["no-pf", "no-rdr-anchor", "no-anchor"] {
        let said = Host::started().with(lost).service("start");
        assert!(said.contains("schoolchat runs without its firewall rules"), "{said}");
        assert!(said.ends_with("exit 1"), "{said}");
    }
}

#[test]
fn rules_are_the_same_whether_or_not_the_kernel_tells_for_how_long_it_tracks() {
    let host = Host::new().with("tells-src-track");
    assert!(host.service("start").ends_with("schoolchat started.\nexit 0"));
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
}

/// As of an interface that was named twice: pf drops the second in silence.
#[test]
fn a_rule_that_is_repeated_is_in_force_once() {
    let host = Host::new().with("repeats");
    assert!(host.service("start").ends_with("schoolchat started.\nexit 0"));
}

#[test]
fn rules_that_pf_does_not_look_at_are_told_of() {
    for (lacks, advice) in [("no-pf", "pf is not enabled"), ("no-anchor", "add this line to /etc/pf.conf")] {
        let said = Host::started().with(lacks).service("status");
        assert!(said.contains(advice) && said.contains("not in force") && said.ends_with("exit 1"), "{said}");
    }
}

/// As after `service routing restart`, where forwarding was turned on by hand.
#[test]
fn a_host_that_forwards_no_more_is_told_of() {
    let host = Host::started().with("no-net.inet.ip.forwarding");
    for verb in ["status", "start"] {
        let said = host.service(verb);
        assert!(said.contains("sysrc gateway_enable=YES") && said.contains("no client reaches it"), "{said}");
        assert!(said.ends_with("exit 1"), "{said}");
    }
    assert!(host.has("jail"), "who is connected stays so");
}

#[test]
fn who_cannot_see_is_not_told_that_it_is_down() {
    let host = Host::started().holding("user", "1001");
    assert_eq!(host.service("status"), "Only root can see whether schoolchat is running.\nexit 1");
}

/// Killed at any step, it leaves what it made so far: the next start or stop is over that.
#[test]
fn whatever_a_start_left_the_next_one_takes_away() {
    for left in [
        &["interface.schoolchat_h", "interface.epair0b"][..],
        &["interface.schoolchat_h", "interface.schoolchat_j", "rules"],
        &["interface.schoolchat_j"],
        &["interface.schoolchat_h", "rules", "jail"],
        &["interface.schoolchat_h", "rules", "jail", "limits", "daemon", "supervisor", "pid"],
        &["pid"],
    ] {
        for verb in ["start", "stop"] {
            let mounts = "/x on /usr/local/jailbuild/schoolchat/root (nullfs, local, read-only)\n";
            let host = Host::new().holding("mounts", mounts);
            let host = left.iter().fold(host, |host, file| host.with(file));
            let trace = host.service(verb);
            assert!(trace.ends_with("exit 0"), "{left:?}: {trace}");
            if verb == "start" {
                assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0", "{left:?}");
            } else {
                host.assert_clean(&trace);
            }
        }
    }
}

#[test]
fn it_waits_for_a_busy_root_and_then_insists() {
    let host = ["1", "2", "3", "4", "5"]
        .iter()
        .fold(Host::started(), |host, number| host.with(&format!("busy{number}")));
    let trace = host.service("stop");
    assert!(trace.contains("umount -f") && trace.ends_with("exit 0"), "{trace}");
    host.assert_clean(&trace);
}

#[test]
fn a_jail_whose_file_is_gone_is_removed_without_it() {
    let host = Host::started();
    let trace = host.service_with_broken("stop", "jail -q -f*");
    assert!(trace.contains("jail -q -R schoolchat") && trace.ends_with("exit 0"), "{trace}");
    host.assert_clean(&trace);
}

#[test]
fn it_says_so_if_anything_stays_and_keeps_its_rules() {
    for (broken, stays) in [
        ("jail*", "its jail"),
        ("ifconfig*destroy", "the interface schoolchat_h"),
        ("umount*", "the mount /usr/local/jailbuild/schoolchat/root"),
        ("kill*", "its supervisor"),
    ] {
        let host = Host::started();
        let trace = host.service_with_broken("stop", broken);
        assert!(trace.contains("warning: still there: ") && trace.contains(stays), "{broken}: {trace}");
        assert!(trace.ends_with("error: schoolchat was not taken down altogether.\nexit 1"), "{trace}");
        assert!(!trace.contains("-F all") && host.has("rules"), "{broken}: {trace}");
    }
}

#[test]
fn it_starts_nothing_where_the_host_is_not_ready_and_says_what_to_type() {
    for (lacks, advice) in [
        ("no-pf", "pf is not enabled: sysrc pf_enable=YES && service pf start"),
        (
            "no-anchor",
            "as the first of the filter rules, and type \"service pf reload\": anchor \"jailbuild/*\"",
        ),
        (
            "no-rdr-anchor",
            "before the filter rules, and type \"service pf reload\": rdr-anchor \"jailbuild/*\"",
        ),
        (
            "no-net.inet.ip.forwarding",
            "this host forwards nothing: sysctl net.inet.ip.forwarding=1 && sysrc gateway_enable=YES",
        ),
        ("rules-are-lost", "the rules of pf are not those of /usr/local/etc/jailbuild/schoolchat/pf.conf"),
        ("deaf", "the daemon does not listen; look into /var/log/schoolchat.log"),
    ] {
        let host = Host::new().with(lacks);
        let trace = host.service("start");
        assert!(trace.contains(advice), "{lacks}: {trace}");
        assert!(trace.ends_with("error: schoolchat was not started.\nexit 1"), "{lacks}: {trace}");
        assert!(lacks == "deaf" || !trace.contains("jail -q"), "{lacks}: {trace}");
        host.assert_clean(&trace);
    }
}

#[test]
fn whatever_fails_on_the_way_nothing_stays() {
    for broken in [
        "ifconfig epair create",
        "ifconfig epair0a name*",
        "ifconfig epair0b name*",
        "ifconfig schoolchat_h inet*",
        "pfctl*-f*",
        "mount*data*",
        "jail*-c*",
        "ifconfig -j*",
        "route*",
        "rctl -a*",
        "daemon*",
    ] {
        let host = Host::new();
        let trace = host.service_with_broken("start", broken);
        assert!(trace.ends_with("error: schoolchat was not started.\nexit 1"), "{broken}: {trace}");
        host.assert_clean(&format!("{broken}: {trace}"));
    }
}

#[test]
fn a_kernel_that_does_not_count_is_asked_for_no_limits() {
    let host = Host::new().with("no-kern.racct.enable");
    let trace = host.service("start") + &host.service("stop");
    assert!(!trace.contains("rctl") && trace.ends_with("exit 0"), "{trace}");
}

#[test]
fn a_reload_is_the_daemons_and_says_what_came_of_it() {
    let reload = "env -i jexec -u xmppd schoolchat /usr/local/sbin/xmppd reload\n";
    assert_eq!(Host::started().service("reload"), format!("{reload}exit 0"));
    assert_eq!(Host::started().service_with_broken("reload", "env*"), format!("{reload}exit 1"));
    assert_eq!(Host::new().service("reload"), "schoolchat is not running.\nexit 1");
}

#[test]
fn it_is_verified_by_the_tool_that_installed_it() {
    assert_eq!(Host::started().service("verify"), "tool verify --installed schoolchat\nexit 0");
}
