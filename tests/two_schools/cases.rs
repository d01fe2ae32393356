//! The cases themselves.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::{Arc, OnceLock},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jailbuild::runtime::{Deployment, linux};
use libtest_mimic::{Arguments, Trial};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use serde_json::Value;

use crate::{
    school::School,
    support::{daemon, said, skipped},
    visit::{Child, Seen, VISIT, Visit},
};

const NORTH: &str = "chat.north.example";
const SOUTH: &str = "chat.south.example";

/// Domain, organisation, clients from, link, two ports, and yes.
const ANSWERS: &str = "chat.south.example\nSouth School\n192.168.7.0/24\n10.66.0.4/30\n\n\nyes\n";

type Case = fn();

const CASES: [(&str, Case); 4] = [
    ("a_stranger_finds_in_the_folder_what_must_be_compared", a_stranger_can_check_it),
    ("nothing_of_one_school_goes_to_the_other", nothing_goes_along),
    ("neither_school_lets_in_who_is_of_the_other", neither_lets_the_other_in),
    ("neither_can_be_mistaken_for_the_other", neither_can_be_mistaken),
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
            skipped(&format!("{unavailable}; {}", unavailable.hint));
            Vec::new()
        }
    };
    libtest_mimic::run(&Arguments::from_args(), cases).exit_code()
}

/// Both schools, after the one has handed its image to the other.
struct Both {
    north: School,
    south: School,
    /// What is said by telephone.
    sha256: String,
    signer: String,
    image: String,
}

/// They are made once; each command is one that an administrator types.
fn both() -> &'static Both {
    static BOTH: OnceLock<Both> = OnceLock::new();
    BOTH.get_or_init(|| {
        let (north, south) = (School::new(NORTH), School::new(SOUTH));
        let stripped = Command::new("strip").arg("-o").arg(north.at("xmppd")).arg(daemon()).status();
        assert!(stripped.is_ok_and(|status| status.success()), "strip(1) of binutils");
        north.gets(&["init", "--domain", NORTH, "--organisation", "North School"], 0);
        north.gets(&["make", "--no-start", "--daemon", "xmppd"], 4);
        let image = file_in(&north.at("dist"), ".tar.gz");
        let stick = south.at("stick");
        let handed = north
            .gets(&["--json", "handover", &image.to_string_lossy(), "--out", &stick.to_string_lossy()], 0);
        let handed: Value = serde_json::from_str(&handed).expect("JSON");
        let text = |key: &str| handed[key].as_str().expect("a text").to_owned();

        // What `install` asks on FreeBSD, and makes there, is asked and made by these here.
        let asked = south.answers("init", ANSWERS);
        assert!(asked.status.success(), "{}", said(&asked));
        south.gets(&["cert", "renew"], 0);
        let image = image.file_name().expect("a name").to_string_lossy().into_owned();
        Both { sha256: text("sha256"), signer: text("signer"), north, south, image }
    })
}

impl Both {
    fn stick(&self) -> PathBuf {
        self.south.at("stick")
    }
}

/// The commands of the page, typed as they stand there.
fn a_stranger_can_check_it() {
    let both = both();
    let page = fs::read_to_string(both.stick().join("HANDOVER.md")).expect("a page");
    assert!(
        page.contains(&format!("`{}`", both.sha256)) && page.contains(&format!("`{}`", both.signer)),
        "{page}"
    );
    let commands = page.split("\n```\n").skip(1).step_by(2).collect::<Vec<_>>();
    let typed = |begin: &str| {
        let command = commands.iter().find(|command| command.starts_with(begin)).expect("it is on the page");
        let output = Command::new("sh").args(["-ec", command]).current_dir(both.stick()).output();
        said(&output.expect("a shell"))
    };
    assert!(typed("sha256sum").contains(&both.sha256));
    if jailbuild::host::command::find("ssh-keygen").is_none() {
        skipped("no ssh-keygen");
    } else {
        let good = typed("echo 'sender");
        assert!(good.contains("Good \"jailbuild\" signature for sender"), "{good}");
        assert!(good.contains(&both.signer), "{good}");
        fs::remove_file(both.stick().join("signers")).expect("the file of the command");
    }

    let image = format!("stick/{}", both.image);
    let nobody_known = both.south.types(&["verify", "--no-start", "--strict", &image]);
    assert_eq!(nobody_known.status.code(), Some(5), "{}", said(&nobody_known));
    both.south.gets(&["verify", "--no-start", "--trust-this", &both.signer, &image], 4);
    let another = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    both.south.gets(&["verify", "--no-start", "--trust-this", another, &image], 5);
}

