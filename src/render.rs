//! Templates with a typed context: an unknown variable is an error, and nothing is escaped, since only
//! values that need no escaping get this far ([`Word`]).

mod jail;
#[cfg(test)]
mod lint;
mod service;
mod word;

pub use jail::{DEVICE_RULESET, Jail, KernelParameters, device_rules};
pub use service::Service;
pub use word::Word;

use std::error::Error as _;

use serde::Serialize;
use tera::{Context, Tera};

use crate::error::{Error, Result};

/// A template that is built into this program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Template {
    /// `jail.conf(5)` for Bastille, which keeps jails its own way.
    Bastille,
    /// `devfs.rules(5)` for a jail that has a `/dev`.
    Devfs,
    /// The page for the volunteer who is handed an image.
    Handover,
    /// `jail.conf(5)`.
    Jail,
    /// `newsyslog.conf(5)` for the service's log.
    LogRotation,
    /// The firewall in the form of nftables.
    Nft,
    /// The firewall in the form of `pf.conf(5)`, as an anchor.
    Pf,
    /// The host's `rc.d(8)` script.
    Service,
    /// The daemon's settings.
    Settings,
    /// The school's file, as `jailbuild init` writes it.
    Site,
}

impl Template {
    /// Every template, in the order of their names.
    pub const ALL: [Self; 10] = [
        Self::Bastille,
        Self::Devfs,
        Self::Handover,
        Self::Jail,
        Self::LogRotation,
        Self::Nft,
        Self::Pf,
        Self::Service,
        Self::Settings,
        Self::Site,
    ];

    /// Its file's name, in the image's folder `host/` as in this project.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Bastille => "bastille.conf",
            Self::Devfs => "devfs.rules",
            Self::Handover => "HANDOVER.md",
            Self::Jail => "jail.conf",
            Self::LogRotation => "newsyslog.conf",
            Self::Nft => "nft.conf",
            Self::Pf => "pf.conf",
            Self::Service => "schoolchat",
            Self::Settings => "xmppd.toml",
            Self::Site => "jailbuild.toml",
        }
    }

    /// Where it lies in an image and what for, if the host is to fill it from its site.
    pub const fn in_image(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Devfs => Some(("host/devfs.rules", "what a debug jail sees in /dev")),
            Self::Handover => Some(("HANDOVER.md", "for whom it is handed to")),
            Self::Jail => Some(("host/jail.conf", "the jail and its locks")),
            Self::LogRotation => Some(("host/newsyslog.conf", "keeps the log from growing")),
            Self::Bastille | Self::Nft | Self::Site => None,
            Self::Pf => Some(("host/pf.conf", "the firewall's anchor")),
            Self::Service => Some(("host/rc.d/schoolchat", "starts and stops it with the host")),
            Self::Settings => Some(("host/xmppd.toml", "the daemon's settings")),
        }
    }

    /// Its text, before anything is filled in.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Bastille => include_str!("../jail-templates/bastille.conf"),
            Self::Devfs => include_str!("../jail-templates/devfs.rules"),
            Self::Handover => include_str!("../jail-templates/HANDOVER.md"),
            Self::Jail => include_str!("../jail-templates/jail.conf"),
            Self::LogRotation => include_str!("../jail-templates/newsyslog.conf"),
            Self::Nft => include_str!("../jail-templates/nft.conf"),
            Self::Pf => include_str!("../jail-templates/pf.conf"),
            Self::Service => include_str!("../rc.d/schoolchat"),
            Self::Settings => include_str!("../jail-templates/xmppd.toml"),
            Self::Site => include_str!("../jail-templates/jailbuild.toml"),
        }
    }
}

/// Fills a template with values.
///
/// # Errors
/// [`Error::Failed`] if the template asks for something that the values do not have.
pub fn render(template: Template, values: &impl Serialize) -> Result<String> {
    fill(template.file_name(), template.text(), values)
}

fn fill(name: &str, text: &str, values: &impl Serialize) -> Result<String> {
    fill_text(text, values)
        .map_err(|error| Error::failed(format_args!("cannot fill the template `{name}`: {error}")))
}

/// Why a text cannot be filled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unfilled {
    /// It asks for something that the values do not have.
    #[error("it asks for `{0}`")]
    Unknown(String),
    /// It is not written as it should be.
    #[error("{0}")]
    Broken(String),
}

/// Fills any text with values.
///
/// # Errors
/// [`Unfilled`], without saying which text.
pub fn fill_text(text: &str, values: &impl Serialize) -> Result<String, Unfilled> {
    const NAME: &str = "text";
    let context = Context::from_serialize(values)?;
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<String>::new());
    tera.add_raw_template(NAME, text)?;
    let asked = tera.get_template_variables(NAME)?;
    // Tera takes an unknown variable in a condition as false: here it is an error like any other.
    if let Some(unknown) = asked.into_iter().filter(|variable| !context.contains_key(variable)).min() {
        return Err(Unfilled::Unknown(unknown.to_string()));
    }
    Ok(tera.render(NAME, &context)?)
}

impl From<tera::Error> for Unfilled {
    fn from(error: tera::Error) -> Self {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::Broken(format!("{error}{cause}"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Greeting {
        whom: &'static str,
    }

    #[test]
    fn fills_in_what_is_known_and_escapes_nothing() {
        assert_eq!(
            fill("page.html", "hello {{ whom }}", &Greeting { whom: "<R&J>" }).unwrap(),
            "hello <R&J>"
        );
    }

    #[test]
    fn refuses_what_is_unknown_also_in_a_condition() {
        for text in ["hello {{ who }}", "{% if who %}hello{% endif %}", "{% for one in who %}{% endfor %}"] {
            let error = fill("page", text, &Greeting { whom: "juliet" }).unwrap_err();
            assert_eq!(error.to_string(), "cannot fill the template `page`: it asks for `who`");
        }
    }

    #[test]
    fn says_where_a_template_is_broken() {
        let error = fill("page", "{% if whom %}", &Greeting { whom: "juliet" }).unwrap_err();
        assert!(error.to_string().starts_with("cannot fill the template `page`: "), "{error}");
    }
}
