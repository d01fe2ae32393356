//! A deployment of this program, and the acts that start it and look at it.

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, SocketAddrV4, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use jailbuild::{
    Result,
    policy::{Policy, Stack},
    runtime::{Act, Deployment, Firewall, Listener, Mount, Output, Process, Sabotage, Stage},
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// Where this program is within.
pub(crate) const PROGRAM: &str = "/usr/local/sbin/xmppd";

/// A deployment in a folder that goes away.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) deployment: Deployment,
}

impl World {
    pub(crate) fn new(sabotage: &[Sabotage]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rootfs = folder.path().join("rootfs");
        for path in ["usr/local/sbin", "usr/local/etc/xmppd", "var/db/xmppd"] {
            fs::create_dir_all(rootfs.join(path)).expect("a folder");
        }
        let program = std::env::current_exe().expect("a program");
        fs::copy(&program, rootfs.join(PROGRAM.trim_start_matches('/'))).expect("a copy");
        for object in shared_objects(&program) {
            let copy = rootfs.join(object.strip_prefix("/").expect("an absolute path"));
            fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
            fs::copy(object, copy).expect("a copy");
        }
        let beside = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("a folder");
            path
        };
        let deployment = Deployment {
            rootfs,
            settings: beside("settings"),
            data: beside("data"),
            log: folder.path().join("log"),
            policy: policy(),
            uid: 5222,
            gid: 5222,
            hostname: "chat.school.test".to_owned(),
            program: [PROGRAM, "serve", "5222", "5223"].map(str::to_owned).to_vec(),
            firewall: policy().nft().expect("rules"),
            sabotage: sabotage.to_vec(),
        };
        Self { folder, deployment }
    }

    pub(crate) fn observe(&self, visits: &[&[&str]]) -> Result<Seen> {
        let visits =
            visits.iter().map(|visit| visit.iter().map(|word| (*word).to_owned()).collect()).collect();
        OBSERVE.run(&(self.deployment.clone(), visits), |()| {})
    }
}

fn policy() -> Policy {
    Policy {
        name: "t".to_owned(),
        link: "10.66.0.0/30".parse().expect("a network"),
        host: "10.66.0.1".parse().expect("an address"),
        jail: "10.66.0.2".parse().expect("an address"),
        lan: vec!["192.168.0.0/16".parse().expect("a network")],
        open: vec![5222, 5223],
        blocked: vec![5269],
        connections_per_address: 100,
        stack: Stack::Own,
    }
}

fn shared_objects(program: &Path) -> Vec<PathBuf> {
    let listing = Command::new("ldd").arg(program).output().expect("ldd(1) of the C library");
    let listing = String::from_utf8(listing.stdout).expect("text");
    listing.split_ascii_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

/// What the probes would see.
#[derive(Deserialize, Serialize)]
pub(crate) struct Seen {
    pub(crate) processes: Vec<Process>,
    pub(crate) listening: Vec<Listener>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) routes: Vec<String>,
    pub(crate) firewall: Firewall,
    pub(crate) forbidden: Vec<SocketAddrV4>,
    /// Those of the forbidden targets that the stage itself reaches: all, or they would prove nothing.
    pub(crate) reached_from_host: Vec<SocketAddrV4>,
    /// Those that were reached from within.
    pub(crate) reached_from_within: Vec<SocketAddrV4>,
    pub(crate) visits: Vec<Output>,
    /// The stage's folder for what goes away, its permission bits, and what was in it.
    pub(crate) scratch: (PathBuf, u32, Vec<PathBuf>),
    /// The processes that were left after the stop.
    pub(crate) left: Vec<u32>,
    /// Whether the link was left after the stop.
    pub(crate) link_left: bool,
}

/// Starts an appliance, looks at everything, runs programs within, stops it, and looks for what is left.
pub(crate) const OBSERVE: Act<(Deployment, Vec<Vec<String>>), (), Seen> =
    Act { name: "observe", perform: observe };