fn nothing_goes_along() {
    let both = both();
    let names: BTreeSet<_> = fs::read_dir(both.stick())
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name())
        .collect();
    for part in ["HANDOVER.md", "HANDOVER.pdf", "sbom.cdx.json", &both.image] {
        assert!(names.contains(Path::new(part).as_os_str()), "{names:?}");
    }
    for path in files_below(&both.stick()) {
        let bytes = fs::read(&path).expect("a file");
        for trace in ["north.example", "North School"] {
            assert!(
                memchr::memmem::find(&bytes, trace.as_bytes()).is_none(),
                "`{trace}` is in {}",
                path.display()
            );
        }
    }
    // Handed over once, it is not handed over again into the same folder; and no image with a school in it ever is.
    let again = ["handover", &format!("dist/{}", both.image), "--out", &both.stick().to_string_lossy()]
        .map(str::to_owned);
    both.north.gets(&again.each_ref().map(String::as_str), 3);
}

fn neither_lets_the_other_in() {
    let both = both();
    let image = both.stick().join(&both.image);
    let (north, south) = (both.north.deployment(&image), both.south.deployment(&image));
    let northern = visited(&both.north, &north, child(&both.north, "juliet"), None);
    let southern = visited(&both.south, &south, child(&both.south, "romeo"), Some(northern.at_home.clone()));
    let northern = visited(&both.north, &north, northern.at_home, Some(southern.at_home.clone()));
    for (seen, stranger) in [(&southern, &northern.at_home), (&northern, &southern.at_home)] {
        assert_eq!(seen.own_token, "success", "the token of who is at home is good");
        let told: Vec<_> = seen.refusals.iter().map(|(what, answer)| format!("{what}: {answer}")).collect();
        assert_eq!(told, expected(), "{} at {}", stranger.domain, seen.at_home.domain);
    }
    assert_ne!(northern.chain, southern.chain);
    let databases = [&both.north, &both.south].map(|school| contents(&school.at("data")));
    for (bytes, other) in databases.iter().zip([&southern.at_home, &northern.at_home]) {
        for mark in [&other.name, &other.password, &other.token, &other.domain] {
            assert!(
                memchr::memmem::find(bytes, mark.as_bytes()).is_none(),
                "what is of {} is at the other",
                other.domain
            );
        }
    }
}

/// What the one of the other school is told.
fn expected() -> Vec<String> {
    [
        "a device that trusts the stranger's authority alone: TLS: invalid peer certificate: UnknownIssuer",
        "the same, which asks for the stranger's domain: TLS: invalid peer certificate: UnknownIssuer",
        "the stranger's domain in the header of the stream: the stream error `host-unknown`",
        "the stranger's name and password: not-authorized",
        "the stranger's address and password: not-authorized",
        "the stranger's token: `failure` with `not-authorized`",
        "the stranger's token, with the name of a child at home: `failure` with `not-authorized`",
        "a message from home to the stranger: `message` with `remote-server-not-found`",
        "a message that claims to be from the stranger: the stream error `invalid-from`",
    ]
    .map(str::to_owned)
    .into()
}

