//! What must be known of a school before it has a file: asked for, or given.

use std::{
    fmt,
    io::{BufRead, Write},
    path::Path,
};

use ipnet::Ipv4Net;
use serde::Serialize;

use super::{
    Domain, Link, Mistake, Network, Organisation,
    network::{PRIVATE, client_port, private_network, refuse_overlap},
    toml_string,
};
use crate::{
    error::{Context as _, Error, Result},
    host::file::{PUBLIC, create_folder, taken, write_new},
    render::{Template, render},
};

/// What stands first in a school's file; all else has a default.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answers {
    /// The domain of everybody's address.
    pub domain: Domain,
    /// Who runs it.
    pub organisation: Organisation,
    /// Addresses and ports.
    pub network: Network,
}

impl Answers {
    /// These, in the network that most schools have.
    pub fn new(domain: Domain, organisation: Organisation) -> Self {
        Self { domain, organisation, network: Network::usual() }
    }

    /// Asks for each, again where an answer will not do, until all of them are confirmed.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the answers end before the questions do.
    pub fn ask(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<Self> {
        let mut questions = Questions { input, output };
        let mut before: Option<Self> = None;
        loop {
            let answers = questions.ask_all(before.as_ref())?;
            questions.say(format_args!("\n{answers}"))?;
            if questions.ask("Is that right?", Some("yes"), yes_or_no)? {
                return Ok(answers);
            }
            before = Some(answers);
        }
    }

    /// The commented text of the school's file.
    ///
    /// # Errors
    /// [`Error::Failed`] if the template is broken.
    pub fn file_text(&self) -> Result<String> {
        #[derive(Serialize)]
        struct Values {
            domain: String,
            organisation: String,
            link: String,
            lan: String,
            starttls: u16,
            direct_tls: u16,
        }
        let Network { link, lan, starttls, direct_tls } = &self.network;
        let lan: Vec<_> = lan.iter().map(|range| toml_string(&range.to_string())).collect();
        let values = Values {
            domain: toml_string(self.domain.as_str()),
            organisation: toml_string(self.organisation.as_str()),
            link: toml_string(&link.to_string()),
            lan: format!("[{}]", lan.join(", ")),
            starttls: *starttls,
            direct_tls: *direct_tls,
        };
        render(Template::Site, &values)
    }

    /// Writes the school's file.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is one already: it stays as it is.
    pub fn write(&self, path: &Path) -> Result<()> {
        create_folder(path.parent().unwrap_or(Path::new("")), 0o755)?;
        if write_new(path, self.file_text()?.as_bytes(), PUBLIC)? {
            return Ok(());
        }
        Err(already_there(path))
    }
}

/// Refuses to write a school's file where there is one, or anything else of that name.
///
/// # Errors
/// [`Error::Configuration`].
pub fn refuse_existing(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() { Err(already_there(path)) } else { Ok(()) }
}

fn already_there(path: &Path) -> Error {
    taken(path, "edit it, and ask `jailbuild check`; or move it away first")
}

/// Who can be asked.
struct Questions<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Questions<'_> {
    /// All questions. The answers of before, which somebody wants to change, are proposed.
    fn ask_all(&mut self, before: Option<&Answers>) -> Result<Answers> {
        let usual = Network::usual();
        let network = before.map_or(&usual, |answers| &answers.network);
        let domain = before.map(|answers| answers.domain.to_string());
        let organisation = before.map(|answers| answers.organisation.to_string());
        self.say("What stands behind the @ in everybody's address, such as chat.your-school.org:")?;
        let domain = self.ask("Domain", domain.as_deref(), Domain::parse)?;
        self.say("\nWho runs the chat, as certificates and pages for parents say it:")?;
        let organisation = self.ask("Organisation", organisation.as_deref(), Organisation::parse)?;
        self.say("\nThe school's own network, from which clients come, as narrow as can be; several with commas between:")?;
        let lan = self.ask("Clients from", Some(&joined(&network.lan)), ranges)?;
        self.say("\nTwo addresses between this host and the chat's jail, a /30 that is used nowhere else:")?;
        let proposed = link_beside(network.link, &lan).map(|link| link.to_string());
        let link = self.ask("Link", proposed.as_deref(), |text| link_apart_from(&lan, text))?;
        self.say("\nThe ports that clients connect to:")?;
        let starttls = self.ask("Port for STARTTLS", Some(&network.starttls.to_string()), port)?;
        let direct_tls =
            self.ask("Port for TLS from the first byte", Some(&network.direct_tls.to_string()), |text| {
                port_other_than(starttls, text)
            })?;
        Ok(Answers { domain, organisation, network: Network { link, lan, starttls, direct_tls } })
    }

