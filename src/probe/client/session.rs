//! Logging in (RFC 6120 §6, §7), and what one does once one is in.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use sasl::{
    client::{Mechanism, mechanisms::Scram},
    common::{
        ChannelBinding,
        scram::{ScramProvider, Sha1, Sha256},
    },
};
use zeroize::Zeroizing;

use super::{ANSWER, Answer, ClientError, Element, Stream, escape, ns, stream::unexpected};

/// A login from the mechanisms offered to the daemon's last word, and what it gave away on the way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// The mechanism used.
    pub mechanism: String,
    /// The salt of the daemon's challenge, where there was one.
    pub salt: Option<String>,
    /// The iteration count of the challenge, where there was one.
    pub iterations: Option<String>,
    /// The condition of RFC 6120 §6.5 if it was refused.
    pub refusal: Option<String>,
}

/// A stream on which an account is logged in and a resource is bound.
pub struct Session {
    stream: Stream,
    /// The full JID.
    pub jid: String,
    /// What was offered after the login.
    pub features: Element,
}

impl Stream {
    /// Tries to log in with SCRAM, with the strongest mechanism that both know, bound to the TLS channel if offered.
    pub fn log_in(&mut self, features: &Element, name: &str, password: &str) -> Result<Login, ClientError> {
        let offered = mechanisms(features);
        let offers = |mechanism: &str| offered.iter().any(|offer| offer == mechanism);
        // RFC 5802 §6: `y` tells a server that offers no -PLUS that we could have.
        let binding = match self.exporter() {
            Some(exporter) if offers("SCRAM-SHA-256-PLUS") => ChannelBinding::TlsExporter(exporter),
            Some(_) => ChannelBinding::Unsupported,
            None => ChannelBinding::None,
        };
        if offers("SCRAM-SHA-256") {
            self.scram::<Sha256>(name, password, binding)
        } else if offers("SCRAM-SHA-1") {
            self.scram::<Sha1>(name, password, binding)
        } else {
            Err(ClientError::Unexpected(format!("no SCRAM mechanism is among those offered: {offered:?}")))
        }
    }

    /// Tries to log in with SCRAM-SHA-256-PLUS, bound to a TLS channel that differs from this one in a single bit: so
    /// would one who is in the middle pass the login on.
    pub fn log_in_bound_elsewhere(&mut self, name: &str, password: &str) -> Result<Login, ClientError> {
        let mut binding = self.exporter().ok_or_else(|| {
            ClientError::Unexpected("this connection has nothing that a login can be bound to".to_owned())
        })?;
        binding[0] ^= 1;
        self.scram::<Sha256>(name, password, ChannelBinding::TlsExporter(binding))
    }

    /// RFC 9266: only TLS 1.3, or 1.2 with the extended master secret, has an exporter that binds.
    fn exporter(&self) -> Option<Vec<u8>> {
        let tls = self.transport().tls()?;
        if tls.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
            return None;
        }
        tls.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None).ok()
    }

    fn scram<S: ScramProvider>(
        &mut self,
        name: &str,
        password: &str,
        binding: ChannelBinding,
    ) -> Result<Login, ClientError> {
        let mut scram = Scram::<S>::new(name, password, binding)
            .map_err(|error| ClientError::Unexpected(format!("SCRAM cannot begin: {error:?}")))?;
        let mut login =
            Login { mechanism: scram.name().to_owned(), salt: None, iterations: None, refusal: None };
        let first = BASE64_STANDARD.encode(scram.initial());
        self.send(&format!("<auth xmlns='{}' mechanism='{}'>{first}</auth>", ns::SASL, scram.name()))?;
        let challenge = match self.sasl_answer("challenge")? {
            Ok(challenge) => challenge,
            Err(refusal) => return Ok(Login { refusal: Some(refusal), ..login }),
        };
        login.salt = attribute_of(&challenge, "s=");
        login.iterations = attribute_of(&challenge, "i=");
        let response = scram.response(&challenge).map_err(|error| {
            ClientError::Unexpected(format!("the SCRAM challenge makes no sense: {error}"))
        })?;
        self.send(&format!(
            "<response xmlns='{}'>{}</response>",
            ns::SASL,
            BASE64_STANDARD.encode(response)
        ))?;
        match self.sasl_answer("success")? {
            Ok(signature) => scram.success(&signature).map(|()| login).map_err(|error| {
                ClientError::Unexpected(format!("the daemon does not know the password itself: {error}"))
            }),
            Err(refusal) => Ok(Login { refusal: Some(refusal), ..login }),
        }
    }

    /// The payload of this element, or the condition of a refusal.
    fn sasl_answer(&mut self, wanted: &str) -> Result<Result<Vec<u8>, String>, ClientError> {
        match self.answer()? {
            Answer::Element(element) if element.is(wanted, ns::SASL) => BASE64_STANDARD
                .decode(&element.text)
                .map(Ok)
                .map_err(|error| ClientError::Garbled(error.to_string())),
            Answer::Element(element) if element.is("failure", ns::SASL) => {
                Ok(Err(element.condition().unwrap_or("none named").to_owned()))
            }
            Answer::StreamError(condition) => Ok(Err(condition)),
            other => Err(unexpected(wanted, &other)),
        }
    }
}

