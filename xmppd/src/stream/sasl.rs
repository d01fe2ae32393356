//! Authentication (RFC 6120 §6): how it is offered, and what comes of it, in either profile.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{
    Context, Host, Step, Stream, StreamError,
    profile::Profile,
    sasl2,
    state::{self, Stage, State},
    turn::{Progress, Round, Turn},
};
use crate::{
    auth::{ChannelBindings, Success},
    ns,
    xml::Element,
};

/// RFC 6120 §6.4.4 wants at least two and at most five tries.
const TRIES: u8 = 5;

/// TLS is there, and somebody is about to prove who they are.
pub(super) struct Authenticating {
    bindings: ChannelBindings,
    round: Round,
}

impl Authenticating {
    pub(super) fn new(bindings: ChannelBindings) -> Self {
        Self { bindings, round: Round::Idle }
    }
}

/// The mechanisms of this connection in both profiles, and its channel bindings (XEP-0440).
pub(super) fn features(bindings: &ChannelBindings, host: &dyn Host) -> String {
    let offered = host.authenticator().offered(bindings);
    let mechanisms = mechanisms(offered.iter().map(|mechanism| mechanism.name()));
    let types: Vec<_> = bindings.types().map(|name| format!("<channel-binding type='{name}'/>")).collect();
    let announced = match types.concat() {
        none if none.is_empty() => none,
        types => format!(
            "<sasl-channel-binding xmlns='{}'>{types}</sasl-channel-binding>",
            ns::SASL_CHANNEL_BINDING
        ),
    };
    let extensible = sasl2::feature(&mechanisms, bindings, host);
    format!("<mechanisms xmlns='{}'>{mechanisms}</mechanisms>{extensible}{announced}", ns::SASL)
}

/// A list of them.
pub(super) fn mechanisms(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("<mechanism>{name}</mechanism>")).collect::<Vec<_>>().concat()
}

impl Stream {
    pub(super) fn authenticate(
        &mut self,
        authenticating: Authenticating,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        let profile = Profile::of(element).ok_or_else(|| state::too_early(element))?;
        let Authenticating { bindings, round } = authenticating;
        let mut turn = Turn { stream: self, profile, bindings: &bindings, host, cx, step: Step::Continue };
        let outcome = turn.take(round, element);
        let step = turn.step;
        match outcome {
            Ok(Progress::Challenge(round, challenge)) => {
                self.send(profile.challenge(&challenge), cx);
                self.state = State::Sasl(Authenticating { bindings, round });
            }
            Ok(Progress::Success(login)) => match profile {
                Profile::Sasl => self.restart_as(login.success, cx),
                Profile::Sasl2 => self.welcome(login, &bindings, host, cx)?,
            },
            Err(condition) => {
                self.send(profile.failure(condition), cx);
                self.failures += 1;
                host.refused();
                // Last words are not held back; who has to wait for an answer waits for the end, too.
                if self.failures >= TRIES && step == Step::Continue {
                    return Err(StreamError::PolicyViolation);
                }
                self.state = State::Sasl(Authenticating::new(bindings));
            }
        }
        Ok(step)
    }

    /// RFC 6120 §6.4.6: the client opens a new stream.
    fn restart_as(&mut self, Success { account, server_final }: Success, cx: &mut Context<'_>) {
        let data = server_final.map_or_else(String::new, |data| BASE64.encode(data));
        self.send(format!("<success xmlns='{}'>{data}</success>", ns::SASL), cx);
        self.restart(State::Opening(Stage::Authenticated(account)));
    }
}

#[cfg(test)]
mod tests;
