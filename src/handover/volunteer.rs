//! The page for the volunteer of another school, who is handed an image and trusts neither us nor the way it came. It lies
//! in the image, where nothing is known of that image's own digest; and beside it, with all that is to be compared.

use serde::Serialize;

use crate::{
    daemon::BuildInputs,
    digest::Sha256,
    error::Result,
    image::{Fingerprint, Image, Manifest, sign},
    pkg_list::Flavour,
    render::{Template, render},
    target::Target,
};

/// What stands for the signer's fingerprint on a page that cannot know it.
const UNKNOWN: &str = "FINGERPRINT";

/// What the page says of the image beside it. It says nothing of the school that made it: the image holds none.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Handover {
    /// The image's file, such as `schoolchat-0.1.0-x86_64-unknown-freebsd.tar.gz`.
    file: String,
    version: String,
    /// The system and processor it runs on.
    target: String,
    flavor: String,
    /// The namespace of its OpenSSH signature.
    signature_namespace: String,
    /// The fingerprint that `--trust-this` takes, or a word in its place.
    trusted: String,
    /// What is known of the image only once it is signed.
    handed_over: Option<HandedOver>,
}

/// What the volunteer compares, by another way than the page came.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
struct HandedOver {
    sha256: Sha256,
    signer: Fingerprint,
    /// The signer's key as `allowed_signers` of ssh-keygen(1) have it.
    public_key: String,
    /// How to make it again; `None` where the daemon was given as a file.
    recipe: Option<Recipe>,
}

/// What an image was made with.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
struct Recipe {
    cargo_lock: Sha256,
    ingredients: Vec<String>,
    epoch: u64,
}

impl Handover {
    /// The page within an image of this version of the tool.
    pub fn within(file: String, version: &str, flavour: Flavour, target: Target) -> Self {
        Self {
            file,
            version: version.to_owned(),
            target: target.to_string(),
            flavor: flavour.to_string(),
            signature_namespace: sign::NAMESPACE.to_owned(),
            trusted: UNKNOWN.to_owned(),
            handed_over: None,
        }
    }

    /// The page beside an image, which goes by this name.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if the image has no signature.
    pub fn beside(image: &Image, file: String) -> Result<Self> {
        let Manifest { version, target, flavour, .. } = &image.manifest;
        let handed_over = HandedOver {
            sha256: image.digest,
            signer: image.signer,
            public_key: image.public_key()?,
            recipe: Recipe::of(&image.manifest),
        };
        Ok(Self {
            trusted: image.signer.to_string(),
            handed_over: Some(handed_over),
            ..Self::within(file, version, *flavour, *target)
        })
    }

    /// The text of `HANDOVER.md`.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if the template is broken.
    pub fn render(&self) -> Result<String> {
        render(Template::Handover, self)
    }
}

impl Recipe {
    fn of(manifest: &Manifest) -> Option<Self> {
        let BuildInputs::Workspace { rustc, cc, zig, builds_std, cargo_lock, .. } = &manifest.build else {
            return None;
        };
        let library = builds_std.then(|| "Standard library: compiled along".to_owned());
        let ingredients = [
            Some(format!("Compiler: {rustc}")),
            cc.as_ref().map(|cc| format!("C compiler and linker: {cc}")),
            zig.as_ref().map(|zig| format!("C compiler and linker: zig {zig}")),
            library,
            Some(format!("Base system: {}", manifest.base)),
        ];
        Some(Self {
            cargo_lock: *cargo_lock,
            ingredients: ingredients.into_iter().flatten().collect(),
            epoch: manifest.source_date_epoch.seconds(),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;
    use crate::image::fixture;

    const FREEBSD: &str = "x86_64-unknown-freebsd";

    fn page(flavour: Flavour, target: &str) -> String {
        let file = format!("schoolchat-0.1.0-{target}.tar.gz");
        Handover::within(file, "0.1.0", flavour, target.parse().unwrap()).render().unwrap()
    }

    /// The page beside a small image, with what differs from run to run made the same.
    fn page_beside(change: impl Fn(&mut Image)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let (written, _) = fixture::written(folder.path());
        let mut image = Image::open(&written.archive).unwrap();
        change(&mut image);
        let page = Handover::beside(&image, image.manifest.file_name()).unwrap().render().unwrap();
        let key = image.public_key().unwrap();
        page.replace(&image.digest.to_string(), "DIGEST")
            .replace(&image.signer.to_string(), "SIGNER")
            .replace(&key, "namespaces=\"jailbuild\" ssh-ed25519 AAAA")
    }

    #[test]
    fn the_page_of_an_image() {
        insta::assert_snapshot!(page(Flavour::Minimal, FREEBSD));
    }

    #[test]
    fn the_page_beside_an_image_has_what_is_to_be_compared() {
        insta::assert_snapshot!(page_beside(|_| {}));
    }

    #[test]
    fn an_image_whose_daemon_was_given_cannot_be_made_again() {
        let page = page_beside(|image| {
            image.manifest.build = BuildInputs::File { sha256: Sha256::of(b"daemon") };
        });
        assert!(page.contains("was given as a file") && !page.contains("SOURCE_DATE_EPOCH"), "{page}");
    }

    #[test]
    fn the_page_of_a_debug_image_warns() {
        assert!(page(Flavour::Debug, FREEBSD).contains("not for children"));
        assert!(!page(Flavour::Minimal, FREEBSD).contains("not for children"));
    }

    #[test]
    fn only_an_image_for_freebsd_is_installed() {
        assert!(page(Flavour::Minimal, FREEBSD).contains("jailbuild install"));
        let linux = page(Flavour::Minimal, "x86_64-unknown-linux-gnu");
        assert!(linux.contains("for trying out") && !linux.contains("jailbuild install"));
    }
}
