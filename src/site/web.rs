//! What browsers may do: the web port, and the files that children share through it. Both are off unless the school wants
//! them.

use serde::Serialize;

use super::Mistake;

/// The `[web]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Web {
    /// Whether the appliance speaks HTTPS.
    pub enabled: bool,
    /// Where: a port that the firewall opens to clients as it does the two of XMPP.
    pub port: u16,
    /// From which sites scripts may speak to it; its own, if none is named.
    pub origins: Vec<WebOrigin>,
}

/// Where a script comes from, as browsers write it (RFC 6454 §6.2).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct WebOrigin(String);

/// The `[upload]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Upload {
    /// Whether children may share files.
    pub enabled: bool,
    /// Largest file, bytes.
    pub max_bytes: u32,
    /// What one child's files may take together, bytes.
    pub quota_bytes: u32,
    /// What all files may take together, bytes.
    pub total_bytes: u32,
    /// After so many days a file is erased.
    pub days: u32,
    /// What may be shared.
    pub types: Vec<MediaRange>,
}

/// One media type, or all of one kind, such as `image/*` (RFC 9110 §12.5.1).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MediaRange(String);

/// What may be shared where the school says nothing: nothing that a browser would run.
pub(super) const TYPES: [&str; 6] =
    ["application/octet-stream", "application/pdf", "audio/*", "image/*", "text/plain", "video/*"];

impl Web {
    /// The port, where there is one.
    pub fn open(&self) -> Option<u16> {
        self.enabled.then_some(self.port)
    }
}

impl WebOrigin {
    /// Accepts `https://` with a host and maybe a port, and nothing more.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | ':');
        match text.strip_prefix("https://") {
            Some(rest) if !rest.is_empty() && rest.chars().all(is_plain) => Ok(Self(text.to_owned())),
            _ => Err(Mistake::new(
                format!("`{}` is not an origin", text.escape_debug()),
                "write it as browsers do: `https://chat.your-school.org:5443`, in lower case, without a path",
            )),
        }
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MediaRange {
    /// Accepts `KIND/TYPE` and `KIND/*`, in lower case (RFC 6838 §4.2).
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "!#$&-^_.+".contains(c);
        let is_token = |part: &str| (1..=127).contains(&part.len()) && part.chars().all(is_plain);
        match text.split_once('/') {
            Some((kind, part)) if is_token(kind) && (part == "*" || is_token(part)) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Mistake::new(
                format!("`{}` is not a media type", text.escape_debug()),
                "write `image/png`, or `image/*` for all images",
            )),
        }
    }

    /// As it stands in a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