    fn ask<T>(
        &mut self,
        question: &str,
        proposal: Option<&str>,
        parse: impl Fn(&str) -> Result<T, Mistake>,
    ) -> Result<T> {
        let proposed = proposal.map(|proposal| format!(" [{proposal}]")).unwrap_or_default();
        loop {
            write!(self.output, "{question}{proposed}: ").doing("ask")?;
            self.output.flush().doing("ask")?;
            let line = self.line()?;
            let answer = if line.is_empty() { proposal.unwrap_or_default() } else { &line };
            match parse(answer) {
                Ok(value) => return Ok(value),
                Err(Mistake { what, hint }) => self.say(format_args!("  {what}: {hint}"))?,
            }
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.input.read_line(&mut line).doing("read the answer")? > 0 {
            return Ok(line.trim().to_owned());
        }
        Err(Error::configuration(
            "the answers ended before the questions did",
            "answer each, or write the school's file with `jailbuild init --domain … --organisation …`",
        ))
    }

    fn say(&mut self, text: impl fmt::Display) -> Result<()> {
        writeln!(self.output, "{text}").doing("ask")
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, organisation, network } = self;
        writeln!(formatter, "domain        {domain}")?;
        writeln!(formatter, "organisation  {organisation}")?;
        writeln!(formatter, "clients from  {}", joined(&network.lan))?;
        let link = network.link;
        writeln!(formatter, "link          {link}: host {}, jail {}", link.host(), link.jail())?;
        writeln!(formatter, "ports         {} STARTTLS, {} direct TLS", network.starttls, network.direct_tls)
    }
}

fn joined(ranges: &[Ipv4Net]) -> String {
    ranges.iter().map(Ipv4Net::to_string).collect::<Vec<_>>().join(", ")
}

fn ranges(text: &str) -> Result<Vec<Ipv4Net>, Mistake> {
    let mut ranges: Vec<Ipv4Net> = Vec::new();
    for range in text.split([',', ' ']).filter(|range| !range.is_empty()) {
        let range = private_network(range)?;
        let overlaps = |other: &&Ipv4Net| other.contains(&range) || range.contains(*other);
        if let Some(other) = ranges.iter().find(overlaps) {
            return Err(Mistake::new(format!("`{range}` overlaps `{other}`"), "keep the larger of the two"));
        }
        ranges.push(range);
    }
    if PRIVATE.iter().all(|range| ranges.contains(range)) {
        return Err(Mistake::new(
            "nothing private is left for the link between this host and the chat's jail",
            "name only the networks that clients are in, such as `192.168.1.0/24`",
        ));
    }
    if ranges.is_empty() { Err(private_network(text).err().unwrap_or_else(nobody)) } else { Ok(ranges) }
}

fn nobody() -> Mistake {
    Mistake::new("no client could connect", "name the school's network, such as `192.168.1.0/24`")
}

fn link_apart_from(lan: &[Ipv4Net], text: &str) -> Result<Link, Mistake> {
    let link = Link::parse(text)?;
    match lan.iter().find(|range| refuse_overlap(**range, link, &[]).is_err()) {
        None => Ok(link),
        Some(range) => Err(Mistake::new(
            format!("the link `{link}` lies within the clients' network `{range}`"),
            format!("name a /30 that is used nowhere else{}", such_as(link_beside(link, lan))),
        )),
    }
}

fn such_as(link: Option<Link>) -> String {
    link.map(|link| format!(", such as `{link}`")).unwrap_or_default()
}

/// The usual link, or the first of others that is in none of these.
fn link_beside(usual: Link, lan: &[Ipv4Net]) -> Option<Link> {
    let mut links = [Some(usual)].into_iter().chain(LINKS.map(|link| Link::parse(link).ok())).flatten();
    links.find(|link| lan.iter().all(|range| refuse_overlap(*range, *link, &[]).is_ok()))
}

/// One for each kind of private network.
const LINKS: [&str; 3] = ["10.66.0.0/30", "172.31.255.0/30", "192.168.255.0/30"];

