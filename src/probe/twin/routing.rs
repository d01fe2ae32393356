//! What the twin does with the stanzas of those who have logged in.

use std::io;

use super::{
    DOMAIN,
    conversation::Conversation,
    world::{AccountState, Habit, Mail, World},
};
use crate::probe::client::{Element, bare, escape, ns};

const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";

impl Conversation {
    pub(super) fn take_stanza(&mut self, stanza: &Element) -> io::Result<()> {
        let own = self.jid.clone().unwrap_or_default();
        let from = stanza.attribute("from").unwrap_or(&own).to_owned();
        if from != own && from != bare(&own) && !self.world.has(Habit::BelievesSenders) {
            return self.end("invalid-from");
        }
        let to = stanza.attribute("to").unwrap_or(DOMAIN).to_owned();
        if domain_of(&to) != DOMAIN {
            if self.world.has(Habit::SwallowsForeignStanzas) {
                return Ok(());
            }
            return self.refuse(stanza, "remote-server-not-found");
        }
        match stanza.name.as_str() {
            "iq" => self.take_iq(stanza),
            "message" => {
                self.route(stanza, &from, &to);
                Ok(())
            }
            _ => self.take_presence(stanza),
        }
    }

    fn refuse(&mut self, stanza: &Element, condition: &str) -> io::Result<()> {
        let (name, id) = (&stanza.name, stanza.attribute("id").unwrap_or_default());
        self.send(&format!(
            "<{name} type='error' id='{id}'><error type='cancel'><{condition} xmlns='{}'/></error></{name}>",
            ns::STANZA_ERROR
        ))
    }

    fn take_iq(&mut self, iq: &Element) -> io::Result<()> {
        let id = escape(iq.attribute("id").unwrap_or_default());
        if iq.child("bind", ns::BIND).is_some() {
            return self.bind(&id);
        }
        if iq.child("ping", "urn:xmpp:ping").is_some() {
            return self.send(&format!("<iq type='result' id='{id}' from='{DOMAIN}'/>"));
        }
        if iq.child("query", DISCO_INFO).is_some() {
            let registers = self.world.has(Habit::OffersRegistrationInDisco);
            let feature =
                if registers { format!("<feature var='{}'/>", ns::REGISTER) } else { String::new() };
            return self.send(&format!(
                "<iq type='result' id='{id}'><query xmlns='{DISCO_INFO}'>{feature}</query></iq>"
            ));
        }
        if iq.child("query", ns::REGISTER).is_some() {
            return self.take_registration(iq, self.world.has(Habit::AcceptsRegistrationAfterLogin));
        }
        self.refuse(iq, "service-unavailable")
    }

    fn bind(&mut self, id: &str) -> io::Result<()> {
        let domain = if self.world.has(Habit::BindsElsewhere) { "elsewhere.test" } else { DOMAIN };
        let account = self.account.clone().unwrap_or_default();
        let jid = format!("{account}@{domain}/{}", self.world.next());
        self.world.sessions.lock().unwrap().insert(jid.clone(), self.mail.0.clone());
        self.jid = Some(jid.clone());
        self.send(&format!(
            "<iq type='result' id='{id}'><bind xmlns='{}'><jid>{jid}</jid></bind></iq>",
            ns::BIND
        ))
    }

    /// Adds the account, or only says that it does not.
    pub(super) fn take_registration(&mut self, iq: &Element, accepts: bool) -> io::Result<()> {
        let query = iq.child("query", ns::REGISTER);
        let text =
            |name| query.and_then(|query| query.child(name, ns::REGISTER)).map(|child| child.text.clone());
        let (Some(name), Some(password), true) = (text("username"), text("password"), accepts) else {
            return self.refuse(iq, "not-allowed");
        };
        self.world.add(&name, &password);
        self.send("<iq type='result' id='register'/>")
    }

    fn route(&mut self, message: &Element, from: &str, to: &str) {
        let body = message.child("body", ns::CLIENT).map(|body| body.text.clone()).unwrap_or_default();
        if self.world.has(Habit::LogsContent) {
            self.world.log(&format!("{from} -> {to}: {body}"));
        }
        let id = escape(message.attribute("id").unwrap_or_default());
        let xml = format!(
            "<message type='chat' id='{id}' from='{}' to='{}'><body>{}</body></message>",
            escape(from),
            escape(to),
            escape(&body)
        );
        let sessions = self.world.sessions.lock().unwrap();
        let recipient = sessions.iter().find(|(jid, _)| *jid == to || bare(jid) == to);
        if let Some((_, mailbox)) = recipient {
            let _ = mailbox.send(Mail::Xml(xml));
            return;
        }
        drop(sessions);
        let mut waiting = self.world.waiting.lock().unwrap();
        waiting.entry(bare(to).to_owned()).or_default().push(xml);
        self.world.save(&waiting);
    }

    fn take_presence(&mut self, presence: &Element) -> io::Result<()> {
        if presence.attribute("type").is_some() {
            return Ok(());
        }
        let own = self.jid.clone().unwrap_or_default();
        let mut waiting = self.world.waiting.lock().unwrap();
        let delivered = waiting.remove(bare(&own)).unwrap_or_default();
        if !self.world.has(Habit::KeepsDelivered) {
            self.world.save(&waiting);
        }
        drop(waiting);
        delivered.iter().try_for_each(|xml| self.send(xml))
    }
}

fn domain_of(jid: &str) -> &str {
    let bare = bare(jid);
    bare.split_once('@').map_or(bare, |(_, domain)| domain)
}

impl World {
    /// What `xmppd user …` does.
    pub(super) fn add(&self, name: &str, password: &str) {
        let account = AccountState { password: password.to_owned(), enabled: true, wrong_guesses: 0 };
        self.accounts.lock().unwrap().insert(name.to_owned(), account);
    }

    pub(super) fn remove(&self, name: &str) {
        self.accounts.lock().unwrap().remove(name);
    }

    pub(super) fn disable(&self, name: &str) {
        if let Some(account) = self.accounts.lock().unwrap().get_mut(name) {
            account.enabled = false;
        }
        if self.has(Habit::KeepsDisabledIn) {
            return;
        }
        let own = format!("{name}@{DOMAIN}");
        for (_, mailbox) in self.sessions.lock().unwrap().iter().filter(|(jid, _)| bare(jid) == own) {
            let _ = mailbox.send(Mail::End);
        }
    }
}
