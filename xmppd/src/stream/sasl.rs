//! Authentication (RFC 6120 §6) by SCRAM, and by nothing else.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{
    Context, Host, Step, Stream, StreamError,
    state::{self, Stage, State},
};
use crate::{
    account::Account,
    auth::{ChannelBindings, Exchange, Mechanism, Verdict},
    ns,
    xml::{Element, Node},
};

/// RFC 6120 §6.4.4 wants at least two and at most five tries.
const TRIES: u8 = 5;

/// TLS is there, and somebody is about to prove who they are.
pub(super) struct Authenticating {
    bindings: ChannelBindings,
    round: Round,
}

enum Round {
    /// `<auth/>` is next.
    Idle,
    /// A client's first message is next: `<auth/>` brought none.
    First(Mechanism),
    /// A proof is next.
    Proof(Box<Exchange>),
}

/// What became of an element.
enum Outcome {
    Challenge(Round, Vec<u8>),
    Failure(&'static str),
    Success(Arc<Account>, Vec<u8>),
}

impl Authenticating {
    pub(super) fn new(bindings: ChannelBindings) -> Self {
        Self { bindings, round: Round::Idle }
    }
}

/// The mechanisms of this connection, and its channel bindings (XEP-0440).
pub(super) fn features(bindings: &ChannelBindings) -> String {
    let offered = Mechanism::offered(bindings.available());
    let mechanisms: Vec<_> =
        offered.iter().map(|one| format!("<mechanism>{}</mechanism>", one.name())).collect();
    let types: Vec<_> = bindings.types().map(|name| format!("<channel-binding type='{name}'/>")).collect();
    let announced = match types.concat() {
        none if none.is_empty() => none,
        types => format!(
            "<sasl-channel-binding xmlns='{}'>{types}</sasl-channel-binding>",
            ns::SASL_CHANNEL_BINDING
        ),
    };
    format!("<mechanisms xmlns='{}'>{}</mechanisms>{announced}", ns::SASL, mechanisms.concat())
}

/// RFC 6120 §6.4.5.
pub(super) fn failure(condition: &str) -> String {
    format!("<failure xmlns='{}'><{condition}/></failure>", ns::SASL)
}

impl Stream {
    pub(super) fn authenticate(
        &mut self,
        authenticating: Authenticating,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        if element.namespace() != ns::SASL {
            return Err(state::too_early(element));
        }
        let Authenticating { bindings, round } = authenticating;
        let mut pause = Step::Continue;
        let outcome = match (element.name(), round) {
            ("auth", Round::Idle) => begin(element, &bindings, host, cx),
            ("response", Round::First(mechanism)) => first(mechanism, decoded(element), &bindings, host, cx),
            ("response", Round::Proof(exchange)) => {
                self.prove(*exchange, decoded(element), &mut pause, host, cx)
            }
            ("abort", _) => Outcome::Failure("aborted"),
            _ => Outcome::Failure("malformed-request"),
        };
        match outcome {
            Outcome::Challenge(round, challenge) => {
                self.send(
                    format!("<challenge xmlns='{}'>{}</challenge>", ns::SASL, BASE64.encode(challenge)),
                    cx,
                );
                self.state = State::Sasl(Authenticating { bindings, round });
            }
            Outcome::Failure(condition) => {
                self.send(failure(condition), cx);
                self.failures += 1;
                if self.failures >= TRIES {
                    return Err(StreamError::PolicyViolation);
                }
                self.state = State::Sasl(Authenticating::new(bindings));
            }
            Outcome::Success(account, proof) => {
                self.send(format!("<success xmlns='{}'>{}</success>", ns::SASL, BASE64.encode(proof)), cx);
                self.restart(State::Opening(Stage::Authenticated(account)));
            }
        }
        Ok(pause)
    }

    /// Nobody learns from the answer, nor from its time, whether the name or the password was wrong.
    fn prove(
        &self,
        exchange: Exchange,
        proof: Option<Vec<u8>>,
        pause: &mut Step,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Outcome {
        let Some(proof) = proof else { return Outcome::Failure("incorrect-encoding") };
        match host.attempt(self.peer, exchange.account(), cx) {
            Verdict::Now => {}
            Verdict::After(wait) => *pause = Step::Pause(wait),
            Verdict::Refused(_) => return Outcome::Failure("temporary-auth-failure"),
        }
        match exchange.finish(&proof) {
            Ok(success) => {
                host.succeeded(self.peer, &success.account.name, cx);
                Outcome::Success(success.account, success.server_final)
            }
            Err(error) => Outcome::Failure(error.condition()),
        }
    }
}

fn begin(element: &Element, bindings: &ChannelBindings, host: &dyn Host, cx: &mut Context<'_>) -> Outcome {
    let named = element.attribute("mechanism").and_then(|name| Mechanism::from_name(&name));
    let offered = Mechanism::offered(bindings.available());
    let Some(mechanism) = named.filter(|mechanism| offered.contains(mechanism)) else {
        return Outcome::Failure("invalid-mechanism");
    };
    match decoded(element) {
        Some(message) if message.is_empty() => Outcome::Challenge(Round::First(mechanism), Vec::new()),
        message => first(mechanism, message, bindings, host, cx),
    }
}

fn first(
    mechanism: Mechanism,
    message: Option<Vec<u8>>,
    bindings: &ChannelBindings,
    host: &dyn Host,
    cx: &mut Context<'_>,
) -> Outcome {
    let Some(message) = message else { return Outcome::Failure("incorrect-encoding") };
    let mut nonce = [0; 18];
    (cx.random)(&mut nonce);
    match host.authenticator().begin(mechanism, bindings, &message, &nonce, |name| host.account(name)) {
        Ok((exchange, challenge)) => Outcome::Challenge(Round::Proof(Box::new(exchange)), challenge),
        Err(error) => Outcome::Failure(error.condition()),
    }
}

/// RFC 6120 §6.4.2: `=` stands for nothing; `None` for what is not base64.
fn decoded(element: &Element) -> Option<Vec<u8>> {
    match Node::from(element).text.as_str() {
        "=" => Some(Vec::new()),
        text => BASE64.decode(text).ok(),
    }
}
