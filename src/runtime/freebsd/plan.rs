//! Which commands start and stop an appliance, in which order. Their forms were tried on FreeBSD 15.1.

use std::{
    fmt,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use crate::{
    error::Result,
    host::command::Command,
    render::{Jail, KernelParameters, Word},
    runtime::{BEYOND, DATA, Deployment, SETTINGS, Sabotage},
};

/// One step of starting or stopping.
#[derive(Clone, Debug)]
pub enum Step {
    /// A file of the host appears, for root alone.
    Write(PathBuf, String),
    /// A command, which must succeed.
    Run(Command),
    /// An epair of whatever number is free, whose ends get these names.
    MakeEpair {
        /// The host's end.
        outer: String,
        /// The end that moves into the jail.
        inner: String,
    },
    /// The supervisor whose process id is in this file ends, if it is one: the file may be left over from another life.
    EndSupervisor(PathBuf),
    /// Something is gone, whether or not it was there.
    Gone {
        /// How to see that it is there.
        present: Present,
        /// What removes it: the first that does is the last that is run.
        remove: Vec<Command>,
    },
}

/// How to see that something is there.
#[derive(Clone, Debug)]
pub enum Present {
    /// A command succeeds, and prints something.
    Prints(Command),
    /// The loopback interface has this address.
    Loopback(Ipv4Addr),
    /// Something is mounted there.
    Mounted(PathBuf),
}

/// Where appliances that are thrown away have what goes with them.
pub(super) const RUNNING: &str = "/var/run/jailbuild";

/// How often an unmount is tried before it is forced: right after a jail is gone its root can be busy.
const UNMOUNT_TRIES: usize = 5;

/// The folder where the appliance is seen assembled.
pub(super) fn live(deployment: &Deployment) -> PathBuf {
    Path::new(RUNNING).join(&deployment.policy.name)
}

fn beside_live(deployment: &Deployment, ending: &str) -> PathBuf {
    Path::new(RUNNING).join(format!("{}.{ending}", deployment.policy.name))
}

/// Where the supervisor writes its process id.
pub(super) fn pid_file(deployment: &Deployment) -> PathBuf {
    beside_live(deployment, "pid")
}

/// The steps that start an appliance on a host whose kernel knows these jail parameters.
///
/// # Errors
/// [`Error::Configuration`](crate::Error::Configuration) if a name or path would need quotes in `jail.conf(5)`.
pub fn start(deployment: &Deployment, known: &KernelParameters) -> Result<Vec<Step>> {
    let name = deployment.policy.name.as_str();
    let live = live(deployment);
    let conf = beside_live(deployment, "conf");
    let jail = Jail {
        policy: &deployment.policy,
        root: Word::path(&live)?,
        hostname: Word::new(&deployment.hostname)?,
        image: None,
        devices: false,
    };
    let mut steps =
        vec![run("mkdir").args(["-p"]).arg(&live).step(), Step::Write(conf.clone(), jail.render(known)?)];
    steps.extend(link(deployment));
    steps.extend(mounts(deployment, &live));
    steps.push(run("jail").arg("-f").arg(conf).args(["-c", name]).step());
    steps.extend(addresses(deployment));
    steps.push(supervisor(deployment));
    Ok(steps)
}

/// The host does not forward for it, unlike for the service that is installed: whoever looks at it is the host, and
/// a setting of the kernel would stay behind.
fn link(deployment: &Deployment) -> Vec<Step> {
    let policy = &deployment.policy;
    let (outer, inner) = (policy.host_interface(), policy.jail_interface());
    let address = format!("{}/{}", policy.host, policy.link.prefix_len());
    let mut steps = vec![
        Step::MakeEpair { outer: outer.clone(), inner },
        run("ifconfig").args([outer.as_str(), "inet", &address, "up"]).step(),
    ];
    // The rules before the jail: it is never without.
    if !deployment.sabotages(Sabotage::NoFirewall) {
        let load = run("pfctl").args(["-a", &policy.anchor(), "-f", "-"]);
        steps.push(load.input(deployment.firewall.as_bytes()).step());
    }
    steps
}

fn mounts(deployment: &Deployment, live: &Path) -> Vec<Step> {
    let owner = format!("{}:{}", deployment.uid, deployment.gid);
    let own = |folder: &Path| run("chown").args(["-R", &owner]).arg(folder).step();
    let mount = |options: &str, source: &Path, target: PathBuf| {
        run("mount").args(["-t", "nullfs", "-o", options]).arg(source).arg(target).step()
    };
    let root = if deployment.sabotages(Sabotage::WritableRoot) { "rw" } else { "ro" };
    let data = if deployment.sabotages(Sabotage::LooseData) { "rw" } else { "rw,nosuid,noexec" };
    vec![
        own(&deployment.settings),
        own(&deployment.data),
        mount(root, &deployment.rootfs, live.to_owned()),
        mount("ro,nosuid,noexec", &deployment.settings, below(live, SETTINGS)),
        mount(data, &deployment.data, below(live, DATA)),
    ]
}

/// From outside: there is no tool in the jail. There is no default route, only the way back to the clients.
fn addresses(deployment: &Deployment) -> Vec<Step> {
    let policy = &deployment.policy;
    let interface = policy.jail_interface();
    let address = format!("{}/{}", policy.jail, policy.link.prefix_len());
    let ifconfig = |arguments: [&str; 4]| run("ifconfig").args(["-j", &policy.name]).args(arguments).step();
    let route = |words: &[&str]| {
        run("route").args(["-j", &policy.name, "add"]).args(words).arg(policy.host.to_string()).step()
    };
    let mut steps =
        vec![ifconfig(["lo0", "inet", "127.0.0.1/8", "up"]), ifconfig([&interface, "inet", &address, "up"])];
    steps.extend(policy.lan.iter().map(|network| route(&["-net", &network.to_string()])));
    if deployment.sabotages(Sabotage::DefaultRoute) {
        steps.push(route(&["default"]));
    }
    steps
}

/// daemon(8) stays with the process in the jail. Unlike for the service that is installed, it does not start it again:
/// a daemon that fails while it is looked at is to be noticed. Without `-f` it would keep the streams of its caller,
/// who would wait for their end.
fn supervisor(deployment: &Deployment) -> Step {
    let name = deployment.policy.name.as_str();
    run("daemon")
        .args(["-f", "-P"])
        .arg(pid_file(deployment))
        .args(["-t", name, "-o"])
        .arg(&deployment.log)
        .args(inside(deployment))
        .args(&deployment.program)
        .step()
}

/// What runs a program within, as the daemon's user.
pub(super) fn inside(deployment: &Deployment) -> Vec<String> {
    let mut words = inside_of(&deployment.policy.name);
    if deployment.sabotages(Sabotage::RunAsRoot) {
        words.retain(|word| word != "-u" && word != "xmppd");
    }
    words
}

/// The same for the jail of that name. jexec(8) passes the environment on: there is none.
pub(super) fn inside_of(name: &str) -> Vec<String> {
    ["env", "-i", "jexec", "-u", "xmppd", name].map(str::to_owned).to_vec()
}

/// An address that nothing within must reach; the host has it as long as somebody looks.
pub(super) fn bait() -> Step {
    run("ifconfig").args(["lo0", "inet", &format!("{BEYOND}/32"), "alias"]).step()
}

/// The steps that take it back.
pub(super) fn bait_gone() -> Step {
    Step::Gone {
        present: Present::Loopback(BEYOND),
        remove: vec![run("ifconfig").args(["lo0", "inet", &BEYOND.to_string(), "-alias"])],
    }
}

/// The steps after which nothing of the appliance is left, whatever is gone already.
pub fn stop(deployment: &Deployment) -> Vec<Step> {
    let policy = &deployment.policy;
    let name = policy.name.as_str();
    let live = live(deployment);
    let interface = |name: String| Step::Gone {
        present: Present::Prints(run("ifconfig").arg(&name)),
        remove: vec![run("ifconfig").args([&name, "destroy"])],
    };
    let jail = Step::Gone {
        present: Present::Prints(run("jls").args(["-j", name, "jid"])),
        remove: vec![run("jail").args(["-r", name]), run("jail").args(["-R", name])],
    };
    let rules = Step::Gone {
        present: Present::Prints(run("pfctl").args(["-P", "-a", &policy.anchor(), "-sr"])),
        remove: vec![run("pfctl").args(["-a", &policy.anchor(), "-F", "all"])],
    };
    vec![
        Step::EndSupervisor(pid_file(deployment)),
        jail,
        // The jail's end goes with the host's; alone it is left only if a start failed half-way.
        interface(policy.host_interface()),
        interface(policy.jail_interface()),
        bait_gone(),
        // What was mounted last goes first.
        unmounted(below(&live, DATA)),
        unmounted(below(&live, SETTINGS)),
        unmounted(live.clone()),
        rules,
        run("rm").arg("-f").arg(beside_live(deployment, "conf")).step(),
        Step::Gone {
            present: Present::Prints(run("ls").arg("-d").arg(&live)),
            remove: vec![run("rmdir").arg(&live)],
        },
    ]
}

fn unmounted(path: PathBuf) -> Step {
    let mut remove = vec![run("umount").arg(&path); UNMOUNT_TRIES];
    remove.push(run("umount").arg("-f").arg(&path));
    Step::Gone { present: Present::Mounted(path), remove }
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn run(program: &str) -> Command {
    Command::new(program)
}

trait IntoStep {
    fn step(self) -> Step;
}

impl IntoStep for Command {
    fn step(self) -> Step {
        Step::Run(self)
    }
}

/// As one would type it.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(path, _) => write!(formatter, "write {}", path.display()),
            Self::Run(command) => write!(formatter, "{command}"),
            Self::MakeEpair { outer, inner } => {
                write!(formatter, "ifconfig epair create; name its ends {outer} and {inner}")
            }
            Self::EndSupervisor(file) => write!(formatter, "end the supervisor of {}", file.display()),
            Self::Gone { present, remove } => {
                match present {
                    Present::Prints(command) => write!(formatter, "if `{command}`:")?,
                    Present::Loopback(address) => write!(formatter, "if lo0 has {address}:")?,
                    Present::Mounted(path) => write!(formatter, "if {} is mounted:", path.display())?,
                }
                let mut remove: Vec<String> = remove.iter().map(Command::to_string).collect();
                remove.dedup();
                write!(formatter, " {}", remove.join(", else "))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
