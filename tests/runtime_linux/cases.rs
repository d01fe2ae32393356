//! The cases themselves.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

use jailbuild::runtime::{DATA, Firewall, Listener, SETTINGS, Sabotage, linux};
use libtest_mimic::{Arguments, Trial};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, geteuid},
};

use crate::world::{LOSE, PROGRAM, Seen, World, expect_the_end_of, is_running, parent_of};

type Case = fn();

/// Every case, named as a claim.
const CASES: [(&str, Case); 13] = [
    ("the_daemon_is_unprivileged", the_daemon_is_unprivileged),
    ("only_data_can_be_written", only_data_can_be_written),
    ("nothing_leaves", nothing_leaves),
    ("programs_run_inside_with_their_input", programs_run_inside_with_their_input),
    ("stopping_is_polite_and_leaves_nothing", stopping_is_polite_and_leaves_nothing),
    ("each_sabotage_is_seen", each_sabotage_is_seen),
    ("a_daemon_that_ends_early_is_quoted", a_daemon_that_ends_early_is_quoted),
    ("a_daemon_that_ends_by_itself_is_told_of", a_daemon_that_ends_by_itself_is_told_of),
    ("secrets_of_the_stage_go_with_it", secrets_of_the_stage_go_with_it),
    ("nothing_is_said_of_a_daemon_that_is_gone", nothing_is_said_of_a_daemon_that_is_gone),
    ("nothing_outlives_a_killed_parent", nothing_outlives_a_killed_parent),
    ("nothing_outlives_a_killed_keeper", nothing_outlives_a_killed_keeper),
    ("all_this_holds_for_an_ordinary_user", all_this_holds_for_an_ordinary_user),
];

pub(crate) fn main() -> ExitCode {
    let cases = match linux::available() {
        Ok(()) => CASES
            .map(|(name, case)| {
                Trial::test(name, move || {
                    case();
                    Ok(())
                })
            })
            .into(),
        Err(unavailable) => {
            skip(&format!("{unavailable}; {}", unavailable.hint));
            Vec::new()
        }
    };
    libtest_mimic::run(&Arguments::from_args(), cases).exit_code()
}

fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("skipped: {why}");
}

fn seen(sabotage: &[Sabotage], visits: &[&[&str]]) -> Seen {
    World::new(sabotage).observe(visits).expect("it starts")
}

fn the_daemon_is_unprivileged() {
    let seen = seen(&[], &[&[PROGRAM, "unshare"], &["/bin/sh", "-c", "true"], &[PROGRAM, "environment"]]);
    let [daemon] = seen.processes.as_slice() else { panic!("{:?}", seen.processes) };
    assert_eq!(daemon.command, format!("{PROGRAM} serve 5222 5223"));
    assert_eq!(daemon.uids, [5222, 5222, 5222]);
    // The groups of an ordinary user cannot be given up in a user namespace; there they are nobody's.
    assert!(daemon.gids.iter().all(|gid| [5222, 65534].contains(gid)), "{:?}", daemon.gids);
    assert_eq!(daemon.capabilities, Some(0));
    assert_eq!(daemon.no_new_privileges, Some(true));
    assert_ne!(seen.visits[0].code, 0, "a user namespace within would bring capabilities back");
    assert_eq!(seen.visits[1].code, 127, "there is no shell");
    assert_eq!(seen.visits[2].stdout, b"0\n");
}

fn only_data_can_be_written() {
    let inside = format!("{DATA}/x");
    let writes: [&[&str]; 4] = [
        &[PROGRAM, "write", &inside],
        &[PROGRAM, "write", "/x"],
        &[PROGRAM, "write", &format!("{SETTINGS}/x")],
        &[PROGRAM, "write", "/usr/local/sbin/x"],
    ];
    let seen = seen(&[], &writes);
    let codes: Vec<i32> = seen.visits.iter().map(|visit| visit.code).collect();
    assert_eq!(codes, [0, 1, 1, 1]);

    let mounts: Vec<(&Path, Vec<&str>)> = seen
        .mounts
        .iter()
        .map(|mount| {
            let guards = ["ro", "nosuid", "nodev", "noexec"];
            (
                mount.at.as_path(),
                guards.into_iter().filter(|guard| mount.options.iter().any(|o| o == guard)).collect(),
            )
        })
        .collect();
    assert_eq!(
        mounts,
        [
            (Path::new("/"), vec!["ro", "nosuid", "nodev"]),
            (Path::new(SETTINGS), vec!["ro", "nosuid", "nodev", "noexec"]),
            (Path::new(DATA), vec!["nosuid", "nodev", "noexec"]),
        ]
    );
}

fn nothing_leaves() {
    let seen = seen(&[], &[]);
    assert_eq!(seen.reached_from_host, seen.forbidden, "the targets must be there to be missed");
    assert_eq!(seen.routes, ["10.66.0.0/30", "192.168.0.0/16"]);
    let listener = |port| Listener { protocol: "tcp".to_owned(), port };
    assert_eq!(seen.listening, [listener(5222), listener(5223)]);
    match seen.firewall {
        Firewall::InForce { rules, blocked_packets } => {
            assert_eq!(seen.reached_from_within, []);
            assert!(rules.iter().any(|rule| rule.contains("dport 5269")), "{rules:?}");
            assert!(blocked_packets > 0);
        }
        Firewall::NotChecked { why, .. } => skip(&why),
        Firewall::Differs { why } => panic!("{why}"),
    }
}

fn programs_run_inside_with_their_input() {
    let seen = seen(&[], &[&[PROGRAM, "echo"], &[PROGRAM, "fail"]]);
    assert_eq!((seen.visits[0].code, seen.visits[0].stdout.as_slice()), (0, b"given".as_slice()));
    assert_eq!(
        (seen.visits[1].code, seen.visits[1].stderr.as_slice()),
        (3, b"the daemon's last words\n".as_slice())
    );
}