/// The mechanisms that are offered.
pub fn mechanisms(features: &Element) -> Vec<String> {
    features
        .child("mechanisms", ns::SASL)
        .map(|list| list.children.iter().map(|mechanism| mechanism.text.clone()).collect())
        .unwrap_or_default()
}

/// The mechanisms that SASL2 offers, for passwords and for tokens (XEP-0388, XEP-0484).
pub fn extensible_mechanisms(features: &Element) -> Vec<String> {
    let Some(offer) = features.child("authentication", ns::SASL2) else { return Vec::new() };
    let inline = offer.child("inline", ns::SASL2).and_then(|inline| inline.child("fast", ns::FAST));
    let lists = [Some(offer), inline].into_iter().flatten();
    let mechanisms = lists.flat_map(|list| &list.children).filter(|child| child.name == "mechanism");
    mechanisms.map(|mechanism| mechanism.text.clone()).collect()
}

/// One attribute of a SCRAM message (RFC 5802 §5.1).
fn attribute_of(message: &[u8], key: &str) -> Option<String> {
    let message = std::str::from_utf8(message).ok()?;
    message.split(',').find_map(|attribute| attribute.strip_prefix(key)).map(str::to_owned)
}

impl Session {
    /// Logs in on a stream that is secured but not yet open, binds a resource, and announces nothing yet.
    pub fn begin(
        mut stream: Stream,
        domain: &str,
        name: &str,
        password: &Zeroizing<String>,
    ) -> Result<Self, ClientError> {
        let features = stream.open(domain)?;
        if let Some(refusal) = stream.log_in(&features, name, password)?.refusal {
            return Err(ClientError::LoginRefused(refusal));
        }
        let features = stream.open(domain)?;
        let mut session = Self { stream, jid: String::new(), features };
        let bound = session
            .request(&format!("<iq type='set' id='bind'><bind xmlns='{}'/></iq>", ns::BIND), "bind")?;
        let jid = bound.child("bind", ns::BIND).and_then(|bind| bind.child("jid", ns::BIND));
        session.jid = jid
            .map(|jid| jid.text.clone())
            .ok_or_else(|| unexpected("a bound address", &Answer::Element(bound)))?;
        Ok(session)
    }

    /// Becomes available (RFC 6121 §4.2): what waited is now sent to us.
    pub fn announce(&mut self) -> Result<(), ClientError> {
        self.stream.send("<presence/>")
    }

    /// Sends any XML.
    pub fn send(&mut self, xml: &str) -> Result<(), ClientError> {
        self.stream.send(xml)
    }

    /// Sends a chat message.
    pub fn say(&mut self, to: &str, id: &str, body: &str) -> Result<(), ClientError> {
        let (to, body) = (escape(to), escape(body));
        self.stream.send(&format!("<message type='chat' id='{id}' to='{to}'><body>{body}</body></message>"))
    }

    /// Sends an IQ with this id, and waits for the answer to it.
    pub fn request(&mut self, iq: &str, id: &str) -> Result<Element, ClientError> {
        self.stream.send(iq)?;
        match self.wait_for(|element| element.name == "iq" && element.attribute("id") == Some(id))? {
            Answer::Element(element) => Ok(element),
            other => Err(unexpected("an answer", &other)),
        }
    }

    /// The first element for which this is true, or how the waiting ended otherwise.
    pub fn wait_for(&mut self, wanted: impl Fn(&Element) -> bool) -> Result<Answer, ClientError> {
        self.wait(ANSWER, wanted)
    }

    /// Likewise, no longer than this.
    pub fn wait(&mut self, time: Duration, wanted: impl Fn(&Element) -> bool) -> Result<Answer, ClientError> {
        let deadline = Instant::now() + time;
        loop {
            match self.stream.answer_until(deadline)? {
                Answer::Element(element) if !wanted(&element) => {}
                other => return Ok(other),
            }
        }
    }

    /// Closes the stream (RFC 6120 §4.4), and waits until the daemon has closed it too: then it knows.
    pub fn end(mut self) -> Result<(), ClientError> {
        self.stream.send("</stream:stream>")?;
        match self.wait_for(|_| false)? {
            Answer::Closed => Ok(()),
            other => Err(unexpected("the end of the stream", &other)),
        }
    }

    /// Waits until all that was sent has been dealt with: the answer to a ping to the domain comes after (RFC 6120 §10.1).
    pub fn settle(&mut self, domain: &str) -> Result<(), ClientError> {
        let ping = format!("<iq type='get' id='settle' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>");
        self.request(&ping, "settle").map(drop)
    }
}

/// The bare JID of a full one.
pub fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}