fn neither_can_be_mistaken() {
    let both = both();
    let authorities = [&both.north, &both.south].map(|school| pem(&school.folder().authority()));
    let shown = [&both.north, &both.south].map(|school| school.gets(&["cert", "show"], 0));
    for (shown, school, other) in
        [(&shown[0], &both.north, &both.south), (&shown[1], &both.south, &both.north)]
    {
        assert!(shown.contains(&format!("Chat authority of {}", school.domain)), "{shown}");
        assert!(!shown.contains(other.domain), "{shown}");
    }
    assert_ne!(authorities[0], authorities[1]);
    no_key_is_shared(&both.north, &both.south);
    // What the one authority signs is good for its own domain, and no device takes it for the other's: not even if its
    // administrator should want that.
    let own = leaf(&both.north, NORTH);
    let forged = leaf(&both.north, SOUTH);
    assert_eq!(judged(&authorities[0], &own, NORTH), Ok(()));
    let refusal = judged(&authorities[0], &forged, SOUTH).expect_err("it is not for that domain");
    assert!(refusal.contains("NameConstraintViolation"), "{refusal}");
    let refusal = judged(&authorities[1], &forged, SOUTH).expect_err("it is of another authority");
    assert!(refusal.contains("UnknownIssuer"), "{refusal}");
    assert!(judged(&authorities[0], &own, SOUTH).is_err());
}

/// No line of a private key of the one is in a file of the other. TLS 1.3 and 1.2 as the daemon has them take their keys from
/// a fresh exchange; these only sign. So what one has is of no use to read what was said to the other.
fn no_key_is_shared(one: &School, other: &School) {
    let all = contents(other.folder().root());
    let folder = one.folder();
    for path in [folder.authority_key(), folder.key(), folder.signing_key()] {
        let text = pem(&path);
        // The first line is the same in all keys of a kind.
        let lines = text.lines().skip(2).filter(|line| !line.starts_with("-----"));
        let shared = lines.filter(|line| memchr::memmem::find(&all, line.as_bytes()).is_some()).count();
        assert_eq!(shared, 0, "{} shares a line", path.display());
    }
}

fn child(school: &School, name: &str) -> Child {
    Child {
        domain: school.domain.to_owned(),
        authority: pem(&school.folder().authority()),
        name: name.to_owned(),
        password: BASE64_STANDARD.encode(format!("the password of {name}")),
        token: String::new(),
    }
}

fn visited(school: &School, deployment: &Deployment, at_home: Child, stranger: Option<Child>) -> Seen {
    let visit = Visit { deployment: deployment.clone(), at_home, stranger };
    VISIT
        .run(&visit, |()| {})
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", school.domain, pem(&school.at("log"))))
}

/// A certificate for a domain, signed by a school's authority with its own key.
fn leaf(school: &School, domain: &str) -> CertificateDer<'static> {
    let key = KeyPair::from_pem(&pem(&school.folder().authority_key())).expect("a key");
    let issuer = Issuer::from_ca_cert_pem(&pem(&school.folder().authority()), key).expect("an authority");
    let parameters = CertificateParams::new(vec![domain.to_owned()]).expect("a name");
    let certificate =
        parameters.signed_by(&KeyPair::generate().expect("a key"), &issuer).expect("a certificate");
    certificate.into()
}

/// What a device says of a certificate that trusts one authority.
fn judged(authority: &str, certificate: &CertificateDer<'_>, domain: &str) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate"))
        .expect("an authority");
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier");
    let name = ServerName::try_from(domain.to_owned()).expect("a name");
    let judged = verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now());
    judged.map(drop).map_err(|error| format!("{error:?}"))
}

fn pem(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn file_in(folder: &Path, ending: &str) -> PathBuf {
    let mut files = files_below(folder).into_iter();
    files.find(|path| path.to_string_lossy().ends_with(ending)).expect("an image")
}

fn contents(folder: &Path) -> Vec<u8> {
    files_below(folder).iter().flat_map(|path| fs::read(path).unwrap_or_default()).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .filter(|path| path.symlink_metadata().is_ok_and(|found| found.is_file()))
        .collect()
}
