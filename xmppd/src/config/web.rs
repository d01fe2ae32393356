//! `[web]` and `[upload]`: the port that browsers speak to, and files that users share through it.

use std::{collections::HashSet, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::{Config, Domain, Listen, Port, parts::within};
use crate::features::upload::{MediaRange, Terms};

/// `[web]`: HTTPS, for WebSocket (RFC 7395), discovery (XEP-0156) and shared files (XEP-0363).
#[derive(Clone, Debug, Deserialize, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upload {
    /// Whether users may share files.
    pub enabled: bool,
    /// The most that one file may have.
    #[serde(deserialize_with = "within::<_, _, 1024, 4_294_967_296>")]
    pub max_bytes: u64,
    /// The most that one account's files may have together.
    #[serde(deserialize_with = "within::<_, _, 1_048_576, 1_099_511_627_776>")]
    pub quota_bytes: u64,
    /// The most that all files may have together.
    #[serde(deserialize_with = "within::<_, _, 1_048_576, 1_099_511_627_776>")]
    pub total_bytes: u64,
    /// What may be shared.
    pub types: Vec<MediaRange>,
    /// Days after which a file is erased.
    #[serde(deserialize_with = "within::<_, _, 1, 3_650>")]
    pub days: u32,
}

/// Where a script may come from (RFC 6454 §6.2).
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

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

impl Config {
    /// On what terms users may share files; `None` if they may not.
    pub fn upload_terms(&self) -> Option<Terms> {
        let Upload { enabled, max_bytes, quota_bytes, total_bytes, types, days } = self.upload.clone();
        enabled.then(|| Terms {
            base: format!("https://{}/upload/", self.web.authority(&self.domain)),
            file_bytes: max_bytes,
            account_bytes: quota_bytes,
            all_bytes: total_bytes,
            types,
            days,
        })
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
            total_bytes: 2 * 1024 * 1024 * 1024,
            types: types.map(|one| MediaRange::try_from(one.to_owned()).expect("it is a media type")).into(),
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
}
