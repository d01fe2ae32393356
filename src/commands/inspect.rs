//! `jailbuild inspect`: what an image is, once its digest, signature and every entry were found to hold.

use std::{fmt, path::PathBuf};

use serde::Serialize;

use crate::{
    console::Console,
    daemon::BuildInputs,
    digest::Sha256,
    error::{Error, Result},
    host::ThisHost,
    image::{Difference, Fingerprint, Image, Manifest, SBOM},
    site::Origin,
    trust::{self, Keyring, Sources},
};

/// Show what an image holds, where it came from and who signed it.
///
/// The digest and signature beside the image are checked first, then every file against the manifest; an image of which anything does
/// not hold is refused.
///
/// For example: `jailbuild inspect new.tar.gz --diff old.tar.gz` before an upgrade
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The image: a file `….tar.gz`, with its `.sha256` and `.sig` beside it.
    pub image: PathBuf,

    /// Whom to trust.
    #[command(flatten)]
    pub trust: trust::Args,

    /// List every file with its SHA-256 digest, and why it is there.
    #[arg(long)]
    pub files: bool,

    /// Print the bill of materials as it is in the image, in the JSON of `CycloneDX`.
    #[arg(long, conflicts_with_all = ["diff", "files"])]
    pub sbom: bool,

    /// Show what is new since this other image, which is checked as well.
    #[arg(long, value_name = "OTHER", conflicts_with = "files")]
    pub diff: Option<PathBuf>,
}

/// What an image says of itself, and who signed that.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// The archive's digest.
    pub sha256: Sha256,
    /// Whose signature it has.
    pub signer: Signer,
    /// What it holds, and where that came from.
    pub manifest: Manifest,
    /// Whether people are shown every file.
    #[serde(skip)]
    files: bool,
}

/// Who signed an image.
#[derive(Clone, Debug, Serialize)]
pub struct Signer {
    /// The key.
    pub fingerprint: Fingerprint,
    /// Whether it is trusted here.
    pub trusted: bool,
}

/// Opens the image, which checks it, and shows what was asked for.
pub fn run(arguments: &Arguments, origin: &Origin, console: &Console) -> Result<u8> {
    let keyring = Sources::of(&arguments.trust, origin).read(&ThisHost)?;
    let image = Image::open(&arguments.image)?;
    if arguments.sbom {
        return console.copy(sbom(&image)?);
    }
    match &arguments.diff {
        Some(other) => console.show(&Difference::between(&Image::open(other)?, &image)?),
        None => console.show(&Description::of(image, &keyring, arguments.files)),
    }
}

fn sbom(image: &Image) -> Result<&[u8]> {
    image.tree.file(SBOM).ok_or_else(|| Error::failed(format_args!("the image has no `{SBOM}`")))
}

impl Description {
    fn of(image: Image, keyring: &Keyring, files: bool) -> Self {
        let signer = Signer { fingerprint: image.signer, trusted: keyring.trusts(image.signer) };
        Self { sha256: image.digest, signer, manifest: image.manifest, files }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sha256, signer: Signer { fingerprint, trusted }, manifest, files } = self;
        let Manifest { name, version, target, flavour, .. } = manifest;
        let trust = if *trusted { "a trusted key" } else { "a key that is not known here: ask the sender" };
        writeln!(formatter, "{name} {version} for {target} ({flavour})\n")?;
        writeln!(formatter, "digest     SHA-256 {sha256}")?;
        writeln!(formatter, "signed by  {fingerprint} ({trust})")?;
        writeln!(formatter, "daemon     {}", daemon(&manifest.build))?;
        writeln!(formatter, "base       {}", manifest.base)?;
        writeln!(formatter, "network    {}", network(manifest))?;
        write!(formatter, "contents   {}", contents(manifest))?;
        if !files {
            return Ok(());
        }
        writeln!(formatter)?;
        manifest.files.iter().try_for_each(|(path, file)| {
            write!(formatter, "\n{} {} {:>9} {path:<40} {}", file.sha256, file.mode, file.size, file.why)
        })
    }
}

fn contents(manifest: &Manifest) -> String {
    let size: u64 = manifest.files.values().map(|file| file.size).sum();
    format!("{} files and {} folders, {size} bytes", manifest.files.len(), manifest.folders.len())
}

