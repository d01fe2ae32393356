//! Whatever is done to an image on its way, it is refused, and the message says why.

use std::{fs, path::Path};

use tar::EntryType;

use super::{
    fixture::{minimal, written},
    *,
};
use crate::daemon::SourceDateEpoch;

/// What is said about the image after something was done to its files.
fn refusal(tamper: impl FnOnce(&Written)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (written, _) = written(folder.path());
    tamper(&written);
    let failure = Image::open(&written.archive).unwrap_err();
    assert_eq!(failure.exit_code(), 5, "{failure}");
    let prefix = format!("the image `{}` is refused: ", written.archive.display());
    failure.to_string().strip_prefix(&prefix).unwrap().replace(&folder.path().display().to_string(), "FOLDER")
}

/// The same for one who makes an archive anew, with a good digest, and signs it: the content alone gives it away.
fn refusal_of(archive: Vec<u8>) -> String {
    refusal(|written| {
        let key = SigningKey::of_folder(&written.archive.with_file_name("mallory")).unwrap();
        let digest = Sha256::of(&archive);
        fs::write(open::beside(&written.archive, ".sha256"), digest.to_string()).unwrap();
        fs::write(&written.signature, key.sign(&archive).unwrap()).unwrap();
        fs::write(&written.archive, archive).unwrap();
    })
}

fn refusal_of_tar(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut tar = archive::tar(&minimal().tree, SourceDateEpoch::default()).unwrap();
    change(&mut tar);
    refusal_of(archive::gzip(&tar).unwrap())
}

fn refusal_of_tree(change: impl FnOnce(&mut Tree)) -> String {
    let mut tree = minimal().tree;
    change(&mut tree);
    refusal_of(archive::write(&tree, SourceDateEpoch::default()).unwrap())
}

fn refusal_of_entry(kind: EntryType, name: &str, mode: u32) -> String {
    refusal_of_tar(|tar| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(0);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.truncate(tar.len() - 1024);
        tar.extend(header.as_bytes());
        tar.extend([0; 1024]);
    })
}

/// A copy of the tree with one file left out or changed.
fn without(tree: &Tree, left_out: &str) -> Tree {
    let mut copy = Tree::default();
    for (path, entry) in tree.iter().filter(|(path, _)| path.as_str() != left_out) {
        match entry.clone() {
            Entry::File { mode, bytes } => copy.add_file(path.clone(), mode, bytes).unwrap(),
            Entry::Folder { mode } => copy.add_folder(path.clone(), mode).unwrap(),
        }
    }
    copy
}

#[test]
fn an_archive_that_its_digest_does_not_fit() {
    let why = refusal(|written| {
        let mut bytes = fs::read(&written.archive).unwrap();
        bytes[100] ^= 1;
        fs::write(&written.archive, bytes).unwrap();
    });
    assert!(why.starts_with("it has the SHA-256 digest ") && why.ends_with(" stands beside it"), "{why}");
}

#[test]
fn a_digest_or_signature_that_is_missing_or_junk() {
    let name = minimal().manifest.file_name();
    for (ending, junk) in [
        (".sha256", "what stands beside it in `.sha256` is no digest"),
        (
            ".sig",
            "its signature does not hold: not a signature: PEM encoding error: invalid PEM pre-encapsulation boundary",
        ),
    ] {
        let missing = refusal(|written| fs::remove_file(open::beside(&written.archive, ending)).unwrap());
        assert!(missing.starts_with(&format!("cannot read `FOLDER/dist/{name}{ending}`: ")), "{missing}");
        let why = refusal(|written| fs::write(open::beside(&written.archive, ending), "junk").unwrap());
        assert!(junk.starts_with(why.get(..40).unwrap()), "{why}");
    }
}

#[test]
fn a_signature_of_something_else() {
    let why = refusal(|written| {
        let key = SigningKey::of_folder(&written.archive.with_file_name("mallory")).unwrap();
        fs::write(&written.signature, key.sign(b"another image").unwrap()).unwrap();
    });
    assert_eq!(why, "its signature does not hold: not of this content");
}

#[test]
fn something_that_is_no_archive() {
    assert_eq!(refusal_of(b"junk".to_vec()), "cannot decompress the archive: unexpected end of file");
    assert!(refusal_of(archive::gzip(&[1; 2048]).unwrap()).starts_with("cannot read the archive: "));
    assert_eq!(refusal_of(archive::gzip(&[0; 1024]).unwrap()), "the archive is empty");
}

