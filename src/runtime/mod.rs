//! Starting an image and looking at it from outside and inside, on whichever system this is.

use std::{net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{error::Result, policy::Policy};

pub mod freebsd;
pub(crate) mod interrupts;
#[cfg(target_os = "linux")]
pub mod linux;
mod log;
mod sabotage;
pub mod stage;

pub use sabotage::Sabotage;
pub use stage::{Act, Stage};

/// The user, and the group of the same number, that the daemon runs as.
pub const DAEMON_USER: u32 = 5222;

/// Where the site's settings are seen from within.
pub const SETTINGS: &str = "/usr/local/etc/xmppd";

/// Where the daemon's data is seen from within: the only writable place.
pub const DATA: &str = "/var/db/xmppd";

/// An address that stands for everything beyond host and LAN (TEST-NET-2, RFC 5737).
const BEYOND: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// Everything that a runtime needs to start one appliance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Deployment {
    /// The image's root file system, unpacked; seen read-only from within.
    pub rootfs: PathBuf,
    /// The folder with `xmppd.toml`, `chain.pem` and `key.pem`; seen read-only at `/usr/local/etc/xmppd`.
    pub settings: PathBuf,
    /// The folder seen at `/var/db/xmppd`, the only writable place.
    pub data: PathBuf,
    /// Where the daemon's standard error goes, on the host.
    pub log: PathBuf,
    /// The network it gets.
    pub policy: Policy,
    /// The user and group that the daemon runs as.
    pub uid: u32,
    /// Ditto, its group.
    pub gid: u32,
    /// The host name seen within.
    pub hostname: String,
    /// The daemon's path within, and its arguments.
    pub program: Vec<String>,
    /// The policy rendered for this system's firewall: nftables on Linux, a pf anchor on FreeBSD.
    pub firewall: String,
    /// What is done wrong on purpose: empty but for tests.
    #[serde(default)]
    pub sabotage: Vec<Sabotage>,
}

/// Where an appliance that somebody else has started is found on its host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// Its network; after its name jail and anchor are called.
    pub policy: Policy,
    /// The jail's root, as it is mounted on the host.
    pub root: PathBuf,
    /// Where its supervisor has written its process id.
    pub pid_file: PathBuf,
    /// What its anchor must hold, as it was written for `pf.conf(5)`.
    pub firewall: String,
    /// The folder seen at `/var/db/xmppd`.
    pub data: PathBuf,
    /// Where the daemon's standard error goes.
    pub log: PathBuf,
}

impl Deployment {
    /// The program that an image holds: the daemon, with its settings and data where they are mounted.
    pub fn daemon() -> Vec<String> {
        ["/usr/local/sbin/xmppd", "serve"].map(str::to_owned).to_vec()
    }

    /// Whether this is done wrong on purpose.
    pub(crate) fn sabotages(&self, sabotage: Sabotage) -> bool {
        self.sabotage.contains(&sabotage)
    }
}

/// A way to start appliances on this system.
pub trait Runtime {
    /// `jail` or `namespaces`.
    fn name(&self) -> &'static str;

    /// The policy in the form of this system's firewall, for [`Deployment::firewall`].
    fn rules(&self, policy: &Policy) -> Result<String>;

    /// Starts the appliance and waits until the daemon accepts connections.
    fn start(&self, deployment: &Deployment) -> Result<Box<dyn Appliance>>;
}

/// A running appliance, as the probes see it. Probes connect to [`Appliance::address`] from this very process.
pub trait Appliance: Send + Sync {
    /// The jail's address.
    fn address(&self) -> Ipv4Addr;

    /// Addresses of the host, of the LAN and beyond, on which something does listen and that the jail must not reach:
    /// the targets for connections tried from inside. From those of host and LAN only the firewall keeps it (answers
    /// to clients need the routes); to those beyond there is no route.
    fn forbidden_targets(&self) -> Vec<std::net::SocketAddrV4>;

    /// Runs a program of the image within the appliance, as the daemon's user, and waits for its end.
    fn run_inside(&self, arguments: &[&str], input: &[u8]) -> Result<Output>;

    /// Every process in the appliance, with what it may do.
    fn processes(&self) -> Result<Vec<Process>>;

    /// The TCP and UDP ports that something listens on within, on any address.
    fn listening(&self) -> Result<Vec<Listener>>;

    /// What is mounted within.
    fn mounts(&self) -> Result<Vec<Mount>>;

    /// The routes within, as `destination` networks (`0.0.0.0/0` is a default route).
    fn routes(&self) -> Result<Vec<String>>;

    /// The firewall's rules and counters as the system reports them.
    fn firewall(&self) -> Firewall;

    /// The folder, seen from the host, in which everything lands that the appliance writes: data, then logs.
    fn written(&self) -> Vec<PathBuf>;

    /// Stops the daemon politely and removes all that `start` made. Dropping does the same, without a word.
    ///
    /// # Errors
    /// Also if the daemon had ended before it was told to, with the last lines of its log.
    fn stop(self: Box<Self>) -> Result<()>;
}

/// How a program run within the appliance ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Output {
    /// Its exit code; 128 + n when ended by signal n.
    pub code: i32,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
}

/// A process within the appliance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Process {
    /// Its id as seen from the host.
    pub pid: u32,
    /// Its command line.
    pub command: String,
    /// Real, effective and saved user ids, as seen from within.
    pub uids: Vec<u32>,
    /// Group ids, supplementary ones included, as seen from within.
    pub gids: Vec<u32>,
    /// Linux: the union of the permitted, effective, inheritable, ambient and bounding capability sets; `None` on FreeBSD.
    pub capabilities: Option<u64>,
    /// Linux: whether `no_new_privs` is set; `None` on FreeBSD.
    pub no_new_privileges: Option<bool>,
}

/// A listening socket within the appliance.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Listener {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Its port.
    pub port: u16,
}

/// A mount within the appliance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mount {
    /// Where, as seen from within.
    pub at: PathBuf,
    /// The file system's type.
    pub kind: String,
    /// Its options: `ro`, `nosuid`, `nodev`, `noexec`, …
    pub options: Vec<String>,
}

/// The state of the firewall.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Firewall {
    /// Rules are loaded and were compared with the policy.
    InForce {
        /// The rules in the system's own normal form.
        rules: Vec<String>,
        /// Packets dropped so far by the rules for blocked ports, both directions.
        blocked_packets: u64,
    },
    /// Rules are loaded, but are not those of the policy.
    Differs {
        /// What differs.
        why: String,
    },
    /// Could not be loaded or read.
    NotChecked {
        /// Why.
        why: String,
        /// What to install or type.
        hint: String,
    },
}
