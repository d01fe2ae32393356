//! Appliances for tests: a healthy one, and one that is broken in just one way for each probe.
//!
//! A twin is a server on loopback that speaks XMPP as badly as it is told to, beside facts that are as bad as they are
//! told to be. `sabotage` holds the table: each probe, what is broken for it, and what it must then say.

mod appliance;
mod certificates;
mod conversation;
mod passwords;
mod routing;
mod sabotage;
mod tls;
mod web;
mod world;

use std::{
    fs::{self, Permissions},
    net::{Ipv4Addr, SocketAddrV4, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::Arc,
};

use socket2::{Socket, Type};
use tempfile::TempDir;

use self::{
    appliance::Facts,
    certificates::{Certificates, LeafPlan},
    world::{Habit, World},
};
use super::{Doors, ImageFile, ImageFiles, School, Secret, Subject};
use crate::{policy::Stack, site::Domain};

const DOMAIN: &str = "school.test";
const STANZA_BYTES: usize = 16 * 1024;

/// What a twin is to be like; healthy until sabotaged.
struct Plan {
    habits: Vec<Habit>,
    facts: Facts,
    /// `None` for the certificates that the site itself makes.
    leaf: Option<LeafPlan>,
    image: Vec<ImageFile>,
    /// What becomes of the image once it is unpacked.
    spoil: fn(&Path),
    /// Which network stack it is said to have.
    stack: Stack,
    /// Whether something answers on a port that should be shut, and on the one of server-to-server XMPP.
    extra_door: bool,
    server_to_server: bool,
}

/// A running twin. Its threads end when it is dropped.
struct Twin {
    image: ImageFiles,
    unpacked: TempDir,
    stack: Stack,
    school: School,
    doors: Doors,
    facts: Facts,
    world: Arc<World>,
    /// Held open, or not: the ports that should be shut.
    _traps: [Socket; 2],
    /// Listens, so that a jail that can reach it is caught.
    target: TcpListener,
}

impl Plan {
    fn healthy() -> Self {
        Self {
            habits: Vec::new(),
            facts: Facts::healthy(),
            leaf: None,
            image: vec![
                folder("rootfs/"),
                file("manifest.json", 0o644, b"{}"),
                folder("rootfs/var/db/xmppd/"),
                file("rootfs/lib/libc.so.7", 0o444, b"\x7fELF"),
                file(
                    "rootfs/usr/local/sbin/xmppd",
                    0o555,
                    b"\x7fELF -----BEGIN PRIVATE KEY-----\0 SCRAM-SHA-256",
                ),
            ],
            spoil: |_| {},
            stack: Stack::Own,
            extra_door: false,
            server_to_server: false,
        }
    }
}

fn folder(path: &str) -> ImageFile {
    ImageFile { path: path.to_owned(), kind: tar::EntryType::Directory, mode: 0o755, bytes: Vec::new() }
}

fn file(path: &str, mode: u32, bytes: &[u8]) -> ImageFile {
    ImageFile { path: path.to_owned(), kind: tar::EntryType::Regular, mode, bytes: bytes.to_vec() }
}

/// Lays an image out as it would be on a host; what cannot be made without root is left out.
fn unpack(image: &[ImageFile], folder: &Path) {
    for file in image {
        let path = folder.join(&file.path);
        if file.kind.is_dir() {
            fs::create_dir_all(&path).unwrap();
        } else if file.kind.is_file() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &file.bytes).unwrap();
        } else {
            continue;
        }
        fs::set_permissions(&path, Permissions::from_mode(file.mode)).unwrap();
    }
}

impl Twin {
    fn start(plan: Plan) -> Self {
        let certificates = plan.leaf.as_ref().map_or_else(Certificates::of_the_site, Certificates::make);
        let world = Arc::new(World::new(plan.habits, &certificates));
        let starttls = world::listen(&world, |world, socket| conversation::hold(world, socket, false));
        let direct_tls = world::listen(&world, |world, socket| conversation::hold(world, socket, true));
        let web = world::listen(&world, web::answer);
        let (extra_port, extra) = trap(plan.extra_door);
        let (server_to_server, s2s) = trap(plan.server_to_server);
        let doors = Doors {
            starttls,
            direct_tls,
            web: Some(web),
            server_to_server,
            scanned: vec![direct_tls, extra_port, server_to_server, starttls, web],
        };
        let school = School {
            domain: Domain::parse(DOMAIN).unwrap(),
            authority: certificates.authority,
            chain: certificates.chain,
            plain: false,
            stanza_bytes: STANZA_BYTES,
            takes_plain: false,
            secrets: vec![
                Secret::private_key("the authority's key", &certificates.authority_key).unwrap(),
                Secret::text("a password", "correct horse battery staple"),
            ],
        };
        let unpacked = tempfile::tempdir().unwrap();
        unpack(&plan.image, unpacked.path());
        (plan.spoil)(unpacked.path());
        Self {
            image: ImageFiles { files: plan.image },
            unpacked,
            stack: plan.stack,
            school,
            doors,
            facts: plan.facts,
            world,
            _traps: [extra, s2s],
            target: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            image: &self.image,
            unpacked: Some(self.unpacked.path()),
            minimal: true,
            appliance: Ok(self),
            in_service: false,
            school: &self.school,
            doors: &self.doors,
            host: Ipv4Addr::LOCALHOST,
            stack: self.stack,
        }
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.world.end();
    }
}

/// A port, and what listens there if anything is to. What does not listen holds it all the same: nobody else gets it.
pub(super) fn trap(open: bool) -> (u16, Socket) {
    let socket = Socket::new(socket2::Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    if open {
        socket.listen(128).unwrap();
    }
    (socket.local_addr().unwrap().as_socket_ipv4().unwrap().port(), socket)
}
