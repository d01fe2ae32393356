//! The image from a daemon to the bytes, and back.

use std::{io::Read as _, path::Path};

use super::{
    fixture::{assembled, base, daemon, extra, minimal, written},
    *,
};
use crate::{
    daemon::{Daemon, SourceDateEpoch},
    pkg_list::{Flavour, PkgList},
};

fn paths(tree: &Tree) -> Vec<String> {
    tree.iter()
        .map(|(path, entry)| match entry {
            Entry::File { mode, .. } => format!("{mode} {path}"),
            Entry::Folder { mode } => format!("{mode} {path}/"),
        })
        .collect()
}

#[test]
fn the_minimal_image_holds_the_daemon_and_what_it_needs() {
    insta::assert_snapshot!(paths(&minimal().tree).join("\n"), @"
    0444 HANDOVER.md
    0755 host/
    0444 host/jail.conf
    0444 manifest.json
    0755 rootfs/
    0755 rootfs/lib/
    0444 rootfs/lib/libc.so.7
    0755 rootfs/libexec/
    0555 rootfs/libexec/ld-elf.so.1
    0755 rootfs/usr/
    0755 rootfs/usr/local/
    0755 rootfs/usr/local/etc/
    0755 rootfs/usr/local/etc/xmppd/
    0755 rootfs/usr/local/sbin/
    0555 rootfs/usr/local/sbin/xmppd
    0755 rootfs/var/
    0755 rootfs/var/db/
    0755 rootfs/var/db/xmppd/
    0444 sbom.cdx.json
    ");
}

#[test]
fn what_a_list_adds_brings_its_own_needs() {
    let (_folder, base) = base(0o755);
    let image = assembled(&base, "/bin/sh # look around", vec![]).unwrap();
    let why = |path: &str| image.manifest.files[&path.parse().unwrap()].why.clone();
    assert_eq!(why("rootfs/bin/sh"), "look around");
    assert_eq!(why("rootfs/lib/libedit.so.8"), "needed by /bin/sh");
    assert_eq!(why("rootfs/lib/libc.so.7"), "needed by /usr/local/sbin/xmppd");
}

/// jail(8) mounts devfs(5) over a folder that must be there; what is mounted read-only gets none later.
#[test]
fn an_image_with_a_shell_has_a_place_for_devices() {
    let (_folder, base) = base(0o755);
    let list = PkgList::parse("debug", "/bin/sh # look around").unwrap();
    let debug =
        Ingredients { daemon: &daemon(), base: &base, flavour: Flavour::Debug, list: &list, extras: vec![] };
    assert!(daemon().target.is_freebsd());
    assert!(paths(&assemble(debug).unwrap().tree).contains(&"0755 rootfs/dev/".to_owned()));
    assert!(!paths(&minimal().tree).iter().any(|path| path.contains("/dev/")));
}

#[test]
fn a_base_that_is_older_than_the_daemons_libraries_is_refused() {
    let (_folder, base) = base(0o755);
    let list = crate::pkg_list::PkgList::parse("test.list", "").unwrap();
    let refusal = |version| {
        let mut daemon = daemon();
        daemon.binary.freebsd_version = Some(version);
        let flavour = crate::pkg_list::Flavour::Minimal;
        let ingredients = Ingredients { daemon: &daemon, base: &base, flavour, list: &list, extras: vec![] };
        assemble(ingredients).err().map(|error| (error.exit_code(), error.to_string()))
    };
    assert_eq!(refusal(1_302_000), None);
    assert_eq!(
        refusal(1_500_068),
        Some((
            3,
            "the daemon was built against FreeBSD 15, but the base is 14.3-RELEASE from a folder".to_owned()
        ))
    );
}

#[test]
fn what_must_not_go_in_is_refused() {
    let (_folder, base) = base(0o4755);
    let refusal = |list, extras| assembled(&base, list, extras).unwrap_err().to_string();
    assert_eq!(
        refusal("/bin/sh # a trap", vec![]),
        "`/bin/sh` in the base: the mode 4755 has a setuid, setgid or sticky bit"
    );
    assert_eq!(refusal("/bin/gone # why", vec![]), "`/bin/gone` is on the list (why), but not in the base");
    assert_eq!(
        refusal("", vec![extra("rootfs/bin/sh", b"")]),
        "`rootfs/bin/sh` would go into the jail without being on a list"
    );
    assert_eq!(refusal("", vec![extra("manifest.json", b"{}")]), "`manifest.json` is in the image twice");
    let key =
        b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n";
    assert_eq!(
        refusal("", vec![extra("host/notes", key)]),
        "`host/notes` must not go into an image: it contains a private key"
    );
}

#[test]
fn the_manifest_reads_like_this() {
    let (_folder, base) = base(0o755);
    let image = assembled(&base, "", vec![]).unwrap();
    insta::assert_snapshot!(String::from_utf8(image.manifest.to_json().unwrap()).unwrap());
    assert_eq!(Manifest::parse(&image.manifest.to_json().unwrap()).unwrap(), image.manifest);
}

#[test]
fn the_sbom_reads_like_this_and_is_valid() {
    let (_folder, base) = base(0o755);
    let image = assembled(&base, "", vec![]).unwrap();
    let json = image.tree.file(SBOM).unwrap();
    insta::assert_snapshot!(String::from_utf8_lossy(json));
    let bom = cyclonedx_bom::models::bom::Bom::parse_from_json(json).unwrap();
    let findings = cyclonedx_bom::validation::Validate::validate(&bom);
    assert!(findings.passed(), "{findings:?}");
}

#[test]
fn a_daemon_that_does_not_list_its_crates_is_said_not_to() {
    let (_folder, base) = base(0o755);
    let list = PkgList::parse("test.list", "").unwrap();
    let daemon = Daemon { crates: None, ..daemon() };
    let ingredients =
        Ingredients { daemon: &daemon, base: &base, flavour: Flavour::Minimal, list: &list, extras: vec![] };
    let image = assemble(ingredients).unwrap();
    let bom: serde_json::Value = serde_json::from_slice(image.tree.file(SBOM).unwrap()).unwrap();
    let components = bom["components"].as_array().unwrap();
    let daemon = components.iter().find(|part| part["name"] == "rootfs/usr/local/sbin/xmppd").unwrap();
    assert_eq!(
        daemon["properties"][0],
        serde_json::json!({ "name": "jailbuild:crates", "value": "unknown" })
    );
    assert!(components.iter().all(|part| part["type"] == "file"));
}

#[test]
fn the_same_tree_gives_the_same_bytes_in_whatever_order_it_grew() {
    let entries = [("b", "two"), ("a", "one"), ("c", "three")];
    let tree = |order: &[usize]| {
        let mut tree = Tree::default();
        for index in order {
            let (path, text) = entries[*index];
            tree.add_file(path.parse().unwrap(), Mode::PLAIN, text.into()).unwrap();
        }
        tree.add_folder("d".parse().unwrap(), Mode::FOLDER).unwrap();
        archive::write(&tree, SourceDateEpoch::default()).unwrap()
    };
    assert_eq!(tree(&[0, 1, 2]), tree(&[2, 1, 0]));
    // Whoever changes this digest changes the bytes of every image: say so in CHANGELOG.md.
    assert_eq!(
        Sha256::of(&tree(&[0, 1, 2])).to_string(),
        "4ce228e282b68b8a0ea84e70f515fed5b8b432612fc37bcb80c6306c9154156d"
    );
}

#[test]
fn every_header_is_as_decided() {
    let long = format!("{}/{}", "folder".repeat(16), "name".repeat(20));
    let mut tree = minimal().tree;
    tree.add_file(long.parse().unwrap(), Mode::PROGRAM, vec![7; 513]).unwrap();
    let time = SourceDateEpoch::new(86_400).unwrap();
    let bytes = archive::write(&tree, time).unwrap();
    // RFC 1952 §2.3: no name, no time, a system that does not tell.
    assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);

    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut seen = Vec::new();
    for entry in archive.entries().unwrap().raw(true) {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        assert!(header.as_ustar().is_some());
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 86_400));
        assert_eq!((header.username_bytes(), header.groupname_bytes()), (Some(&[][..]), Some(&[][..])));
        assert!(header.link_name_bytes().is_none());
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let end = if header.entry_type().is_dir() { "/" } else { "" };
        seen.push(format!("{:04o} {}{end}", header.mode().unwrap(), path.trim_end_matches('/')));
        if header.entry_type().is_file() {
            assert_eq!(tree.file(&path).unwrap(), content);
        }
    }
    assert_eq!(seen, paths(&tree));
    assert_eq!(archive::read(&bytes).unwrap(), (tree, time));
}

