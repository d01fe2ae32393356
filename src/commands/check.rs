//! `jailbuild check`: parses the school's file, and says what it means.

use std::{fmt, path::Path};

use serde::Serialize;

use crate::{
    error::Result,
    policy::SERVER_TO_SERVER,
    site::{Domain, Site, Upload},
};

/// Parse `jailbuild.toml` and say what it means; nothing is changed.
///
/// For example: `jailbuild check --file school/jailbuild.toml`
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {}

/// Parses the school's file.
///
/// # Errors
/// [`crate::Error::Configuration`], pointing into the file.
pub fn run(_arguments: &Arguments, site_file: &Path) -> Result<Checked> {
    Site::load(site_file).map(Checked)
}

/// A school's file that was understood.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Checked(pub Site);

impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Site { network, limits, tls, .. } = &self.0;
        let rows = [
            ("domain", domain(&self.0.domain)),
            ("organisation", self.0.organisation.to_string()),
            ("name", self.0.name.to_string()),
            ("languages", list(&self.0.languages)),
            ("flavor", self.0.flavor.to_string()),
            ("base", self.0.base.to_string()),
            ("clients from", list(&network.lan)),
            ("ports", ports(&self.0)),
            ("blocked", format!("{SERVER_TO_SERVER} in both directions, and all else")),
            ("link", format!("{}: host {}, jail {}", network.link, network.link.host(), network.link.jail())),
            ("certificates", format!("for {} days", tls.leaf_days)),
            ("stanzas", format!("up to {} bytes, {} a second", limits.stanza_bytes, limits.bytes_per_second)),
            (
                "connections",
                format!("up to {}, {} from one address", limits.connections, limits.connections_per_address),
            ),
            ("files", files(&self.0.upload)),
        ];
        rows.iter().enumerate().try_for_each(|(index, (key, value))| {
            let line_end = if index == 0 { "" } else { "\n" };
            write!(formatter, "{line_end}{key:<13} {value}")
        })
    }
}

fn ports(site: &Site) -> String {
    let web = site.web.open().map(|port| format!(", {port} web")).unwrap_or_default();
    format!("{} STARTTLS, {} direct TLS{web}", site.network.starttls, site.network.direct_tls)
}

/// As it is written, and as DNS has it where that differs.
fn domain(domain: &Domain) -> String {
    if domain.ascii() == domain.as_str() {
        return domain.to_string();
    }
    format!("{domain} ({} in DNS)", domain.ascii())
}

fn files(upload: &Upload) -> String {
    if !upload.enabled {
        return "are not shared".to_owned();
    }
    let Upload { max_bytes, quota_bytes, total_bytes, days, .. } = upload;
    format!("up to {max_bytes} bytes, {quota_bytes} of one child, {total_bytes} in all, for {days} days")
}

fn list(values: &[impl fmt::Display]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn it_says_what_the_example_means() {
        insta::assert_snapshot!(Checked(Site::example()));
    }

    #[test]
    fn it_says_the_same_to_machines() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&Checked(Site::example())).unwrap());
    }

    #[test]
    fn it_says_what_is_open_to_browsers() {
        let text =
            "domain = \"a.example\"\norganisation = \"A\"\n[web]\nenabled = true\n[upload]\nenabled = true";
        let site = Site::parse(&PathBuf::from("jailbuild.toml"), text).unwrap();
        let said = Checked(site).to_string();
        assert!(said.contains("ports         5222 STARTTLS, 5223 direct TLS, 5443 web\n"), "{said}");
        assert!(said.contains("files         up to 16777216 bytes"), "{said}");
    }

    #[test]
    fn it_says_how_an_international_domain_stands_in_dns() {
        let text = "domain = \"bücher.example\"\norganisation = \"A\"";
        let site = Site::parse(&PathBuf::from("jailbuild.toml"), text).unwrap();
        assert!(
            Checked(site)
                .to_string()
                .starts_with("domain        bücher.example (xn--bcher-kva.example in DNS)\n")
        );
    }
}