fn observe(
    stage: &Stage,
    (deployment, visits): &(Deployment, Vec<Vec<String>>),
    _: &mut dyn FnMut(()),
) -> Result<Seen> {
    let scratch = look_into(stage.scratch());
    fs::write(stage.scratch().join("secret"), "of the stage").expect("a file");
    let appliance = stage.runtime().start(deployment)?;
    // Comes to nothing, but is counted.
    let _ = TcpStream::connect_timeout(
        &SocketAddr::from((appliance.address(), 5269)),
        Duration::from_millis(100),
    );

    let forbidden = appliance.forbidden_targets();
    let reached_from_host =
        forbidden.iter().copied().filter(|target| TcpStream::connect(target).is_ok()).collect();
    // What is to be reached is waited for; what is not comes to nothing, each time.
    let patience = if deployment.sabotage.contains(&Sabotage::NoFirewall) { "10000" } else { "300" };
    let mut reached_from_within = Vec::new();
    for target in &forbidden {
        if appliance.run_inside(&[PROGRAM, "connect", &target.to_string(), patience], b"")?.code == 0 {
            reached_from_within.push(*target);
        }
    }
    let visits = visits
        .iter()
        .map(|visit| {
            let words: Vec<&str> = visit.iter().map(String::as_str).collect();
            appliance.run_inside(&words, b"given")
        })
        .collect::<Result<_>>()?;
    let mut seen = Seen {
        processes: appliance.processes()?,
        listening: appliance.listening()?,
        mounts: appliance.mounts()?,
        routes: appliance.routes()?,
        firewall: appliance.firewall(),
        forbidden,
        reached_from_host,
        reached_from_within,
        visits,
        scratch,
        left: Vec::new(),
        link_left: false,
    };
    appliance.stop()?;
    let running = |pid: &u32| Path::new("/proc").join(pid.to_string()).exists();
    seen.left = seen.processes.iter().map(|process| process.pid).filter(running).collect();
    seen.link_left = nix::net::if_::if_nametoindex("t_h").is_ok();
    Ok(seen)
}

fn look_into(folder: &Path) -> (PathBuf, u32, Vec<PathBuf>) {
    let mode = fs::metadata(folder).expect("it is there").permissions().mode() & 0o7777;
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    (folder.to_owned(), mode, files.collect())
}

/// Starts an appliance whose daemon then ends by itself, and stops what is left.
pub(crate) const LOSE: Act<Deployment, (), ()> = Act { name: "lose", perform: lose };

fn lose(stage: &Stage, deployment: &Deployment, _: &mut dyn FnMut(())) -> Result<()> {
    let appliance = stage.runtime().start(deployment)?;
    let keeper = parent_of(appliance.processes()?[0].pid);
    appliance.run_inside(&[PROGRAM, "end"], b"")?;
    expect_the_end_of(keeper);
    appliance.stop()
}

pub(crate) fn parent_of(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:\t")).expect("a parent");
    parent.parse().expect("a number")
}

pub(crate) fn expect_the_end_of(pid: u32) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_running(pid) {
        assert!(Instant::now() < deadline, "process {pid} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that nobody waits for, as may happen in a container without an init, is not running.
pub(crate) fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

/// Starts an appliance, tells the daemon's process id, and stays.
pub(crate) const LINGER: Act<Deployment, u32, ()> = Act { name: "linger", perform: stay };

fn stay(stage: &Stage, deployment: &Deployment, on_event: &mut dyn FnMut(u32)) -> Result<()> {
    let appliance = stage.runtime().start(deployment)?;
    on_event(appliance.processes()?[0].pid);
    std::thread::sleep(Duration::from_secs(60));
    appliance.stop()
}

/// The part of a parent that is about to be killed: prints the daemon's process id.
pub(crate) fn linger() {
    let world = World::new(&[]);
    let said = LINGER.run(&world.deployment, |pid| {
        println!("{} {pid}", world.folder.path().display());
        std::io::stdout().flush().expect("someone listens");
    });
    said.expect("nothing happens to it");
}