fn stopping_is_polite_and_leaves_nothing() {
    let world = World::new(&[]);
    let seen = world.observe(&[]).expect("it starts");
    assert_eq!((seen.left, seen.link_left), (vec![], false));
    let log = fs::read_to_string(&world.deployment.log).expect("a log");
    assert_eq!(log, "ready at 2 ports\nended politely\n");
    let mounted = fs::read_to_string("/proc/self/mountinfo").expect("a table");
    assert!(!mounted.contains(world.folder.path().to_str().expect("text")));
}

fn each_sabotage_is_seen() {
    let route = seen(&[Sabotage::DefaultRoute], &[]);
    assert!(route.routes.contains(&"0.0.0.0/0".to_owned()));

    let listener = seen(&[Sabotage::ExtraListener(5269)], &[]);
    assert!(listener.listening.contains(&Listener { protocol: "tcp".to_owned(), port: 5269 }));

    assert_eq!(seen(&[Sabotage::GainPrivileges], &[]).processes[0].no_new_privileges, Some(false));
    assert_ne!(seen(&[Sabotage::KeepCapabilities], &[]).processes[0].capabilities, Some(0));

    let data = seen(&[Sabotage::LooseData], &[]).mounts;
    let data = data.iter().find(|mount| mount.at == Path::new(DATA)).expect("it is mounted");
    assert!(!data.options.contains(&"noexec".to_owned()));

    let leak = seen(&[Sabotage::DefaultRoute, Sabotage::NoFirewall], &[]);
    assert!(!matches!(leak.firewall, Firewall::InForce { .. }));
    assert_eq!(leak.reached_from_within, leak.forbidden, "a leak must succeed where nothing prevents it");

    let root = seen(&[Sabotage::RunAsRoot], &[]).processes;
    assert_eq!(root[0].uids, [0, 0, 0]);

    let writable = seen(&[Sabotage::RunAsRoot, Sabotage::WritableRoot], &[&[PROGRAM, "write", "/x"]]);
    assert!(!writable.mounts[0].options.contains(&"ro".to_owned()));
    assert_eq!(writable.visits[0].code, 0);
}

fn a_daemon_that_ends_early_is_quoted() {
    let mut world = World::new(&[]);
    world.deployment.program = [PROGRAM, "fail"].map(str::to_owned).to_vec();
    let error = world.observe(&[]).err().expect("it does not start");
    assert_eq!(error.to_string(), "the daemon ended before it was ready: exit status: 3");
    assert!(format!("{error:?}").contains("the daemon's last words"), "{error:?}");

    world.deployment.program = vec!["/usr/local/sbin/missing".to_owned()];
    let error = world.observe(&[]).err().expect("it does not start");
    assert!(format!("{error:?}").contains("cannot run `/usr/local/sbin/missing` within"), "{error:?}");
}

fn a_daemon_that_ends_by_itself_is_told_of() {
    let world = World::new(&[]);
    let error = LOSE.run(&world.deployment, |()| {}).expect_err("it was not told to");
    assert!(error.to_string().starts_with("the daemon ended before it was told to: "), "{error}");
    assert!(format!("{error:?}").contains("ended politely"), "{error:?}");
}

fn secrets_of_the_stage_go_with_it() {
    let (folder, mode, files) = seen(&[], &[]).scratch;
    assert_eq!((mode, files), (0o700, vec![]));
    assert!(!folder.join("secret").exists());
}

fn nothing_is_said_of_a_daemon_that_is_gone() {
    let error = World::new(&[]).observe(&[&[PROGRAM, "end"], &[PROGRAM, "echo"]]);
    let error = error.err().expect("it is gone while it is looked at");
    assert!(error.to_string().starts_with("cannot enter the appliance: "), "{error}");
}

/// A parent with a stage, a keeper and a daemon, to be ended the hard way.
struct Lingering {
    parent: Child,
    folder: PathBuf,
    daemon: u32,
}

impl Lingering {
    fn start() -> Self {
        let program = std::env::current_exe().expect("a program");
        let mut parent =
            Command::new(program).arg("linger").stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let stdout = parent.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it speaks");
        let (folder, daemon) = line.trim().rsplit_once(' ').expect("two words");
        Self { parent, folder: PathBuf::from(folder), daemon: daemon.parse().expect("a number") }
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let _ = self.parent.kill();
        let _ = self.parent.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn nothing_outlives_a_killed_parent() {
    let mut lingering = Lingering::start();
    assert!(is_running(lingering.daemon));
    lingering.parent.kill().expect("it can be killed");
    expect_the_end_of(lingering.daemon);
}

fn nothing_outlives_a_killed_keeper() {
    let lingering = Lingering::start();
    let keeper = parent_of(lingering.daemon).try_into().expect("a number");
    kill(Pid::from_raw(keeper), Signal::SIGKILL).expect("it can be killed");
    expect_the_end_of(lingering.daemon);
}

fn all_this_holds_for_an_ordinary_user() {
    if !geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let everyone = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), everyone.clone()).expect("a mode");
    let copy = folder.path().join("runtime_linux");
    // By a program of its own: what other trials start meanwhile would hold the copy open for writing, and it could not run.
    let copied = Command::new("cp").arg(std::env::current_exe().expect("a program")).arg(&copy).status();
    assert!(copied.expect("cp runs").success());
    fs::set_permissions(&copy, everyone).expect("a mode");
    let status = Command::new(&copy).current_dir("/").uid(65534).gid(65534).status().expect("it starts");
    assert!(status.success(), "{status}");
}
