//! A school's appliance started, with a child of it at home and one of the other school at the door.

use std::net::SocketAddrV4;

use jailbuild::{
    Error, Result,
    error::Context as _,
    probe::client::{Answer, ClientError, Session, Stream, Trust, mechanisms},
    runtime::{Act, Appliance, Deployment, Stage},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::token;

/// A school as its own children's devices know it, and one of these children.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Child {
    pub(crate) domain: String,
    /// The certificate of the authority that the devices trust.
    pub(crate) authority: String,
    pub(crate) name: String,
    pub(crate) password: String,
    /// What a device was given to log in with later; empty where it has none yet.
    pub(crate) token: String,
}

/// What is to be done.
#[derive(Deserialize, Serialize)]
pub(crate) struct Visit {
    pub(crate) deployment: Deployment,
    pub(crate) at_home: Child,
    pub(crate) stranger: Option<Child>,
}

/// What was seen.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Seen {
    /// The child at home, with a token by now.
    pub(crate) at_home: Child,
    /// What was answered to the token of the child at home, which is good.
    pub(crate) own_token: String,
    /// What was answered to the stranger, by what was tried.
    pub(crate) refusals: Vec<(String, String)>,
    /// The certificates that the daemon shows.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Starts the appliance, lets the child in, and sees what a stranger gets.
pub(crate) const VISIT: Act<Visit, (), Seen> = Act { name: "visit", perform: visit };

fn visit(stage: &Stage, visit: &Visit, _: &mut dyn FnMut(())) -> Result<Seen> {
    let appliance = stage.runtime().start(&visit.deployment)?;
    let host = Host { appliance: appliance.as_ref(), own: &visit.at_home };
    let seen = host.receive(visit);
    appliance.stop()?;
    seen
}

/// The appliance, and how its own children reach it.
struct Host<'a> {
    appliance: &'a dyn Appliance,
    own: &'a Child,
}

impl Host<'_> {
    fn receive(&self, visit: &Visit) -> Result<Seen> {
        let mut at_home = visit.at_home.clone();
        if at_home.token.is_empty() {
            self.add(&at_home)?;
            let mut stream = self.opened()?;
            at_home.token =
                token::earned(&mut stream, &at_home.name, &at_home.password).doing("get a token")?;
        }
        let own_token = token::shown(&mut self.opened()?, &at_home.name, &at_home.token);
        let own_token = own_token.doing("show the token")?.name;
        // That the child at home is let in shows that it is not the daemon that is at fault below.
        self.session()?.end().doing("log out")?;
        let refusals = visit.stranger.as_ref().map_or(Ok(Vec::new()), |stranger| self.refusals(stranger))?;
        Ok(Seen { at_home, own_token, refusals, chain: self.chain()? })
    }

    fn add(&self, child: &Child) -> Result<()> {
        let add =
            ["/usr/local/sbin/xmppd", "user", "add", &child.name, "--kind", "teacher", "--password-stdin"];
        let output = self.appliance.run_inside(&add, child.password.as_bytes())?;
        if output.code == 0 {
            return Ok(());
        }
        Err(Error::failed(format_args!("no account: {}", String::from_utf8_lossy(&output.stderr))))
    }

    /// All that one of another school may try.
    fn refusals(&self, stranger: &Child) -> Result<Vec<(String, String)>> {
        let mut tried = Vec::new();
        let mut note = |what: &str, answer: String| tried.push((what.to_owned(), answer));
        note(
            "a device that trusts the stranger's authority alone",
            self.mistrust(stranger, &self.own.domain),
        );
        note("the same, which asks for the stranger's domain", self.mistrust(stranger, &stranger.domain));
        note("the stranger's domain in the header of the stream", self.header(&stranger.domain)?);
        note("the stranger's name and password", self.login(&stranger.name, &stranger.password)?);
        note(
            "the stranger's address and password",
            self.login(&format!("{}@{}", stranger.name, stranger.domain), &stranger.password)?,
        );
        let shown =
            token::shown(&mut self.opened()?, &stranger.name, &stranger.token).doing("show a token")?;
        note("the stranger's token", brief(&Answer::Element(shown)));
        let shown =
            token::shown(&mut self.opened()?, &self.own.name, &stranger.token).doing("show a token")?;
        note("the stranger's token, with the name of a child at home", brief(&Answer::Element(shown)));
        note("a message from home to the stranger", self.stanza("", stranger)?);
        let lie = format!("from='{}@{}' ", stranger.name, stranger.domain);
        note("a message that claims to be from the stranger", self.stanza(&lie, self.own)?);
        Ok(tried)
    }

    fn connected(&self, trust: &Child, name: &str) -> Result<Stream, ClientError> {
        let trust = Trust::in_authority(&trust.authority)
            .map_err(|error| ClientError::Unexpected(error.to_string()))?;
        Stream::connect(SocketAddrV4::new(self.appliance.address(), 5223))?.secure(&trust.any_version(), name)
    }

    /// As a child's device does it, up to the mechanisms that are offered.
    fn opened(&self) -> Result<Stream> {
        let mut stream = self.connected(self.own, &self.own.domain).doing("connect")?;
        let features = stream.open(&self.own.domain).doing("open a stream")?;
        if mechanisms(&features).is_empty() {
            return Err(Error::failed("no way to log in is offered"));
        }
        Ok(stream)
    }

    fn session(&self) -> Result<Session> {
        let stream = self.connected(self.own, &self.own.domain).doing("connect")?;
        let password = Zeroizing::new(self.own.password.clone());
        Session::begin(stream, &self.own.domain, &self.own.name, &password).doing("log in")
    }

    /// What a device says that trusts one authority alone.
    fn mistrust(&self, stranger: &Child, name: &str) -> String {
        match self.connected(stranger, name) {
            Ok(_) => "trusted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn header(&self, domain: &str) -> Result<String> {
        let mut stream = self.connected(self.own, &self.own.domain).doing("connect")?;
        stream.send_header("jabber:client", domain).doing("open a stream")?;
        loop {
            match stream.answer().doing("listen")? {
                Answer::Header(_) => {}
                answer => return Ok(brief(&answer)),
            }
        }
    }

    fn login(&self, name: &str, password: &str) -> Result<String> {
        let mut stream = self.connected(self.own, &self.own.domain).doing("connect")?;
        let features = stream.open(&self.own.domain).doing("open a stream")?;
        let login = stream.log_in(&features, name, password).doing("try to log in")?;
        Ok(login.refusal.unwrap_or_else(|| "let in".to_owned()))
    }

    fn stanza(&self, from: &str, to: &Child) -> Result<String> {
        let mut session = self.session()?;
        let to = format!("{}@{}", to.name, to.domain);
        session
            .send(&format!("<message {from}id='m' type='chat' to='{to}'><body>hello</body></message>"))
            .doing("write")?;
        session
            .send(&format!(
                "<iq type='get' id='after' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
                self.own.domain
            ))
            .doing("write")?;
        let answer = session.wait_for(|stanza| matches!(stanza.attribute("id"), Some("m" | "after")));
        Ok(brief(&answer.doing("listen")?))
    }

    fn chain(&self) -> Result<Vec<Vec<u8>>> {
        let stream = self.connected(self.own, &self.own.domain).doing("connect")?;
        let chain = stream.transport().tls().and_then(|tls| tls.peer_certificates()).unwrap_or_default();
        Ok(chain.iter().map(|certificate| certificate.to_vec()).collect())
    }
}

fn brief(answer: &Answer) -> String {
    answer.brief()
}