#[test]
fn a_path_too_long_for_a_header_is_an_error() {
    let mut tree = Tree::default();
    tree.add_file("n".repeat(101).parse().unwrap(), Mode::PLAIN, vec![]).unwrap();
    let failure = archive::write(&tree, SourceDateEpoch::default()).unwrap_err().to_string();
    assert!(failure.contains("is too long for the headers of an image"), "{failure}");
}

#[test]
fn what_is_written_opens_and_unpacks() {
    let folder = tempfile::tempdir().unwrap();
    let (written, key) = written(folder.path());
    assert_eq!(
        written.archive.file_name().unwrap().to_str().unwrap(),
        format!("schoolchat-{}-x86_64-unknown-freebsd.tar.gz", env!("CARGO_PKG_VERSION"))
    );
    let image = Image::open(&written.archive).unwrap();
    assert_eq!(image.signer, Fingerprint::of(key.public()));
    assert_eq!(image.digest, written.digest);
    assert_eq!(image.tree, minimal().tree);

    let into = folder.path().join("unpacked");
    image.unpack(&into).unwrap();
    let inside = into.join("rootfs/usr/local/sbin/xmppd");
    assert_eq!(file::read(&inside).unwrap(), daemon().bytes);
    assert_eq!(file::mode(&inside).unwrap(), 0o555);
    assert_eq!(file::mode(&into.join("rootfs/var/db/xmppd")).unwrap(), 0o755);
    let failure = image.unpack(&into).unwrap_err().to_string();
    assert!(failure.ends_with("it exists already"), "{failure}");
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 3, "dist, signing, unpacked, and no draft");
}

#[test]
fn a_file_beside_it_is_what_other_programs_check() {
    let folder = tempfile::tempdir().unwrap();
    let (written, _) = written(folder.path());
    let digest = file::read_text(&open::beside(&written.archive, ".sha256")).unwrap();
    let name = written.archive.file_name().unwrap().to_str().unwrap();
    assert_eq!(digest, format!("{}  {name}\n", written.digest));
    assert_eq!(written.signature, Path::new(&format!("{}.sig", written.archive.display())));
}