fn port(text: &str) -> Result<u16, Mistake> {
    let number = text.parse().map_err(|_| {
        Mistake::new(format!("`{}` is not a port", text.escape_debug()), "write digits alone")
    })?;
    client_port(number)
}

fn port_other_than(taken: u16, text: &str) -> Result<u16, Mistake> {
    match port(text)? {
        same if same == taken => Err(Mistake::new(
            format!("port {same} cannot be for STARTTLS and for direct TLS"),
            "give each its own: `5222` and `5223` are what clients try first",
        )),
        other => Ok(other),
    }
}

fn yes_or_no(text: &str) -> Result<bool, Mistake> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err(Mistake::new(format!("`{}` is neither", text.escape_debug()), "write `yes` or `no`")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;
    use crate::site::Site;

    fn asked(typed: &str) -> (Result<Answers>, String) {
        let mut said = Vec::new();
        let answers = Answers::ask(&mut typed.as_bytes(), &mut said);
        (answers, String::from_utf8(said).unwrap())
    }

    #[test]
    fn two_answers_are_enough_and_the_rest_is_proposed() {
        let (answers, _) = asked("Chat.North.example\nNorth School\n\n\n\n\n\n");
        let answers = answers.unwrap();
        let domain = Domain::parse("chat.north.example").unwrap();
        assert_eq!(answers, Answers::new(domain, Organisation::parse("North School").unwrap()));
    }

    #[test]
    fn an_answer_that_will_not_do_is_asked_for_again_with_why() {
        let typed = "\nlocalhost\nchat.north.example\n\nNorth \"N\" School\n\
                     8.8.8.0/24\n10.0.0.0/8, 10.1.0.0/16\n,\n10.66.0.0/16, 192.168.7.0/24\n\
                     10.66.0.0/30\n10.99.0.0/24\n10.99.0.0/30\n\
                     5269\nx\n5300\n5300\n5301\nperhaps\nyes\n";
        let (answers, said) = asked(typed);
        insta::assert_snapshot!(said);
        let text = answers.as_ref().unwrap().file_text().unwrap();
        let site = Site::parse(Path::new("jailbuild.toml"), &text).unwrap();
        let Answers { domain, organisation, network } = answers.unwrap();
        assert_eq!((site.domain, site.organisation, site.network), (domain, organisation, network));
    }

    #[test]
    fn a_link_is_proposed_that_will_do() {
        for (lan, proposed) in [
            ("192.168.1.0/24", "10.66.0.0/30"),
            ("10.0.0.0/8", "172.31.255.0/30"),
            ("10.0.0.0/8, 172.16.0.0/12", "192.168.255.0/30"),
        ] {
            let (answers, _) = asked(&format!("chat.north.example\nNorth School\n{lan}\n\n\n\n\n"));
            assert_eq!(answers.unwrap().network.link.to_string(), proposed);
        }
    }

    #[test]
    fn no_link_is_proposed_that_would_be_refused() {
        let lan = "10.0.0.0/8, 172.16.0.0/12, 192.168.128.0/17";
        let typed =
            format!("chat.north.example\nNorth School\n{lan}\n\n10.66.0.0/30\n192.168.0.0/30\n\n\n\n");
        let (answers, said) = asked(&typed);
        assert_eq!(answers.unwrap().network.link.to_string(), "192.168.0.0/30");
        assert!(said.contains("Link: ") && !said.contains("such as `10.66.0.0/30`"), "{said}");
    }

    #[test]
    fn clients_from_everywhere_leave_no_link() {
        let (_, said) = asked(
            "chat.north.example\nNorth School\n10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16\n192.168.0.0/16\n",
        );
        assert!(said.contains("nothing private is left for the link"), "{said}");
        assert!(said.contains("Link [10.66.0.0/30]: "), "{said}");
    }

    #[test]
    fn who_says_no_is_asked_again_and_keeps_what_was_right() {
        let (answers, said) =
            asked("chat.nort.example\nNorth School\n\n\n\n\nno\nchat.north.example\n\n\n\n\n\ny\n");
        let answers = answers.unwrap();
        assert_eq!(
            (answers.domain.as_str(), answers.organisation.as_str()),
            ("chat.north.example", "North School")
        );
        assert!(said.contains("Domain [chat.nort.example]: "), "{said}");
    }

    #[test]
    fn answers_that_end_are_an_error() {
        let (answers, _) = asked("chat.north.example\n");
        assert_eq!(answers.unwrap_err().exit_code(), 3);
    }
}
