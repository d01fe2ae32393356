//! `[web]` and `[upload]`: the port that browsers speak to, and files that users share through it.

use std::{collections::HashSet, net::IpAddr};

use serde::Deserialize;

use super::{Config, Domain, Listen, Port, parts::within};

/// `[web]`: HTTPS, for WebSocket (RFC 7395), discovery (XEP-0156) and shared files (XEP-0363).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Whether it listens at all.
    pub enabled: bool,
    /// Where.
    pub port: Port,
    /// The name in its URLs, if it is not the domain.
    pub host: Option<Domain>,
    /// From which sites scripts may speak to it; its own, if none is named.
    pub origins: Vec<Origin>,
    /// Where the host name leads to, as XEP-0487 tells clients that cannot ask DNS.
    pub addresses: Vec<IpAddr>,
}

/// `[upload]`: XEP-0363.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upload {
    /// Whether users may share files.
    pub enabled: bool,
    /// The most that one file may have.
    #[serde(deserialize_with = "within::<_, _, 1024, 4_294_967_296>")]
    pub max_bytes: u64,
    /// The most that one account's files may have together.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_099_511_627_776>")]
    pub quota_bytes: u64,
    /// The most that all files may have together.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_099_511_627_776>")]
    pub total_bytes: u64,
    /// What may be shared.
    pub types: Vec<MediaRange>,
    /// Days after which a file is erased.
    #[serde(deserialize_with = "within::<_, _, 1, 3_650>")]
    pub days: u32,
}

/// Where a script may come from (RFC 6454 §6.2).
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(try_from = "String")]
pub struct Origin(String);

/// One media type, or all of one kind, such as `image/*` (RFC 9110 §12.5.1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct MediaRange(String);

impl Web {
    /// The name in its URLs and its port, as browsers write them.
    pub fn authority(&self, domain: &Domain) -> String {
        let host = self.host.as_ref().unwrap_or(domain).as_str();
        let host = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned());
        format!("{host}:{}", self.port.number())
    }

    /// From which sites scripts may speak to it.
    pub fn origins(&self, domain: &Domain) -> HashSet<String> {
        if self.origins.is_empty() {
            return HashSet::from([format!("https://{}", self.authority(domain))]);
        }
        self.origins.iter().map(|origin| origin.0.clone()).collect()
    }
}

impl MediaRange {
    /// Whether it holds a media type, which is in lower case and without parameters.
    pub fn contains(&self, media_type: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(kind) => media_type.starts_with(kind),
            None => self.0 == media_type,
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | ':');
        match text.strip_prefix("https://") {
            Some(rest) if !rest.is_empty() && rest.chars().all(is_plain) => Ok(Self(text)),
            _ => Err(format!(
                "`{text}` is not an origin\nwrite it as browsers do: `https://chat.example.org:5443`, in lower case, \
                 without a path, and without `:443`"
            )),
        }
    }
}

impl TryFrom<String> for MediaRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_token = |part: &str| {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "!#$&-^_.+".contains(c);
            !part.is_empty() && part.chars().all(is_plain)
        };
        match text.split_once('/') {
            Some((kind, part)) if is_token(kind) && (part == "*" || is_token(part)) => Ok(Self(text)),
            _ => Err(format!("`{text}` is not a media type\nwrite `image/png`, or `image/*` for all images")),
        }
    }
}

/// What contradicts the rest of the file, with what to do about it.
pub(super) fn contradiction(config: &Config) -> Option<(&'static str, &'static str)> {
    let Listen { starttls, direct_tls, .. } = config.listen;
    if config.upload.enabled && !config.web.enabled {
        return Some((
            "[upload]",
            "files are shared through the web port, which is off\nadd `enabled = true` to `[web]`",
        ));
    }
    if config.web.enabled && [starttls, direct_tls].contains(&config.web.port) {
        return Some((
            "[web]",
            "the web port is taken already\nbrowsers are sent to 5443, unless it says otherwise",
        ));
    }
    None
}

impl Default for Web {
    fn default() -> Self {
        Self { enabled: false, port: Port::WEB, host: None, origins: Vec::new(), addresses: Vec::new() }
    }
}

impl Default for Upload {
    fn default() -> Self {
        let types =
            ["application/octet-stream", "application/pdf", "audio/*", "image/*", "text/plain", "video/*"];
        Self {
            enabled: false,
            max_bytes: 16 * 1024 * 1024,
            quota_bytes: 256 * 1024 * 1024,
            total_bytes: 4 * 1024 * 1024 * 1024,
            types: types.map(|one| MediaRange(one.to_owned())).into(),
            days: 30,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(rest: &str) -> Config {
        Config::parse(&format!("domain = \"schüle.test\"\norganisation = \"The School\"\n{rest}")).unwrap()
    }

    #[test]
    fn both_are_off_unless_they_are_wanted() {
        let config = parse("");
        assert!(!config.web.enabled && !config.upload.enabled);
    }

    #[test]
    fn its_own_site_is_the_one_that_may_speak_to_it() {
        let Config { web, domain, .. } = parse("[web]\nenabled = true");
        assert_eq!(web.authority(&domain), "xn--schle-mva.test:5443");
        assert_eq!(web.origins(&domain), HashSet::from(["https://xn--schle-mva.test:5443".to_owned()]));
        let Config { web, domain, .. } =
            parse("[web]\nhost = \"web.school.test\"\nport = 5500\norigins = [\"https://school.test\"]");
        assert_eq!(web.authority(&domain), "web.school.test:5500");
        assert_eq!(web.origins(&domain), HashSet::from(["https://school.test".to_owned()]));
    }

    #[test]
    fn a_kind_holds_all_its_types() {
        let range = |text: &str| MediaRange::try_from(text.to_owned()).unwrap();
        assert!(range("image/*").contains("image/png") && range("image/png").contains("image/png"));
        assert!(!range("image/*").contains("imagery/png") && !range("image/png").contains("image/png2"));
    }
}
