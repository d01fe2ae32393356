//! One connection to the twin, from the first header to the last stanza.

use std::{
    io,
    net::TcpStream,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sasl::{
    common::{ChannelBinding, scram::Sha256},
    server::{Mechanism, Response, mechanisms::Scram},
};

use super::{
    DOMAIN, STANZA_BYTES,
    passwords::{Passwords, name_in, said, signature_for_any_binding},
    tls::Pipe,
    world::{Habit, Mail, World},
};
use crate::probe::client::{Element, Frame, Frames, ns};

/// The connection's state. `Err` anywhere ends it.
pub(super) struct Conversation {
    pub(super) world: Arc<World>,
    pipe: Option<Pipe>,
    frames: Frames,
    /// Bytes since the last whole stanza.
    unframed: usize,
    /// Whether the header declared the namespace of servers; the parser keeps no declarations.
    of_servers: bool,
    login: Option<Scram<Sha256, Passwords>>,
    trying: String,
    /// What was said of the login so far, as SCRAM signs it.
    said: Vec<u8>,
    /// The account that is logged in.
    pub(super) account: Option<String>,
    /// Its full JID, once bound.
    pub(super) jid: Option<String>,
    pub(super) mail: (Sender<Mail>, Receiver<Mail>),
}

/// Talks until one side has had enough.
pub(super) fn hold(world: &Arc<World>, socket: TcpStream, direct_tls: bool) {
    let Ok(mut pipe) = Pipe::plain(socket) else { return };
    if direct_tls {
        match pipe.secure(&world.tls, world.has(Habit::AnswersOldTls)) {
            Ok(secured) => pipe = secured,
            Err(_) => return,
        }
    }
    let mut conversation = Conversation {
        world: Arc::clone(world),
        pipe: Some(pipe),
        frames: Frames::default(),
        unframed: 0,
        of_servers: false,
        login: None,
        trying: String::new(),
        said: Vec::new(),
        account: None,
        jid: None,
        mail: channel(),
    };
    let _ = conversation.run();
    conversation.leave();
}

impl Conversation {
    fn run(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while !self.world.has_ended() {
            let read = self.pipe()?.read(&mut buffer)?;
            // What others sent before this was asked comes before it is answered.
            while let Ok(mail) = self.mail.1.try_recv() {
                match mail {
                    Mail::Xml(xml) => self.send(&xml)?,
                    Mail::End => return self.end("not-authorized"),
                }
            }
            let Some(length) = read else { continue };
            if length == 0 {
                return Ok(());
            }
            self.of_servers = memchr::memmem::find(&buffer[..length], b"='jabber:server'").is_some();
            self.frames.feed(&buffer[..length]);
            self.unframed += length;
            self.check_size()?;
            while let Some(frame) = self.frames.next_frame().map_err(io::Error::other)? {
                self.unframed = 0;
                self.take(&frame)?;
            }
        }
        Ok(())
    }

    /// From here on nothing is sent to this session.
    fn leave(&mut self) {
        if let Some(jid) = self.jid.take() {
            self.world.sessions.lock().unwrap().remove(&jid);
        }
    }

    fn check_size(&mut self) -> io::Result<()> {
        let limit = if self.world.has(Habit::TightLimit) { 1000 } else { STANZA_BYTES };
        if self.unframed > limit && !self.world.has(Habit::NoLimit) {
            return self.end("policy-violation");
        }
        Ok(())
    }

    fn pipe(&mut self) -> io::Result<&mut Pipe> {
        self.pipe.as_mut().ok_or_else(|| io::Error::other("the pipe has broken"))
    }

    fn is_tls(&self) -> bool {
        self.pipe.as_ref().is_some_and(Pipe::is_tls)
    }

    fn binding(&self) -> Option<ChannelBinding> {
        let exporter = self.pipe.as_ref()?.exporter().filter(|_| !self.world.has(Habit::NoBinding))?;
        // The name that this side of `sasl` knows; what it compares is the name that the client gave, and these bytes.
        Some(ChannelBinding::TlsUnique(exporter))
    }

    pub(super) fn send(&mut self, xml: &str) -> io::Result<()> {
        self.pipe()?.write(xml.as_bytes())
    }

    /// Sends a stream error and hangs up.
    pub(super) fn end(&mut self, condition: &str) -> io::Result<()> {
        self.send(&format!(
            "<stream:error><{condition} xmlns='{}'/></stream:error></stream:stream>",
            ns::STREAM_ERROR
        ))?;
        Err(io::Error::other(condition.to_owned()))
    }

    fn take(&mut self, frame: &Frame) -> io::Result<()> {
        match frame {
            Frame::Header(header) => self.take_header(header),
            Frame::Element(element) if self.account.is_some() => self.take_stanza(element),
            Frame::Element(element) => self.take_stranger(element),
            Frame::End => {
                // Whoever reads the answer may count on it: what is sent now waits.
                self.leave();
                self.send("</stream:stream>")?;
                Err(io::Error::other("the stream was closed"))
            }
        }
    }

    fn take_header(&mut self, header: &Element) -> io::Result<()> {
        let (id, stream) = (self.world.next(), ns::STREAM);
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='{stream}' id='{id}' \
             from='{DOMAIN}' version='1.0'>"
        ))?;
        if header.attribute("to") != Some(DOMAIN) && !self.world.has(Habit::AnyDomain) {
            return self.end("host-unknown");
        }
        if self.of_servers && !self.world.has(Habit::ServerStreams) {
            return self.end("invalid-namespace");
        }
        let features = self.features();
        self.send(&format!("<stream:features>{features}</stream:features>"))
    }

    fn features(&self) -> String {
        let has = |habit| self.world.has(habit);
        let plain = if has(Habit::OffersPlain) { "<mechanism>PLAIN</mechanism>" } else { "" };
        let plus = self.binding().map_or("", |_| "<mechanism>SCRAM-SHA-256-PLUS</mechanism>");
        let mechanisms = format!(
            "<mechanisms xmlns='{}'>{plus}<mechanism>SCRAM-SHA-256</mechanism>{plain}</mechanisms>",
            ns::SASL
        );
        let mut features = Vec::new();
        if self.account.is_some() {
            features.push(format!("<bind xmlns='{}'/>", ns::BIND));
        } else if self.is_tls() {
            features.push(mechanisms);
            let plain = if has(Habit::OffersPlainBySasl2) { "<mechanism>PLAIN</mechanism>" } else { "" };
            features.push(format!("<authentication xmlns='{}'>{plain}</authentication>", ns::SASL2));
        } else {
            let required = if has(Habit::StarttlsOptional) { "" } else { "<required/>" };
            features.push(format!("<starttls xmlns='{}'>{required}</starttls>", ns::STARTTLS));
            if has(Habit::OffersMechanismsInTheClear) {
                features.push(mechanisms);
            }
        }
        if has(Habit::OffersRegistration) && self.account.is_none() {
            features.push(format!("<register xmlns='{}'/>", ns::REGISTER_FEATURE));
        }
        if has(Habit::OffersDialback) {
            features.push(format!("<dialback xmlns='{}'/>", ns::DIALBACK_FEATURE));
        }
        features.concat()
    }

    /// What someone says who has not logged in.
    fn take_stranger(&mut self, element: &Element) -> io::Result<()> {
        let may_log_in = self.is_tls() || self.world.has(Habit::LoginInTheClear);
        match (element.name.as_str(), element.namespace.as_str()) {
            ("starttls", ns::STARTTLS) if !self.is_tls() => self.start_tls(),
            ("auth", ns::SASL) if may_log_in => self.take_auth(element),
            ("authenticate", ns::SASL2) if may_log_in => {
                let accepts = self.world.has(Habit::AcceptsPlainBySasl2);
                let answer = if accepts { "success" } else { "failure" };
                self.send(&format!("<{answer} xmlns='{}'/>", ns::SASL2))
            }
            ("response", ns::SASL) if self.login.is_some() => self.take_response(element),
            ("iq", ns::CLIENT) if element.child("query", ns::REGISTER).is_some() => {
                let accepts = self.world.has(Habit::AcceptsRegistration) && self.is_tls();
                self.take_registration(element, accepts)
            }
            ("iq", ns::CLIENT) if element.child("query", ns::LEGACY_LOGIN).is_some() && may_log_in => {
                if self.world.has(Habit::LegacyLogin) {
                    return self.send("<iq type='result' id='legacy'/>");
                }
                self.end("not-authorized")
            }
            (_, ns::DIALBACK) if self.world.has(Habit::AnswersDialback) => self.send(&format!(
                "<db:result xmlns:db='{}' type='valid' from='{DOMAIN}' to='elsewhere.test'/>",
                ns::DIALBACK
            )),
            _ => self.end("not-authorized"),
        }
    }

    fn start_tls(&mut self) -> io::Result<()> {
        self.send(&format!("<proceed xmlns='{}'/>", ns::STARTTLS))?;
        let plain = self.pipe.take().ok_or_else(|| io::Error::other("the pipe has broken"))?;
        self.pipe = Some(plain.secure(&self.world.tls, self.world.has(Habit::AnswersOldTls))?);
        self.frames = Frames::default();
        Ok(())
    }

    fn take_auth(&mut self, auth: &Element) -> io::Result<()> {
        let lax = self.world.has(Habit::AcceptsPlain) || self.world.has(Habit::LoginInTheClear);
        match (auth.attribute("mechanism"), self.binding()) {
            (Some("PLAIN"), _) if lax => self.send(&format!("<success xmlns='{}'/>", ns::SASL)),
            (Some("SCRAM-SHA-256"), _) => self.begin_scram(auth, ChannelBinding::Unsupported),
            (Some("SCRAM-SHA-256-PLUS"), Some(binding)) => self.begin_scram(auth, binding),
            _ => self.fail("invalid-mechanism"),
        }
    }

    fn begin_scram(&mut self, auth: &Element, binding: ChannelBinding) -> io::Result<()> {
        let mut login = Scram::new(Passwords(Arc::clone(&self.world)), binding);
        let first = BASE64_STANDARD.decode(&auth.text).map_err(io::Error::other)?;
        self.trying = name_in(&first);
        self.hesitate();
        if let Some(condition) = self.refusal_at_once() {
            return self.fail(condition);
        }
        let Ok(Response::Proceed(challenge)) = login.respond(&first) else {
            return self.fail("malformed-request");
        };
        self.said = said(&first, &challenge);
        self.login = Some(login);
        self.send_sasl("challenge", &challenge)
    }

    /// Whoever throttles nobody is slow at first: that this machine becomes busy does not look like throttling.
    fn hesitate(&self) {
        let guesses =
            self.world.accounts.lock().unwrap().get(&self.trying).map(|account| account.wrong_guesses);
        if self.world.has(Habit::ThrottlesNobody) && guesses.is_some_and(|guesses| guesses < 3) {
            thread::sleep(Duration::from_secs(2));
        }
    }

    /// A login that is not even begun.
    fn refusal_at_once(&self) -> Option<&'static str> {
        let accounts = self.world.accounts.lock().unwrap();
        match accounts.get(&self.trying) {
            None => self.world.has(Habit::TellsUnknownNames).then_some("account-disabled"),
            Some(_) if self.world.has(Habit::RefusesEveryone) => Some("not-authorized"),
            Some(account) if account.wrong_guesses >= 5 && !self.world.has(Habit::ThrottlesNobody) => {
                Some("temporary-auth-failure")
            }
            Some(_) => None,
        }
    }

    fn take_response(&mut self, response: &Element) -> io::Result<()> {
        let Some(mut login) = self.login.take() else { return self.fail("malformed-request") };
        let message = BASE64_STANDARD.decode(&response.text).map_err(io::Error::other)?;
        let result = login.respond(&message);
        let mut accounts = self.world.accounts.lock().unwrap();
        let account = accounts.get_mut(&self.trying);
        let allowed =
            account.as_ref().is_some_and(|account| account.enabled) || self.world.has(Habit::LetsDisabledIn);
        match result {
            Ok(Response::Success(_, signature)) if allowed => {
                drop(accounts);
                self.let_in(&signature)
            }
            _ if self.world.has(Habit::AcceptsAnyPassword) => {
                drop(accounts);
                self.let_in(b"v=AAAA")
            }
            _ if self.world.has(Habit::IgnoresBinding) => {
                drop(accounts);
                let passwords = Passwords(Arc::clone(&self.world));
                self.let_in(&signature_for_any_binding(&passwords, &self.trying, &self.said, &message))
            }
            _ => {
                if let Some(account) = account {
                    account.wrong_guesses += 1;
                }
                drop(accounts);
                self.fail("not-authorized")
            }
        }
    }

    fn let_in(&mut self, signature: &[u8]) -> io::Result<()> {
        self.account = Some(self.trying.clone());
        self.frames = Frames::default();
        self.send_sasl("success", signature)
    }

    fn send_sasl(&mut self, name: &str, payload: &[u8]) -> io::Result<()> {
        self.send(&format!("<{name} xmlns='{}'>{}</{name}>", ns::SASL, BASE64_STANDARD.encode(payload)))
    }

    fn fail(&mut self, condition: &str) -> io::Result<()> {
        self.send(&format!("<failure xmlns='{}'><{condition}/></failure>", ns::SASL))
    }
}
