use std::path::{Path, PathBuf};

use super::*;
use crate::{
    appliance::{Content, Owner, machine::Machine},
    host::command::Command,
};

fn twice(host: &Machine, step: &Step) -> [Done; 2] {
    [carry_out(step, host).unwrap(), carry_out(step, host).unwrap()]
}

#[test]
fn what_is_so_already_is_left_alone() {
    let host = Machine::new();
    let path = |name: &str| PathBuf::from("/usr/local/jailbuild").join(name);
    let content = Content::new("text");
    for step in [
        Step::User,
        Step::Folder { path: path("data"), mode: 0o700, owner: Owner::Daemon },
        Step::File { path: path("script"), mode: 0o555, owner: Owner::Root, content: content.clone() },
        Step::File { path: path("key"), mode: 0o600, owner: Owner::Daemon, content },
        Step::Link { path: path("current"), target: "images/a".into() },
        Step::Link { path: path("current"), target: "images/b".into() },
        Step::Renamed { from: path("data"), to: path("saved") },
        Step::Absent { path: path("saved") },
        Step::Unless {
            holds: Command::new("sysrc").args(["-n", "x_enable"]),
            run: Command::new("sysrc").arg("x_enable=YES"),
        },
        Step::Variable { name: "schoolchat_enable".into(), value: Some("YES".into()) },
        Step::Variable { name: "schoolchat_enable".into(), value: None },
        Step::Kernel { name: "net.inet.ip.forwarding".into(), value: "0".into() },
        Step::NoUser,
    ] {
        assert_eq!(twice(&host, &step), [Done::Now, Done::Already], "{step}");
    }
    assert_eq!(
        host.files().iter().filter(|line| line.starts_with("/usr/local/jailbuild/")).collect::<Vec<_>>(),
        [
            "/usr/local/jailbuild/current Link { target: \"images/b\" } ",
            "/usr/local/jailbuild/key File { mode: 384 } 5222:5222 982d9e3eb996",
            "/usr/local/jailbuild/script File { mode: 365 }  982d9e3eb996",
        ]
    );
}

#[test]
fn a_key_is_never_readable_by_others_and_never_shown() {
    let host = Machine::new();
    let step = Step::File {
        path: "/usr/local/key.pem".into(),
        mode: 0o600,
        owner: Owner::Daemon,
        content: Content::new("BEGIN PRIVATE KEY"),
    };
    carry_out(&step, &host).unwrap();
    assert!(!format!("{step} {step:?}{}", host.journal()).contains("PRIVATE"));
}

#[test]
fn a_user_with_other_ids_is_refused() {
    let host = crate::host::double::Double::answering(&[
        ("pw", 0, ""),
        ("id -u", 0, "1005\n"),
        ("id -g", 0, "5222\n"),
    ]);
    let error = carry_out(&Step::User, &host).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.exit_code()),
        ("this host's user `xmppd` has the ids 1005:5222, not 5222:5222", 6)
    );
}

#[test]
fn what_did_not_come_to_be_is_an_error() {
    let host = crate::host::double::Double::answering(&[("sysrc -n", 1, "")]);
    let step = Step::Unless {
        holds: Command::new("sysrc").args(["-n", "x_enable"]),
        run: Command::new("sysrc").arg("x_enable=YES"),
    };
    let error = carry_out(&step, &host).unwrap_err().to_string();
    assert_eq!(
        error,
        "this was done, but is not so: run `sysrc x_enable=YES` unless `sysrc -n x_enable` succeeds"
    );
    let folder = Step::Folder { path: "/x".into(), mode: 0o755, owner: Owner::Root };
    assert!(carry_out(&folder, &host).is_err());
}

#[test]
fn whoever_is_ended_between_two_acts_can_go_on() {
    let steps = [
        Step::User,
        Step::Folder { path: "/usr/local/data".into(), mode: 0o700, owner: Owner::Daemon },
        Step::File {
            path: "/usr/local/settings".into(),
            mode: 0o644,
            owner: Owner::Root,
            content: Content::new("text"),
        },
        Step::Link { path: "/usr/local/current".into(), target: "images/a".into() },
        Step::Renamed { from: "/usr/local/data".into(), to: "/usr/local/saved".into() },
    ];
    let all = |host: &Machine| steps.iter().try_for_each(|step| carry_out(step, host).map(drop));
    let undisturbed = Machine::new();
    all(&undisturbed).unwrap();
    for acts in 0.. {
        let host = Machine::new();
        host.dies_after(Some(acts));
        let ended = all(&host);
        host.dies_after(None);
        if ended.is_ok() {
            return;
        }
        // The folder was renamed already: going on means to go on from there, as the plans do that hold such a step.
        if host.look(Path::new("/usr/local/saved")).unwrap().is_some() {
            continue;
        }
        all(&host).unwrap();
        assert_eq!(host.files(), undisturbed.files(), "after {acts} acts");
    }
}
