//! The traces of one school: all by which an image would tell whose it is, or open what is its own.

use std::path::Path;

use super::trace::{KeyFile, Trace};
use crate::{
    appliance::Layout,
    error::Result,
    host::file,
    site::{Folder, Network, Site},
};

/// The shortest name, in bytes, that is sought where it has several words, or as a word of its own.
const SHORTEST_NAME: usize = 8;
const SHORTEST_WORD: usize = 6;

/// What is sought in an image, and what is not, with why.
#[derive(Default)]
pub struct Sought {
    pub(super) traces: Vec<Trace>,
    /// What all of that is, in few lines.
    pub(super) told: Vec<String>,
    pub(super) left_out: Vec<String>,
    /// Names that any program may hold, as the administrator says.
    common: Vec<String>,
}

/// This school, as far as it can be known here.
pub struct This<'a> {
    /// Its file.
    pub site: &'a Site,
    /// The folder of its keys and certificates.
    pub folder: &'a Folder,
    /// Where it is installed on this host, if it is.
    pub appliance: Option<Layout>,
    /// The name of this host.
    pub host: Option<String>,
    /// How its people and groups are called, where there is a daemon to ask.
    pub people: Option<Vec<String>>,
}

impl Sought {
    /// All that is known of this school, but for the names that are `common`.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if one of its keys or certificates cannot be read.
    pub fn of(this: &This<'_>, common: &[String]) -> Result<Self> {
        let mut sought = Self { common: common.to_vec(), ..Self::default() };
        sought.add_names(this.site);
        sought.add_host(this.host.as_deref());
        sought.add_network(&this.site.network);
        sought.add_private_keys(this.folder)?;
        sought.add_public_keys(this.folder)?;
        this.appliance.iter().try_for_each(|layout| sought.add_installed(layout))?;
        sought.add_people(this.people.as_deref());
        Ok(sought)
    }

    fn add_names(&mut self, site: &Site) {
        let (domain, example) = (&site.domain, Site::example());
        self.add_domain(&format!("the domain `{domain}`, and every address in it"), domain.as_str());
        if domain.ascii() != domain.as_str() {
            self.add_domain(&format!("the domain as `{}`", domain.ascii()), domain.ascii());
        }
        self.add_name("the organisation", site.organisation.as_str());
        if site.name != example.name {
            self.add_name("the appliance", site.name.as_str());
        }
        for room in &site.rooms.made {
            self.add_name("the room", &room.title);
        }
        for origin in &site.web.origins {
            self.add_name("the web page", origin.as_str());
        }
    }

    fn add_host(&mut self, host: Option<&str>) {
        match host {
            Some(name) if name.contains('.') => self.add_domain(&format!("this host, `{name}`"), name),
            Some(name) => self.add_name("this host", name),
            None => self.left_out.push("the name of this host, which has none".to_owned()),
        }
    }

    /// What is as the tool proposes it says nothing of anybody.
    fn add_network(&mut self, network: &Network) {
        let usual = Site::example().network;
        if network.link != usual.link {
            self.add_address("the link", &network.link.to_string());
            for end in [network.link.host(), network.link.jail()] {
                self.add_address("the address", &end.to_string());
            }
        }
        for range in network.lan.iter().filter(|range| !usual.lan.contains(range)) {
            self.add_address("the network", &range.to_string());
        }
    }

    fn add_private_keys(&mut self, folder: &Folder) -> Result<()> {
        let keys = [
            ("the authority's key", KeyFile::Certificates, folder.authority_key()),
            ("the certificate's key", KeyFile::Certificates, folder.key()),
            ("the key that signs images", KeyFile::Signing, folder.signing_key()),
        ];
        for (what, form, path) in keys {
            match file::read_secret_if_there(&path)? {
                Some(pem) => self.add(Trace::private_key(what, form, &pem)?),
                None => self.leave_out_file(what, &path),
            }
        }
        Ok(())
    }

    fn add_public_keys(&mut self, folder: &Folder) -> Result<()> {
        for (what, path) in
            [("the authority's certificate", folder.authority()), ("the certificate", folder.chain())]
        {
            match file::read_if_there(&path)? {
                Some(pem) => self.add(Trace::certificate(what, &pem)?),
                None => self.leave_out_file(what, &path),
            }
        }
        if let Some(line) = file::read_if_there(&folder.signing_public_key())? {
            self.add(Trace::signing_public_key("the public half of the key that signs images", &line));
        }
        Ok(())
    }

    /// An appliance may have been installed from another folder.
    fn add_installed(&mut self, layout: &Layout) -> Result<()> {
        let settings = layout.settings();
        if let Some(pem) = file::read_secret_if_there(&settings.join("key.pem"))? {
            self.add(Trace::private_key("the installed certificate's key", KeyFile::Certificates, &pem)?);
        }
        for (what, path) in [
            ("the installed authority's certificate", layout.authority()),
            ("the installed certificate", settings.join("chain.pem")),
        ] {
            if let Some(pem) = file::read_if_there(&path)? {
                self.add(Trace::certificate(what, &pem)?);
            }
        }
        Ok(())
    }

    fn add_people(&mut self, people: Option<&[String]>) {
        let Some(people) = people else {
            self.left_out.push(
                "the names of people and groups: no daemon was asked; `--socket PATH` names one".to_owned(),
            );
            return;
        };
        let (telling, others): (Vec<_>, Vec<_>) = people.iter().partition(|name| is_telling(name));
        self.told.push(format!("the names of people and groups: {}", telling.len()));
        self.traces.extend(telling.iter().map(|name| Trace::name(format!("the name `{name}`"), name)));
        if !others.is_empty() {
            let count = others.len();
            self.left_out.push(format!(
                "the names of people and groups that are too short to tell from chance: {count}"
            ));
        }
    }

    fn add_domain(&mut self, what: &str, domain: &str) {
        if !self.leaves_out(what, domain) {
            self.add(Trace::domain(what.to_owned(), domain));
        }
    }

    fn add_address(&mut self, what: &str, address: &str) {
        let what = format!("{what} `{address}`");
        if !self.leaves_out(&what, address) {
            self.add(Trace::address(what, address));
        }
    }

    fn add_name(&mut self, what: &str, name: &str) {
        let what = format!("{what} `{name}`");
        if self.leaves_out(&what, name) {
            return;
        }
        if is_telling(name) {
            self.add(Trace::name(what, name));
        } else if name.len() >= SHORTEST_WORD {
            self.add(Trace::word(what, name));
        } else {
            self.left_out.push(format!("{what}, which is too short to tell from chance"));
        }
    }

    fn add(&mut self, trace: Trace) {
        self.told.push(trace.what.clone());
        self.traces.push(trace);
    }

    fn leaves_out(&mut self, what: &str, name: &str) -> bool {
        let is_common = self.common.iter().any(|common| common == name);
        if is_common {
            self.left_out.push(format!("{what}, with `--common`"));
        }
        is_common
    }

    fn leave_out_file(&mut self, what: &str, path: &Path) {
        self.left_out.push(format!("{what}: there is no `{}`", path.display()));
    }
}

/// Whether a name is nobody else's by chance: two words at least, and not too short.
fn is_telling(name: &str) -> bool {
    name.len() >= SHORTEST_NAME && name.split_whitespace().nth(1).is_some()
}

/// How this host is called, if it has a name of its own.
pub fn host_name() -> Option<String> {
    let name = nix::unistd::gethostname().ok()?.to_string_lossy().into_owned();
    (!name.is_empty() && name != "localhost").then_some(name)
}