#[test]
fn an_entry_changed_left_out_or_added() {
    let changed = refusal_of_tree(|tree| {
        *tree = without(tree, "rootfs/lib/libc.so.7");
        tree.add_file("rootfs/lib/libc.so.7".parse().unwrap(), Mode::PLAIN, b"evil".to_vec()).unwrap();
    });
    assert!(changed.starts_with("`rootfs/lib/libc.so.7` has the SHA-256 digest "), "{changed}");
    let mode = refusal_of_tree(|tree| {
        *tree = without(tree, "HANDOVER.md");
        tree.add_file("HANDOVER.md".parse().unwrap(), Mode::PROGRAM, b"# Hand it over\n".to_vec()).unwrap();
    });
    assert_eq!(mode, "`HANDOVER.md` has the mode 0555, but 0444 in the manifest");
    let left_out = refusal_of_tree(|tree| *tree = without(tree, "sbom.cdx.json"));
    assert_eq!(left_out, "`sbom.cdx.json` is in the manifest, but not in the archive");
    let file =
        refusal_of_tree(|tree| tree.add_file("rootfs/sh".parse().unwrap(), Mode::PROGRAM, vec![]).unwrap());
    assert_eq!(file, "`rootfs/sh` is a file in the archive, but not in the manifest");
    let folder =
        refusal_of_tree(|tree| tree.add_folder("rootfs/tmp".parse().unwrap(), Mode::FOLDER).unwrap());
    assert_eq!(folder, "`rootfs/tmp` is a folder in the archive, but not in the manifest");
}

#[test]
fn a_manifest_that_is_missing_or_of_another_format() {
    assert_eq!(refusal_of_tree(|tree| *tree = without(tree, "manifest.json")), "it has no `manifest.json`");
    let other = refusal_of_tree(|tree| {
        *tree = without(tree, "manifest.json");
        tree.add_file("manifest.json".parse().unwrap(), Mode::PLAIN, br#"{"format":99,"new":1}"#.to_vec())
            .unwrap();
    });
    assert_eq!(other, "the image's format is 99, but this program reads 1");
}

#[test]
fn entries_that_lead_astray() {
    let file = EntryType::Regular;
    assert_eq!(
        refusal_of_entry(file, "rootfs/../../etc/passwd", 0o644),
        "`rootfs/../../etc/passwd` is not a path within an image"
    );
    assert_eq!(refusal_of_entry(file, "/etc/passwd", 0o644), "`/etc/passwd` is not a path within an image");
    assert_eq!(refusal_of_entry(file, "HANDOVER.md", 0o444), "`HANDOVER.md` is in the image twice");
    assert_eq!(
        refusal_of_entry(file, "HANDOVER.md/x", 0o444),
        "`HANDOVER.md/x` would lie within `HANDOVER.md`, which is a file"
    );
    assert_eq!(
        refusal_of_entry(file, "rootfs/key.pem", 0o444),
        "`rootfs/key.pem` must not go into an image: a file of this name holds passwords or private keys"
    );
    assert_eq!(
        refusal_of_entry(file, "rootfs/su", 0o4555),
        "`rootfs/su` in the archive: the mode 4555 has a setuid, setgid or sticky bit"
    );
}

#[test]
fn entries_of_other_kinds() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
        EntryType::GNULongName,
    ] {
        assert_eq!(
            refusal_of_entry(kind, "rootfs/x", 0o444),
            "`rootfs/x` in the archive is neither a file nor a folder"
        );
    }
}

#[test]
fn bytes_that_only_other_programs_would_see() {
    const WHY: &str = "the archive is not in the form that jailbuild writes";
    // An owner in the first header, with its checksum made good.
    let owner = refusal_of_tar(|tar| {
        let mut header = tar::Header::from_byte_slice(&tar[..512]).clone();
        header.set_uid(1000);
        header.set_cksum();
        tar[..512].copy_from_slice(header.as_bytes());
    });
    assert_eq!(owner, WHY);
    assert_eq!(refusal_of_tar(|tar| tar.extend(b"after the end")), WHY);
    // HANDOVER.md is the first entry, and shorter than a block.
    assert_eq!(refusal_of_tar(|tar| tar[1000] = 1), WHY);
}

#[test]
fn a_file_too_long_to_be_an_image_is_not_read() {
    let why = refusal(|written| {
        let file = fs::OpenOptions::new().write(true).open(Path::new(&written.archive)).unwrap();
        file.set_len(1 << 40).unwrap();
    });
    assert_eq!(why, "it has 1099511627776 bytes, more than an image can have");
}
