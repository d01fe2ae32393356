//! Those who chat, each by a client that shares no code with the daemon.

use std::{cell::RefCell, collections::BTreeMap, fs, net::SocketAddrV4, path::Path};

use jailbuild::{
    Result,
    probe::client::{Answer, ClientError, Session, Stream, Trust},
    site::Folder,
};
use zeroize::Zeroizing;

use crate::{
    files,
    school::Order,
    stanzas::{ROSTER, contact, outline, told},
};

type Spoken = std::result::Result<String, String>;

/// Everybody who has logged in.
pub(crate) struct People<'a> {
    order: &'a Order,
    trust: Trust,
    sessions: BTreeMap<String, Session>,
    passwords: BTreeMap<String, Zeroizing<String>>,
    /// The session of the last ad-hoc command (XEP-0050).
    command: String,
}

impl<'a> People<'a> {
    /// Nobody, in a school whose authority they trust.
    pub(crate) fn of(order: &'a Order) -> Result<Self> {
        let trust = Trust::in_authority(&fs::read_to_string(authority(order)).expect("a certificate"))?;
        let (sessions, passwords) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { order, trust, sessions, passwords, command: String::new() })
    }

    /// Does what is typed.
    pub(crate) fn act(&mut self, words: &[&str]) -> Spoken {
        match words {
            ["login", name, "again"] => self.log_in_again(name),
            ["login", name, "from", file] => {
                let password = files::password(&self.order.folder.join(file), account(name))?;
                self.log_in(name, Zeroizing::new(password))
            }
            ["login", name, "with", password] => self.log_in(name, Zeroizing::new((*password).to_owned())),
            ["logout", name] => {
                let session = self.sessions.remove(*name).ok_or_else(|| not_online(name))?;
                session.end().map(|()| String::new()).map_err(complaint)
            }
            ["say", name, whom, text] => self.say(name, whom, text),
            ["hear", name] => self.hear(name),
            ["roster", name] => self.roster(name),
            ["ask", name, file] => self.ask(name, file),
            ["send", name, file] => {
                let xml = self.read(file)?;
                let domain = self.order.domain.clone();
                let session = self.session(name)?;
                session.send(&xml).and_then(|()| session.settle(&domain)).map_err(complaint)?;
                Ok(String::new())
            }
            ["gone", name] => self.gone(name),
            ["stays", name] => self.stays(name),
            ["shows", file] => self.shows(file),
            other => Err(format!("`{}` is no command of these transcripts", other.join(" "))),
        }
    }

    fn log_in_again(&mut self, name: &str) -> Spoken {
        let password = self.passwords.get(account(name)).cloned();
        self.log_in(name, password.ok_or("the password is not known yet")?)
    }

    fn log_in(&mut self, name: &str, password: Zeroizing<String>) -> Spoken {
        let stream = self.connect().map_err(complaint)?;
        let mut session = match Session::begin(stream, &self.order.domain, account(name), &password) {
            Err(ClientError::LoginRefused(condition)) => {
                return Err(format!("{name} is refused: {condition}"));
            }
            session => session.map_err(complaint)?,
        };
        session.announce().and_then(|()| session.settle(&self.order.domain)).map_err(complaint)?;
        self.sessions.insert(name.to_owned(), session);
        self.passwords.insert(account(name).to_owned(), password);
        Ok(format!("{name} is online"))
    }

    fn connect(&self) -> std::result::Result<Stream, ClientError> {
        let address = SocketAddrV4::new(self.order.deployment.policy.jail, self.order.port);
        Stream::connect(address)?.secure(&self.trust.any_version(), &self.order.domain)
    }

    fn say(&mut self, name: &str, whom: &str, text: &str) -> Spoken {
        let domain = self.order.domain.clone();
        let to = if whom.contains('@') { whom.to_owned() } else { format!("{whom}@{domain}") };
        let session = self.session(name)?;
        // What came before the answer to a later request has been dealt with.
        session.say(&to, "said", text).and_then(|()| session.settle(&domain)).map_err(complaint)?;
        Ok(String::new())
    }

    fn hear(&mut self, name: &str) -> Spoken {
        let domain = self.order.domain.clone();
        let heard = RefCell::new(String::new());
        let session = self.session(name)?;
        let ping = format!("<iq type='get' id='hear' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>");
        session.send(&ping).map_err(complaint)?;
        let answer = session.wait_for(|element| {
            if element.name == "iq" && element.attribute("id") == Some("hear") {
                return true;
            }
            heard.borrow_mut().push_str(&told(element));
            false
        });
        match answer.map_err(complaint)? {
            Answer::Element(_) => Ok(heard.into_inner()),
            end => Err(format!("{}{name} gets {}", heard.into_inner(), end.brief())),
        }
    }

    fn roster(&mut self, name: &str) -> Spoken {
        let session = self.session(name)?;
        let iq = format!("<iq type='get' id='roster'><query xmlns='{ROSTER}'/></iq>");
        let answer = session.request(&iq, "roster").map_err(complaint)?;
        let roster = answer.child("query", ROSTER).ok_or("the answer is no roster")?;
        let mut contacts: Vec<String> = roster.children.iter().map(|item| contact(item) + "\n").collect();
        contacts.sort();
        Ok(contacts.concat())
    }

    fn ask(&mut self, name: &str, file: &str) -> Spoken {
        let xml = self.read(file)?;
        let answer = self.session(name)?.request(&xml, "ask").map_err(complaint)?;
        if let Some(command) = answer.children.iter().find_map(|child| child.attribute("sessionid")) {
            command.clone_into(&mut self.command);
        }
        Ok(outline(&answer))
    }

    fn read(&self, file: &str) -> Spoken {
        let xml = files::text(&self.order.folder.join(file))?;
        Ok(xml.trim().replace("{{ sessionid }}", &self.command))
    }

    fn gone(&mut self, name: &str) -> Spoken {
        let session = self.session(name)?;
        let end = session.wait_for(|_| false).map_err(complaint)?;
        if !end.is_end() {
            return Err(format!("{name} is still online"));
        }
        self.sessions.remove(name);
        Ok(format!("{name} is cut off: {}", end.brief()))
    }

    fn stays(&mut self, name: &str) -> Spoken {
        let domain = self.order.domain.clone();
        self.session(name)?.settle(&domain).map_err(complaint)?;
        Ok(format!("{name} is still online"))
    }

    fn shows(&self, file: &str) -> Spoken {
        let stream = self.connect().map_err(complaint)?;
        let tls = stream.transport().tls().ok_or("there is no TLS")?;
        let shown = tls.peer_certificates().and_then(<[_]>::first).ok_or("no certificate is shown")?;
        let chain = files::text(&self.order.folder.join(file))?;
        let chain = jailbuild::site::lint::chain_from_pem(&chain).map_err(|error| error.to_string())?;
        if chain.first() == Some(shown) {
            Ok("it is".to_owned())
        } else {
            Err("it is another one".to_owned())
        }
    }

    fn session(&mut self, name: &str) -> std::result::Result<&mut Session, String> {
        self.sessions.get_mut(name).ok_or_else(|| not_online(name))
    }
}

fn authority(order: &Order) -> std::path::PathBuf {
    Folder::beside(Path::new(&order.folder.join("jailbuild.toml"))).authority()
}

/// The account of a session.
fn account(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

fn not_online(name: &str) -> String {
    format!("{name} is not online")
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn complaint(error: ClientError) -> String {
    error.to_string()
}