fn daemon(build: &BuildInputs) -> String {
    match build {
        BuildInputs::File { .. } => "given as a file: how it was built is not known".to_owned(),
        BuildInputs::Workspace { rustc, cc, zig, builds_std, .. } => {
            let zig = zig.as_ref().map(|version| format!("zig {version}"));
            let linker = zig.or(cc.clone()).map(|name| format!(", {name}")).unwrap_or_default();
            let library = if *builds_std { ", standard library compiled along" } else { "" };
            format!("built from source by {rustc}{linker}{library}")
        }
    }
}

fn network(manifest: &Manifest) -> String {
    let ports = |ports: &[u16]| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    let network = &manifest.network;
    let routes =
        if network.routes_out.is_empty() { "none".to_owned() } else { network.routes_out.join(", ") };
    format!(
        "open from the LAN: {}; blocked both ways: {}; routes out: {routes}",
        ports(&network.open_from_lan),
        ports(&network.blocked_both_ways)
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{console::Verbosity, host::file, image::fixture};

    fn arguments(image: PathBuf) -> Arguments {
        Arguments { image, trust: trust::Args::default(), files: false, sbom: false, diff: None }
    }

    fn console() -> Console {
        Console::new(Verbosity::Quiet, false)
    }

    /// The small image of other tests, with what differs from run to run made the same.
    fn described(trust: bool, shown: impl Fn(&Description) -> String) -> String {
        let folder = tempfile::tempdir().unwrap();
        let (written, key) = fixture::written(folder.path());
        let public = folder.path().join("signing/id_ed25519.pub");
        let trust =
            trust::Args { trust: if trust { vec![public] } else { Vec::new() }, ..trust::Args::default() };
        let keyring = Sources::of(&trust, &Origin::Example).read(&ThisHost).unwrap();
        let text = shown(&Description::of(Image::open(&written.archive).unwrap(), &keyring, true));
        text.replace(&Fingerprint::of(key.public()).to_string(), "FINGERPRINT")
            .replace(&written.digest.to_string(), "DIGEST")
    }

    #[test]
    fn an_image_is_described_to_people() {
        insta::assert_snapshot!(described(true, ToString::to_string));
        let untrusted = described(false, ToString::to_string);
        assert!(untrusted.contains("FINGERPRINT (a key that is not known here: ask the sender)"));
    }

    #[test]
    fn an_image_is_described_to_machines() {
        let text = described(true, |description| serde_json::to_string(description).unwrap());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["sha256"], "DIGEST");
        assert_eq!(value["signer"], json!({ "fingerprint": "FINGERPRINT", "trusted": true }));
        assert_eq!(value["manifest"]["network"]["blocked-both-ways"], json!([5269]));
    }

    #[test]
    fn a_file_without_keys_is_a_mistake_of_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let junk = folder.path().join("keys");
        file::write(&junk, b"not a key\n", file::PUBLIC).unwrap();
        for (image, trust) in
            [("x.tar.gz", vec![junk]), ("x.tar.gz", vec!["/nonexistent".into()]), ("/", vec![])]
        {
            let trust = trust::Args { trust, ..trust::Args::default() };
            let arguments = Arguments { trust, ..arguments(image.into()) };
            assert_eq!(run(&arguments, &Origin::Example, &console()).unwrap_err().exit_code(), 3);
        }
    }

    #[test]
    fn the_bill_of_materials_is_that_of_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let (written, _) = fixture::written(folder.path());
        let image = Image::open(&written.archive).unwrap();
        assert_eq!(sbom(&image).unwrap(), image.tree.file("sbom.cdx.json").unwrap());
    }

    #[test]
    fn neither_image_is_looked_into_before_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (written, _) = fixture::written(folder.path());
        let broken = folder.path().join("broken.tar.gz");
        file::write(&broken, b"no image\n", file::PUBLIC).unwrap();
        let good = arguments(written.archive.clone());
        let attempts = [
            Arguments { sbom: true, ..arguments(broken.clone()) },
            Arguments { diff: Some(written.archive), ..arguments(broken.clone()) },
            Arguments { diff: Some(broken), ..good },
        ];
        for attempt in attempts {
            assert_eq!(run(&attempt, &Origin::Example, &console()).unwrap_err().exit_code(), 5);
        }
    }
}
