//! Ended after any act: the same command again ends where it would have ended undisturbed.

use super::*;

/// Whether the host itself dies, or only the program.
const DEATHS: [bool; 2] = [false, true];

fn revive(host: &Machine, reboots: bool) {
    if reboots {
        host.dies_after(None);
    } else {
        host.lives_on();
    }
}

/// Does it on hosts that die after ever more acts, until one is done before.
fn dying(make: impl Fn() -> Machine, act: impl Fn(&Machine) -> Result<Plan>, then: impl Fn(&Machine, usize)) {
    for reboots in DEATHS {
        for acts in 0.. {
            let host = make();
            host.dies_after(Some(acts));
            let ended = act(&host);
            revive(&host, reboots);
            if ended.is_ok() {
                break;
            }
            then(&host, acts);
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
        |host, acts| {
            install(&request, host).unwrap_or_else(|error| panic!("after {acts} acts: {error}"));
            assert_eq!(everything(host), everything(&undisturbed), "after {acts} acts");
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
        |host, acts| {
            install(&request, host).unwrap_or_else(|error| panic!("after {acts} acts: {error}"));
            assert_eq!(everything(host), everything(&undisturbed), "after {acts} acts");
            uninstall("schoolchat", true, host).unwrap();
            assert_eq!(everything(host), before, "after {acts} acts");
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
        |host, acts| {
            uninstall("schoolchat", true, host).unwrap_or_else(|error| panic!("after {acts} acts: {error}"));
            assert_eq!(everything(host), before, "after {acts} acts");
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
        |host, acts| {
            uninstall("schoolchat", true, host).unwrap_or_else(|error| panic!("after {acts} acts: {error}"));
            assert_eq!(everything(host), before, "after {acts} acts");
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
        |host, acts| {
            install(&second, host).unwrap_or_else(|error| panic!("after {acts} acts: {error}"));
            assert_eq!(everything(host), everything(&undisturbed), "after {acts} acts");
            let taken_in = host.journal();
            assert!(
                ["onestart", "onerestart", "onereload"].iter().any(|verb| taken_in.contains(verb)),
                "after {acts} acts nobody told the daemon"
            );
        },
    );
}
