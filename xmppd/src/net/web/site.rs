//! What the web port is to browsers: its name, whom it lets in, what it says.

use std::collections::HashSet;

use bytes::Bytes;
use hyper::{HeaderMap, header};

use super::host_meta;
use crate::{config::Config, store::Files};

/// The site of one web port.
pub(in crate::net) struct Site {
    /// Origins whose scripts may speak to it.
    origins: HashSet<String>,
    /// What users share.
    pub(super) files: Files,
    pub(super) host_meta: Bytes,
    pub(super) host_meta_json: Bytes,
}

/// Who asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Visitor {
    /// A script of a site that may.
    Friend(String),
    /// A script of a site that may not.
    Stranger,
    /// No script of another site: a client, or somebody who has followed a link.
    Unscripted,
}

impl Site {
    /// As the settings have it; `None` if they want none.
    pub(in crate::net) fn new(config: &Config, files: &Files) -> Option<Self> {
        config.web.enabled.then(|| Self {
            files: files.clone(),
            origins: config.web.origins(&config.domain),
            host_meta: host_meta::xml(config).into(),
            host_meta_json: host_meta::json(config).into(),
        })
    }

    /// Who asks: browsers say, and do not let scripts say otherwise (RFC 6454 §7).
    pub(super) fn visitor(&self, headers: &HeaderMap) -> Visitor {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next().map(|origin| origin.to_str()), origins.next()) {
            (None, _) => Visitor::Unscripted,
            (Some(Ok(origin)), None) if self.origins.contains(origin) => Visitor::Friend(origin.to_owned()),
            _ => Visitor::Stranger,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn site(web: &str) -> Option<Site> {
        let text = format!("domain = \"school.test\"\norganisation = \"The School\"\n{web}");
        Site::new(&Config::parse(&text).unwrap(), &Files::new("data".as_ref()))
    }

    #[test]
    fn scripts_of_other_sites_are_strangers() {
        let site = site("[web]\nenabled = true").unwrap();
        let visitor = |origins: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            site.visitor(&headers)
        };
        let own = "https://school.test:5443";
        assert_eq!(visitor(&[]), Visitor::Unscripted);
        assert_eq!(visitor(&[own]), Visitor::Friend(own.to_owned()));
        for strange in
            ["https://school.test", "http://school.test:5443", "null", "https://school.test:54430", ""]
        {
            assert_eq!(visitor(&[strange]), Visitor::Stranger, "{strange}");
        }
        assert_eq!(visitor(&[own, own]), Visitor::Stranger, "one too many");
    }

    #[test]
    fn there_is_none_unless_it_is_wanted() {
        assert!(site("").is_none());
    }
}
