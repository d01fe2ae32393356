//! How clients of a scenario log in.

use xmppd::auth::ChannelBindings;

use super::{Outcome, PASSWORD, Seen, Stage, client, expectation::show, matching};

impl Stage {
    /// `NAME`, with a password or by a token, and for more in the same breath.
    pub(super) fn authenticates(&mut self, who: &str, what: &[&str], body: &str) -> Outcome {
        match what {
            [name, "for:"] => self.authenticate_for(who, name, PASSWORD, body),
            [name, "by", token, "for:"] => {
                let message = client::hashed_token(name, &matching::fill(token, &self.bindings));
                self.ask(who, "HT-SHA-256-NONE", &message, body)
            }
            [name, "with", password @ .., "for:"] => {
                self.authenticate_for(who, name, &password.join(" "), body)
            }
            [name] => self.authenticate(who, name, PASSWORD),
            [name, "with", password @ ..] => self.authenticate(who, name, &password.join(" ")),
            _ => Err("no such step".to_owned()),
        }
    }

    pub(super) fn log_in(&mut self, who: &str, address: &str) -> Outcome {
        let (bare, resource) = address.split_once('/').ok_or("no resource")?;
        let (name, _) = bare.split_once('@').ok_or("no account")?;
        self.prove(who, name, PASSWORD)?;
        let bind = "urn:ietf:params:xml:ns:xmpp-bind";
        self.send(
            who,
            &format!(
                "<iq type='set' id='b'><bind xmlns='{bind}'><resource>{resource}</resource></bind></iq>"
            ),
        )?;
        self.expect_all(who, &format!("<iq type='result' id='b' to='{address}'><bind xmlns='{bind}'><jid>{address}</jid></bind></iq>"))
    }

    /// Connects by TLS, and authenticates.
    pub(super) fn prove(&mut self, who: &str, name: &str, password: &str) -> Outcome {
        self.connect(who, Some(ChannelBindings::default()));
        self.step(&format!("{who} opens"), "")?;
        self.client(who)?.inbox.clear();
        self.authenticate(who, name, password)?;
        self.client(who)?.inbox.clear();
        self.step(&format!("{who} opens"), "")?;
        self.client(who)?.inbox.clear();
        Ok(())
    }

    pub(super) fn authenticate(&mut self, who: &str, name: &str, password: &str) -> Outcome {
        let sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
        self.client(who)?.inbox.clear();
        self.send(
            who,
            &format!("<auth xmlns='{sasl}' mechanism='SCRAM-SHA-256'>{}</auth>", client::client_first(name)),
        )?;
        let Some(Seen::Element(challenge)) = self.client(who)?.inbox.pop_front() else {
            return Err("no challenge".to_owned());
        };
        if challenge.name != "challenge" {
            return Err(format!("no challenge but {}", matching::show(&challenge)));
        }
        let answer = client::client_final(name, password, &challenge.text);
        self.send(who, &format!("<response xmlns='{sasl}'>{answer}</response>"))
    }

    /// Logs in by XEP-0388, and asks for more in the same breath.
    pub(super) fn authenticate_for(
        &mut self,
        who: &str,
        name: &str,
        password: &str,
        wishes: &str,
    ) -> Outcome {
        self.ask(who, "SCRAM-SHA-256", &client::client_first(name), wishes)?;
        let challenge = match self.client(who)?.inbox.pop_front() {
            Some(Seen::Element(challenge)) if challenge.name == "challenge" => challenge,
            Some(seen) => return Err(format!("no challenge but {}", show(&seen))),
            None => return Err("no challenge".to_owned()),
        };
        let answer = client::client_final(name, password, &challenge.text);
        self.send(who, &format!("<response xmlns='urn:xmpp:sasl:2'>{answer}</response>"))
    }

    pub(super) fn ask(&mut self, who: &str, mechanism: &str, message: &str, wishes: &str) -> Outcome {
        self.client(who)?.inbox.clear();
        let wishes = matching::fill(wishes, &self.bindings);
        self.send(
            who,
            &format!(
                "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'>\
                 <initial-response>{message}</initial-response>{wishes}</authenticate>"
            ),
        )
    }
}
