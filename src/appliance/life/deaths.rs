//! Ended after any act: the same command again ends where it would have ended undisturbed.

use super::*;

/// How acts begin that only look: after one of these, the host is as it was before it.
const LOOKS: [&str; 13] = [
    "env -i jexec",
    "id ",
    "ifconfig",
    "jls",
    "mount",
    "pfctl -nf",
    "pfctl -s",
    "pw groupshow",
    "pw usershow",
    "route",
    "stat",
    "sysctl -",
    "sysrc -a",
];

/// Does it on hosts that die after each act that changed something. Every other time it is only the program that is killed,
/// and what ran goes on running.
fn dying(make: impl Fn() -> Machine, act: impl Fn(&Machine) -> Result<Plan>, then: impl Fn(&Machine, &str)) {
    let undisturbed = make();
    undisturbed.journal();
    act(&undisturbed).unwrap();
    let journal = undisturbed.journal();
    let changes =
        journal.lines().enumerate().filter(|(_, line)| !LOOKS.iter().any(|look| line.starts_with(look)));
    for (turn, (index, last)) in changes.enumerate() {
        let host = make();
        host.dies_after(Some(index + 1));
        let ended = act(&host);
        if turn % 2 == 0 {
            host.revive();
        } else {
            host.dies_after(None);
        }
        // Nothing comes after the last act.
        if ended.is_err() {
            then(&host, last);
        }
    }
}

#[test]
fn an_installation_goes_on() {
    let request = request(school(""));
    let undisturbed = Machine::new();
    install(&request, &undisturbed).unwrap();
    dying(
        Machine::new,
        |host| install(&request, host),
        |host, last| {
            install(&request, host).unwrap_or_else(|error| panic!("after `{last}`: {error}"));
            assert_eq!(everything(host), everything(&undisturbed), "after `{last}`");
        },
    );
}

#[test]
fn an_installation_that_edits_the_host_goes_on_and_is_undone() {
    let mut request = request(school(""));
    request.options.edit_host = true;
    let before = everything(&Machine::bare());
    let undisturbed = Machine::bare();
    install(&request, &undisturbed).unwrap();
    dying(
        Machine::bare,
        |host| install(&request, host),
        |host, last| {
            install(&request, host).unwrap_or_else(|error| panic!("after `{last}`: {error}"));
            assert_eq!(everything(host), everything(&undisturbed), "after `{last}`");
            uninstall("schoolchat", true, host).unwrap();
            assert_eq!(everything(host), before, "after `{last}`");
        },
    );
}

#[test]
fn what_was_put_in_place_half_way_is_taken_away() {
    let mut request = request(school(""));
    request.options.edit_host = true;
    let before = everything(&Machine::bare());
    dying(
        Machine::bare,
        |host| install(&request, host),
        |host, last| {
            uninstall("schoolchat", true, host).unwrap_or_else(|error| panic!("after `{last}`: {error}"));
            assert_eq!(everything(host), before, "after `{last}`");
        },
    );
}

#[test]
fn a_removal_goes_on() {
    let mut request = request(school(""));
    request.options.edit_host = true;
    let before = everything(&Machine::bare());
    let installed = || {
        let host = Machine::bare();
        install(&request, &host).unwrap();
        host
    };
    dying(
        installed,
        |host| uninstall("schoolchat", true, host),
        |host, last| {
            uninstall("schoolchat", true, host).unwrap_or_else(|error| panic!("after `{last}`: {error}"));
            assert_eq!(everything(host), before, "after `{last}`");
        },
    );
}

#[test]
fn a_change_of_the_school_goes_on_and_comes_into_force() {
    let first = request(school(""));
    let second = request(school("[limits]\nresources-per-account = 3\n[web]\nenabled = true\n"));
    let installed = || {
        let host = Machine::new();
        install(&first, &host).unwrap();
        host.journal();
        host
    };
    let undisturbed = installed();
    install(&second, &undisturbed).unwrap();
    dying(
        installed,
        |host| install(&second, host),
        |host, last| {
            install(&second, host).unwrap_or_else(|error| panic!("after `{last}`: {error}"));
            assert_eq!(everything(host), everything(&undisturbed), "after `{last}`");
            let taken_in = host.journal();
            assert!(
                ["onestart", "onerestart", "onereload"].iter().any(|verb| taken_in.contains(verb)),
                "after `{last}` nobody told the daemon"
            );
        },
    );
}
