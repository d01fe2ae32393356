//! Logging in by a token (XEP-0484), by means that the daemon does not share.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jailbuild::probe::client::{Answer, ClientError, Element, Stream, ns};
use sasl::{
    client::{Mechanism as _, mechanisms::Scram},
    common::{
        ChannelBinding,
        scram::{ScramProvider as _, Sha256},
    },
};

const MECHANISM: &str = "HT-SHA-256-NONE";
const AGENT: &str = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>";

/// Logs in with a password (XEP-0388), and asks for a token.
pub(crate) fn earned(stream: &mut Stream, name: &str, password: &str) -> Result<String, ClientError> {
    let garbled = |what: &str| ClientError::Unexpected(what.to_owned());
    let mut scram =
        Scram::<Sha256>::new(name, password, ChannelBinding::None).map_err(|_| garbled("no SCRAM"))?;
    let initial = BASE64_STANDARD.encode(scram.initial());
    stream.send(&format!(
        "<authenticate xmlns='{}' mechanism='SCRAM-SHA-256'><initial-response>{initial}</initial-response>{AGENT}\
         <request-token xmlns='{}' mechanism='{MECHANISM}'/></authenticate>",
        ns::SASL2,
        ns::FAST
    ))?;
    let challenge = stream.element()?;
    let challenge = BASE64_STANDARD.decode(&challenge.text).map_err(|_| garbled("no challenge"))?;
    let response = scram.response(&challenge).map_err(|_| garbled("no challenge"))?;
    let response = BASE64_STANDARD.encode(response);
    stream.send(&format!("<response xmlns='{}'>{response}</response>", ns::SASL2))?;
    let success = stream.element()?;
    let token = success.child("token", ns::FAST).and_then(|token| token.attribute("token"));
    token.map(str::to_owned).ok_or_else(|| garbled(&format!("no token, but {}", success.name)))
}

/// Tries to log in with a token: what the daemon answers.
pub(crate) fn shown(stream: &mut Stream, name: &str, token: &str) -> Result<Element, ClientError> {
    let proof = Sha256::hmac(b"Initiator", token.as_bytes()).expect("a key of any length");
    let initial = BASE64_STANDARD.encode([name.as_bytes(), b"\0", &proof].concat());
    stream.send(&format!(
        "<authenticate xmlns='{}' mechanism='{MECHANISM}'><initial-response>{initial}</initial-response>{AGENT}\
         <fast xmlns='{}'/></authenticate>",
        ns::SASL2,
        ns::FAST
    ))?;
    match stream.answer()? {
        Answer::Element(element) => Ok(element),
        other => Err(ClientError::Unexpected(format!("{} came", other.brief()))),
    }
}
