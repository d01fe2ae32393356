//! Small images with something of a school in them, each found; and one without, which is handed over.

use std::{fs, io::Write as _, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use tempfile::TempDir;
use time::OffsetDateTime;

use super::*;
use crate::{
    image::{self, Image, SigningKey, fixture},
    paper::Size,
    site::{Folder, Site, certificates},
};

const FILE: &str = r#"
domain = "chat.bücher.example"
organisation = "Bücher School"
name = "linden"
[network]
link = "10.66.0.40/30"
lan = ["192.168.10.0/24"]
[[room]]
name = "class-4b"
title = "Klasse Vier B"
"#;

/// A school with its keys and certificates, and a place for images.
struct Sender {
    place: TempDir,
    site: Site,
    folder: Folder,
}

impl Sender {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let site = Site::parse(Path::new("jailbuild.toml"), FILE).unwrap();
        let folder = Folder::at(place.path().join("site"));
        certificates::ensure(&site, &folder, OffsetDateTime::now_utc()).unwrap();
        SigningKey::of_folder(&folder.signing()).unwrap();
        Self { place, site, folder }
    }

    fn sought(&self, common: &[String]) -> Sought {
        let people = vec!["Juliet Capulet".to_owned(), "Romeo".to_owned()];
        let host = Some("turing.bücher.example".to_owned());
        let this =
            This { site: &self.site, folder: &self.folder, appliance: None, host, people: Some(people) };
        Sought::of(&this, common).unwrap()
    }

    /// An image that also has this in a file of the host's part.
    fn image(&self, content: &[u8]) -> Image {
        let (_base, base) = fixture::base(0o755);
        let extras = vec![fixture::extra("host/jail.conf", content)];
        let image = fixture::assembled(&base, "", extras).unwrap();
        let key = SigningKey::of_folder(&self.folder.signing()).unwrap();
        let dist = tempfile::tempdir_in(self.place.path()).unwrap();
        Image::open(&image::write(&image, dist.path(), &key).unwrap().archive).unwrap()
    }

    fn found(&self, content: &[u8]) -> String {
        match search(&self.image(content), &self.sought(&[])) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn pem(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }
}

fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().take_while(|line| !line.starts_with("-----END"));
    let body: String = lines.skip_while(|line| line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(body).unwrap()
}

#[test]
fn every_name_is_found_in_every_form() {
    let sender = Sender::new();
    let utf_16: Vec<u8> = "bücher.Example".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let inside_base64 = BASE64_STANDARD.encode("<x to='juliet@chat.bücher.example'/>").into_bytes();
    let cases: [(&[u8], &str); 13] = [
        (
            b"..chat.b\xc3\xbccher.example..",
            "the domain `chat.bücher.example`, and every address in it, at 2 in `host/jail.conf`",
        ),
        (b"juliet@Chat.B\xc3\xbccher.EXAMPLE", "the domain `chat.bücher.example`"),
        (b"CHAT.xn--bcher-kva.example", "the domain as `chat.xn--bcher-kva.example`"),
        (&[b"c\0h\0a\0t\0.\0".as_slice(), &utf_16].concat(), "the domain `chat.bücher.example`"),
        (&inside_base64, "the domain `chat.bücher.example`"),
        (b"turing.b\xc3\xbccher.example", "this host, `turing.bücher.example`"),
        ("of the Bücher School.".as_bytes(), "the organisation `Bücher School`, at 7"),
        (b"jail_linden_enable", "the appliance `linden`, at 5"),
        (b"Klasse Vier B", "the room `Klasse Vier B`"),
        (b"from 10.66.0.42.", "the address `10.66.0.42`, at 5"),
        (b"link=10.66.0.40/30", "the link `10.66.0.40/30`"),
        (b"192.168.10.0/24", "the network `192.168.10.0/24`"),
        (b"Juliet Capulet", "the name `Juliet Capulet`, at 0"),
    ];
    for (content, wanted) in cases {
        let found = sender.found(content);
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
}

#[test]
fn what_only_looks_like_a_name_is_none() {
    let sender = Sender::new();
    for content in [
        "110.66.0.42",
        "10.66.0.421",
        "10.66.0.42.7",
        "192.168.10.0/240",
        "lindental",
        "Romeo",
        "bücher.example",
    ] {
        assert_eq!(sender.found(content.as_bytes()), "nothing", "{content}");
    }
}

#[test]
fn every_key_and_certificate_is_found_in_every_form() {
    let sender = Sender::new();
    let Sender { folder, .. } = &sender;
    for (path, wanted) in [
        (folder.authority_key(), "the authority's key"),
        (folder.key(), "the certificate's key"),
        (folder.authority(), "the authority's certificate"),
        (folder.chain(), "the certificate"),
    ] {
        let pem = Sender::pem(&path);
        let der = der(&pem);
        let line = pem.lines().nth(2).unwrap();
        let hexadecimal = der.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat();
        let is_private = wanted.ends_with("key");
        if !is_private {
            assert!(!sender.found(&der).contains("key,"), "what is public is no key");
        }
        for form in [line.as_bytes(), &der, BASE64_STANDARD.encode(&der).as_bytes()] {
            let found = sender.found(&[b"??", form].concat());
            assert!(found.contains(&format!("{wanted}, at ")), "{wanted}: {found}");
        }
        assert!(!is_private || sender.found(hexadecimal.as_bytes()).contains(wanted), "{wanted}");
    }
    let signing = Sender::pem(&folder.signing_key());
    let seed =
        ssh_key::PrivateKey::from_openssh(&signing).unwrap().key_data().ed25519().unwrap().private.to_bytes();
    assert!(sender.found(&seed).contains("the key that signs images, at "));
    assert!(
        sender.found(signing.lines().nth(4).unwrap().as_bytes()).contains("the key that signs images, at ")
    );
    let public = Sender::pem(&folder.signing_public_key());
    assert!(sender.found(public.as_bytes()).contains("the public half of the key that signs images"));
}

#[test]
fn what_is_compressed_hides_nothing_and_no_secret_is_told() {
    let sender = Sender::new();
    let pem = Sender::pem(&sender.folder.key());
    let mut packed = ZlibEncoder::new(b"front".to_vec(), Compression::best());
    packed.write_all(pem.as_bytes()).unwrap();
    let found = sender.found(&packed.finish().unwrap());
    assert!(found.contains("the certificate's key, at "), "{found}");
    assert!(
        found.contains("somebody's private key, in what is compressed at 5 in `host/jail.conf`"),
        "{found}"
    );
    assert!(!pem.lines().any(|line| found.contains(line)), "{found}");
}

#[test]
fn what_is_too_short_or_cannot_be_opened_hides_nothing_either() {
    let sender = Sender::new();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all("chat.bücher.example".as_bytes()).unwrap();
    let found = sender.found(&packed.finish().unwrap());
    assert!(found.contains("at 0 in what is compressed at 0 in `host/jail.conf`"), "{found}");

    let zstd = b"\x28\xb5\x2f\xfd\x20\x05";
    let found = sender.found(zstd);
    assert!(found.ends_with("`host/jail.conf` is a file of zstd, which is not opened here"), "{found}");
    let within = sender.image(&[b"within", zstd.as_slice()].concat());
    let searched = search(&within, &sender.sought(&[])).unwrap().to_string();
    assert!(searched.contains("what looks like zstd, which is not opened here, at 6 in `host"), "{searched}");
}

#[test]
fn a_common_name_is_left_out_and_said_to_be() {
    let sender = Sender::new();
    let image = sender.image(b"the linden tree");
    assert!(search(&image, &sender.sought(&[])).is_err());
    let searched = search(&image, &sender.sought(&["linden".to_owned()])).unwrap();
    let told = searched.to_string().replace(&searched.bytes.to_string(), "BYTES");
    insta::assert_snapshot!(told);
}

#[test]
fn the_folder_is_complete_or_not_there() {
    let sender = Sender::new();
    let out = sender.place.path().join("stick/handover");
    let image = sender.image(b"template\n");
    let bundle = Bundle::of(&image, Size::A4).unwrap();
    bundle.write(&out).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let archive = image.manifest.file_name();
    let beside = |ending: &str| format!("{archive}{ending}");
    assert_eq!(
        names,
        ["HANDOVER.md", "HANDOVER.pdf", "sbom.cdx.json", &archive, &beside(".sha256"), &beside(".sig")]
            .map(str::to_owned)
    );
    assert_eq!(Image::open(&out.join(&archive)).unwrap().digest, image.digest);
    assert!(fs::read(out.join("HANDOVER.pdf")).unwrap().starts_with(b"%PDF-"));

    assert_eq!(bundle.write(&out).unwrap_err().exit_code(), 3);
    let beside_it = fs::read_dir(out.parent().unwrap()).unwrap().count();
    assert_eq!(beside_it, 1, "no draft is left");
}
