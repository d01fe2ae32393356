//! By what a school would be known again, in every form in which that may stand in a file.

use rustls::pki_types::{CertificateDer, pem::PemObject};
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

use crate::{
    error::{Context as _, Result},
    probe::{Needle, Secret},
};

/// The shortest line of a file in PEM that is sought alone: what is shorter may stand anywhere.
const SHORTEST_LINE: usize = 32;

/// Something that must not be in an image.
pub(super) struct Trace {
    /// What it is: a name as it is, of a secret only what it is for.
    pub(super) what: String,
    pub(super) forms: Vec<Form>,
}

/// Some bytes that tell.
pub(super) struct Form {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) rule: Rule,
}

/// What counts as these bytes, and where.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rule {
    /// These, anywhere.
    Anywhere,
    /// Small letters and capitals alike, anywhere.
    AnyCase,
    /// These, where no letter and no digit goes on before or behind.
    Word,
    /// These, where the number does not go on: `10.0.0.4` is not in `10.0.0.41`.
    Number,
}

/// A file with a private key, by its form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyFile {
    /// PKCS #8, with a key on P-256.
    Certificates,
    /// OpenSSH's own, with an Ed25519 key.
    Signing,
}

impl KeyFile {
    /// Which line holds the most of the secret number; what stands in most others is the same in all keys, or public.
    const fn line(self) -> usize {
        match self {
            Self::Certificates => 1,
            Self::Signing => 3,
        }
    }
}

impl Trace {
    /// A domain: nobody cares for its capitals.
    pub(super) fn domain(what: String, domain: &str) -> Self {
        let mut forms =
            vec![Form::new(domain.as_bytes(), Rule::AnyCase), Form::new(&in_utf_16(domain), Rule::AnyCase)];
        forms.extend(disguises(domain.as_bytes()));
        Self { what, forms }
    }

    /// A name of several words, or one that is long enough not to stand anywhere by chance.
    pub(super) fn name(what: String, name: &str) -> Self {
        let mut forms = vec![Form::new(&in_utf_16(name), Rule::Anywhere)];
        forms.extend(disguises(name.as_bytes()));
        Self { what, forms }
    }

    /// A single word.
    pub(super) fn word(what: String, word: &str) -> Self {
        Self { what, forms: vec![Form::new(word.as_bytes(), Rule::Word)] }
    }

    /// An address or a network.
    pub(super) fn address(what: String, address: &str) -> Self {
        Self { what, forms: vec![Form::new(address.as_bytes(), Rule::Number)] }
    }

    /// A private key: as it stands in its file, in DER, as the bare number, and each of them in base64 and hexadecimal.
    pub(super) fn private_key(what: &str, file: KeyFile, pem: &str) -> Result<Self> {
        let secret = Secret::private_key(what, pem)?;
        let needles = secret.needles().iter().flat_map(Needle::forms);
        let bytes: Vec<_> = needles.map(|form| Form::new(form, Rule::Anywhere)).collect();
        let digits: Vec<_> =
            secret.needles().iter().filter_map(|needle| needle.forms().next()).map(in_digits).collect();
        let forms = bytes.into_iter().chain(digits).chain(lines(pem).nth(file.line())).collect();
        Ok(Self { what: what.to_owned(), forms })
    }

    /// A certificate: as it stands in its file, in DER, and its public key alone.
    pub(super) fn certificate(what: &str, pem: &str) -> Result<Self> {
        let certificate =
            CertificateDer::from_pem_slice(pem.as_bytes()).doing(format_args!("read {what}"))?;
        let (_, parsed) = parse_x509_certificate(&certificate).doing(format_args!("read {what}"))?;
        let public = &parsed.public_key().subject_public_key.data;
        let forms = disguises(&certificate).chain(disguises(public)).chain(lines(pem)).collect();
        Ok(Self { what: what.to_owned(), forms })
    }

    /// The public half of the key that signs images.
    pub(super) fn signing_public_key(what: &str, line: &str) -> Self {
        let body = line.split(' ').nth(1).unwrap_or(line);
        Self { what: what.to_owned(), forms: vec![Form::new(body.as_bytes(), Rule::Anywhere)] }
    }
}

impl Form {
    fn new(bytes: &[u8], rule: Rule) -> Self {
        Self { bytes: Zeroizing::new(bytes.to_vec()), rule }
    }
}

/// The bytes themselves, and in base64 wherever they stand in what is encoded.
fn disguises(bytes: &[u8]) -> impl Iterator<Item = Form> {
    let needle = Needle::new(bytes);
    let forms: Vec<_> = needle.forms().map(|form| Form::new(form, Rule::Anywhere)).collect();
    forms.into_iter()
}

/// In hexadecimal, as programs and people write it.
fn in_digits(bytes: &[u8]) -> Form {
    let mut digits = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            digits.push(char::from_digit(half.into(), 16).unwrap_or_default());
        }
    }
    Form::new(digits.as_bytes(), Rule::AnyCase)
}

/// Little-endian, as Windows and Java have it.
fn in_utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The long lines of the first text in PEM: base64 that is broken elsewhere has none of them.
fn lines(pem: &str) -> impl Iterator<Item = Form> {
    let body = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let body = body.take_while(|line| !line.starts_with("-----"));
    body.filter(|line| line.len() >= SHORTEST_LINE).map(|line| Form::new(line.as_bytes(), Rule::Anywhere))
}
