//! Signatures that `ssh-keygen -Y verify` checks with nothing else installed (OpenSSH's PROTOCOL.sshsig).

use std::{fmt, path::Path, str::FromStr};

use serde::{Deserialize, Serialize};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig, rand_core::OsRng};

use crate::{
    error::{Context as _, Error, Result},
    host::file,
};

/// What the signatures are for (`ssh-keygen -n`): one made for anything else does not count.
pub const NAMESPACE: &str = "jailbuild";

/// Who signs, as far as the key's comment and the examples in messages say.
const COMMENT: &str = "jailbuild";

/// The key's file in its folder, and the public half beside it.
const PRIVATE: &str = "id_ed25519";
const PUBLIC: &str = "id_ed25519.pub";

/// The administrator's own key. It has no `Debug`: it is a secret.
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// The key in this folder (`site/signing`), made there on first use.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        file::create_folder(folder, 0o700)?;
        let _held = file::hold_folder(folder)?;
        let path = folder.join(PRIVATE);
        match file::read_secret_if_there(&path)? {
            Some(key) => Self::parse(&key, &path),
            None => Self::make(folder),
        }
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        self.0.public_key()
    }

    /// Signs a file's content; the result is what goes into `FILE.sig`.
    pub fn sign(&self, content: &[u8]) -> Result<String> {
        let signature = self.0.sign(NAMESPACE, HashAlg::Sha512, content).doing("sign the image")?;
        signature.to_pem(LineEnding::LF).doing("sign the image")
    }

    fn parse(key: &str, path: &Path) -> Result<Self> {
        let key = PrivateKey::from_openssh(key).doing_to("read the signing key", path)?;
        if key.is_encrypted() {
            return Err(Error::configuration(
                format_args!(
                    "the signing key `{}` has a passphrase, which jailbuild cannot ask for",
                    path.display()
                ),
                "use a key without one, or sign by hand: `ssh-keygen -Y sign -n jailbuild -f KEY IMAGE`",
            ));
        }
        Ok(Self(key))
    }

    fn make(folder: &Path) -> Result<Self> {
        let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).doing("make a signing key")?;
        key.set_comment(COMMENT);
        let private = key.to_openssh(LineEnding::LF).doing("make a signing key")?;
        let public = key.public_key().to_openssh().doing("make a signing key")?;
        file::write(&folder.join(PUBLIC), format!("{public}\n").as_bytes(), file::PUBLIC)?;
        file::write(&folder.join(PRIVATE), private.as_bytes(), file::SECRET)?;
        Ok(Self(key))
    }
}

/// Who made a signature, if it is a good one for this content. Whether that key is to be trusted is another question.
pub fn signer(content: &[u8], signature: &[u8]) -> Result<PublicKey, String> {
    let signature = SshSig::from_pem(signature).map_err(|cause| format!("not a signature: {cause}"))?;
    let key = PublicKey::from(signature.public_key().clone());
    if signature.namespace() != NAMESPACE {
        return Err(format!("made for `{}`, not for `{NAMESPACE}`", signature.namespace()));
    }
    key.verify(NAMESPACE, content, &signature).map_err(|_| "not of this content".to_owned())?;
    Ok(key)
}

/// A key as people compare it: `SHA256:…`, the same as `ssh-keygen -l` prints.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint(ssh_key::Fingerprint);

impl Fingerprint {
    /// The fingerprint of a key.
    pub fn of(key: &PublicKey) -> Self {
        Self(key.fingerprint(HashAlg::Sha256))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.parse() {
            Ok(fingerprint @ ssh_key::Fingerprint::Sha256(_)) => Ok(Self(fingerprint)),
            _ => Err(Error::configuration(
                format_args!("`{}` is not the fingerprint of a key", text.escape_debug()),
                "write it as `ssh-keygen -l -f KEY.pub` prints it: `SHA256:` and 43 letters",
            )),
        }
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::host::command::{self, Command};

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let signing = folder.path().join("signing");
        let first = SigningKey::of_folder(&signing).unwrap();
        let second = SigningKey::of_folder(&signing).unwrap();
        assert_eq!(first.public(), second.public());
        assert_eq!(file::mode(&signing.join(PRIVATE)).unwrap(), 0o600);
        assert_eq!(file::mode(&signing).unwrap(), 0o700);
        let public = PublicKey::read_openssh_file(&signing.join(PUBLIC)).unwrap();
        assert_eq!(Fingerprint::of(&public), Fingerprint::of(first.public()));
    }

    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        SigningKey::of_folder(folder.path()).unwrap();
        let path = folder.path().join(PRIVATE);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(SigningKey::of_folder(folder.path()).err().unwrap().exit_code(), 3);
    }

    #[test]
    fn a_signature_is_of_one_content_and_for_one_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::of_folder(folder.path()).unwrap();
        let signature = key.sign(b"image").unwrap();
        assert_eq!(signer(b"image", signature.as_bytes()).unwrap().key_data(), key.public().key_data());
        assert_eq!(signer(b"Image", signature.as_bytes()).unwrap_err(), "not of this content");
        let other = key.0.sign("file", HashAlg::Sha512, b"image").unwrap().to_pem(LineEnding::LF).unwrap();
        assert_eq!(signer(b"image", other.as_bytes()).unwrap_err(), "made for `file`, not for `jailbuild`");
        assert!(signer(b"image", b"junk").unwrap_err().starts_with("not a signature: "));
    }

    #[test]
    fn a_fingerprint_is_read_back_and_nothing_else_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let fingerprint = Fingerprint::of(SigningKey::of_folder(folder.path()).unwrap().public());
        assert_eq!(fingerprint.to_string().parse::<Fingerprint>().unwrap(), fingerprint);
        for text in ["", "SHA256:", "SHA256:abc", "MD5:00:11", &fingerprint.to_string()[1..]] {
            assert_eq!(text.parse::<Fingerprint>().unwrap_err().exit_code(), 3, "{text}");
        }
    }

    #[test]
    fn ssh_keygen_agrees() {
        if command::find("ssh-keygen").is_none() {
            assert!(std::env::var_os("CI").is_none(), "no ssh-keygen");
            println!("skipped: no ssh-keygen");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let key = SigningKey::of_folder(folder.path()).unwrap();
        std::fs::write(at("image.sig"), key.sign(b"image").unwrap()).unwrap();
        let public = file::read_text(&at(PUBLIC)).unwrap();
        std::fs::write(at("allowed_signers"), format!("school {public}")).unwrap();

        let verify = |content: &[u8]| {
            let command =
                Command::new("ssh-keygen").args(["-Y", "verify", "-n", NAMESPACE, "-I", "school", "-f"]);
            command
                .arg(at("allowed_signers"))
                .arg("-s")
                .arg(at("image.sig"))
                .input(content)
                .output()
                .unwrap()
                .code
        };
        assert_eq!(verify(b"image"), Some(0));
        assert_ne!(verify(b"Image"), Some(0));

        let signed = Command::new("ssh-keygen").args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(at(PRIVATE));
        let theirs = signed.input(*b"image").run().unwrap().stdout;
        assert_eq!(signer(b"image", &theirs).unwrap().key_data(), key.public().key_data());
    }
}
