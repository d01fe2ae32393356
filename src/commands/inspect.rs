//! `jailbuild inspect`: what an image is, once its digest, signature and every entry were found to hold.

use std::{fmt::Write as _, io::Write, path::PathBuf};

use serde_json::json;

use crate::{
    daemon::BuildInputs,
    error::{Context as _, Result},
    image::{Image, Manifest, sign},
};

/// Show what an image holds, where it came from and who signed it.
///
/// The digest and signature beside the image are checked first, then every file against the manifest; an image of which anything does
/// not hold is refused.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The image: a file `….tar.gz`, with its `.sha256` and `.sig` beside it.
    pub image: PathBuf,

    /// Public keys whose images are trusted: an `id_ed25519.pub`, or an `allowed_signers` file of ssh-keygen(1).
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,

    /// List every file, and why it is there.
    #[arg(long)]
    pub files: bool,
}

/// Prints the image's description.
pub fn run(arguments: &Arguments, json: bool, output: &mut dyn Write) -> Result<()> {
    let mut trusted = Vec::new();
    for path in &arguments.trust {
        trusted.extend(sign::read_keys(path)?);
    }
    let image = Image::open(&arguments.image, &trusted)?;
    let text = if json { for_machines(&image) } else { for_people(&image, arguments.files) };
    output.write_all(text.as_bytes()).doing("print")
}

fn for_machines(image: &Image) -> String {
    let signer = json!({ "fingerprint": image.signer.fingerprint, "trusted": image.signer.trusted });
    let description = json!({ "sha256": image.digest, "signer": signer, "manifest": image.manifest });
    format!("{description:#}\n")
}

fn for_people(image: &Image, files: bool) -> String {
    let manifest = &image.manifest;
    let size: u64 = manifest.files.values().map(|file| file.size).sum();
    let trust =
        if image.signer.trusted { "a trusted key" } else { "a key that is not known here: ask the sender" };
    let mut text =
        format!("{} {} for {} ({})\n\n", manifest.name, manifest.version, manifest.target, manifest.flavour);
    for (name, value) in [
        ("digest", format!("SHA-256 {}", image.digest)),
        ("signed by", format!("{} ({trust})", image.signer.fingerprint)),
        ("daemon", daemon(&manifest.build)),
        ("base", manifest.base.to_string()),
        ("network", network(manifest)),
        (
            "contents",
            format!("{} files and {} folders, {size} bytes", manifest.files.len(), manifest.folders.len()),
        ),
    ] {
        line(&mut text, format_args!("{name:<10} {value}"));
    }
    if files {
        text.push('\n');
        for (path, file) in &manifest.files {
            line(&mut text, format_args!("{} {:>9} {path:<40} {}", file.mode, file.size, file.why));
        }
    }
    text
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

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{
        host::file,
        image::{fixture, sign::fingerprint},
    };

    /// What is printed of the small image of other tests, with what differs from run to run made the same.
    fn printed(trust: bool, json: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let (written, key) = fixture::written(folder.path());
        let public = folder.path().join("signing/id_ed25519.pub");
        let trust = if trust { vec![public] } else { Vec::new() };
        let mut output = Vec::new();
        run(&Arguments { image: written.archive, trust, files: true }, json, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        text.replace(&fingerprint(key.public()), "FINGERPRINT").replace(&written.digest.to_string(), "DIGEST")
    }

    #[test]
    fn an_image_is_described_to_people() {
        insta::assert_snapshot!(printed(true, false));
        assert!(printed(false, false).contains("FINGERPRINT (a key that is not known here: ask the sender)"));
    }

    #[test]
    fn an_image_is_described_to_machines() {
        let value: serde_json::Value = serde_json::from_str(&printed(true, true)).unwrap();
        assert_eq!(value["sha256"], "DIGEST");
        assert_eq!(value["signer"], json!({ "fingerprint": "FINGERPRINT", "trusted": true }));
        assert_eq!(value["manifest"]["network"]["blocked-both-ways"], json!([5269]));
    }

    #[test]
    fn a_file_without_keys_is_a_mistake_of_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let junk = folder.path().join("keys");
        file::write(&junk, b"not a key\n", 0o644).unwrap();
        let arguments = Arguments { image: "x.tar.gz".into(), trust: vec![junk], files: false };
        assert_eq!(run(&arguments, false, &mut Vec::new()).unwrap_err().exit_code(), 3);
    }
}
