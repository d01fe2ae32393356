//! Our turn in a SASL exchange (RFC 6120 §6.4): what a client's element leads to, whichever way it is written.

use super::{
    Context, Host, Step, Stream,
    inline::Wishes,
    profile::{Profile, Request},
};
use crate::{
    auth::{AuthError, ChannelBindings, Exchange, Mechanism, Success, TokenMechanism, TokenProof, Verdict},
    jid::Jid,
    xml::Element,
};

/// Where an exchange is.
pub(super) enum Round {
    /// A client's first message is next: it began without one.
    First(Mechanism, Talk),
    /// The choice of a mechanism is next.
    Idle,
    /// A proof is next.
    Proof(Box<Exchange>, Talk),
}

/// An exchange under way: how it is written, and what is to follow.
pub(super) struct Talk {
    profile: Profile,
    wishes: Box<Wishes>,
}

/// What became of an element; or a condition of RFC 6120 §6.5.
pub(super) type Outcome = Result<Progress, &'static str>;

pub(super) enum Progress {
    Challenge(Round, Vec<u8>),
    Success(Login),
}

/// Somebody is who they say.
pub(super) struct Login {
    pub(super) success: Success,
    pub(super) wishes: Box<Wishes>,
    /// The mechanism of the token that was used, if that is to be replaced.
    pub(super) due: Option<TokenMechanism>,
}

/// What is at hand when it is our turn.
pub(super) struct Turn<'a, 'c> {
    pub(super) stream: &'a Stream,
    pub(super) profile: Profile,
    pub(super) bindings: &'a ChannelBindings,
    pub(super) host: &'a mut dyn Host,
    pub(super) cx: &'a mut Context<'c>,
    /// What the network has to do about it.
    pub(super) step: Step,
}

impl Turn<'_, '_> {
    /// What a client's element leads to.
    pub(super) fn take(&mut self, round: Round, element: &Element) -> Outcome {
        match (element.name(), round) {
            (name, Round::Idle) if name == self.profile.beginning() => {
                self.begin(self.profile.request(element)?)
            }
            ("response", Round::First(mechanism, talk)) if talk.profile == self.profile => {
                self.first(mechanism, &self.profile.response(element)?, talk)
            }
            ("response", Round::Proof(exchange, talk)) if talk.profile == self.profile => {
                let proof = self.profile.response(element)?;
                self.admit(exchange.account())?;
                self.conclude(exchange.finish(&proof), talk)
            }
            ("abort", _) => Err("aborted"),
            _ => Err("malformed-request"),
        }
    }

    fn begin(&mut self, request: Request) -> Outcome {
        let Request { mechanism, message, wishes } = request;
        let talk = Talk { profile: self.profile, wishes };
        if let Some(mechanism) = TokenMechanism::from_name(&mechanism) {
            return self.redeem(mechanism, &message, talk);
        }
        let offered = self.host.authenticator().offered(self.bindings);
        let mechanism = Mechanism::from_name(&mechanism).filter(|mechanism| offered.contains(mechanism));
        let mechanism = mechanism.ok_or("invalid-mechanism")?;
        if message.is_empty() {
            return Ok(Progress::Challenge(Round::First(mechanism, talk), Vec::new()));
        }
        self.first(mechanism, &message, talk)
    }

    fn first(&mut self, mechanism: Mechanism, message: &[u8], talk: Talk) -> Outcome {
        let (authenticator, lookup) = (self.host.authenticator(), |name: &str| self.host.account(name));
        if mechanism == Mechanism::Plain {
            let proof = authenticator.plain(message, lookup).map_err(AuthError::condition)?;
            self.admit(proof.account())?;
            return self.conclude(proof.finish(), talk);
        }
        let mut nonce = [0; 18];
        (self.cx.random)(&mut nonce);
        let (exchange, challenge) = authenticator
            .begin(mechanism, self.bindings, message, &nonce, lookup)
            .map_err(AuthError::condition)?;
        Ok(Progress::Challenge(Round::Proof(Box::new(exchange), talk), challenge))
    }

    /// XEP-0484 §3.4: only a client that says which one it is has tokens.
    fn redeem(&mut self, mechanism: TokenMechanism, message: &[u8], talk: Talk) -> Outcome {
        let (Some(fast), Some(agent)) = (&talk.wishes.fast, talk.wishes.agent) else {
            return Err("invalid-mechanism");
        };
        if !self.host.takes_tokens() {
            return Err("invalid-mechanism");
        }
        let proof = TokenProof::parse(mechanism, self.bindings, agent, fast.count, message)
            .map_err(AuthError::condition)?;
        self.admit(proof.account())?;
        let redeemed = self.host.redeem_token(&proof, self.cx).map_err(AuthError::condition)?;
        let (account, due) = (redeemed.account, redeemed.is_due.then_some(mechanism));
        let success = Success { account, server_final: Some(redeemed.answer) };
        Ok(Progress::Success(self.succeed(success, talk, due)))
    }

    /// Whether a proof for that name may be looked at.
    fn admit(&mut self, name: &str) -> Result<(), &'static str> {
        // XEP-0388 §2.3: there is no other header that could say so later.
        let is_own = |from: &Jid| from.local() == Some(name) && from.domain() == self.host.domain();
        if self.profile == Profile::Sasl2 && !self.stream.from.as_ref().is_none_or(is_own) {
            return Err("invalid-authzid");
        }
        match self.host.attempt(self.stream.peer, name, self.cx) {
            Verdict::Now => {}
            Verdict::After(wait) => self.step = Step::Pause(wait),
            Verdict::Refused(_) => return Err("temporary-auth-failure"),
        }
        Ok(())
    }

    /// Nobody learns from the answer, nor from its time, whether the name or the password was wrong.
    fn conclude(&mut self, result: Result<Success, AuthError>, talk: Talk) -> Outcome {
        let success = result.map_err(AuthError::condition)?;
        // It may have been removed or disabled, or got another password, since the exchange began.
        if !self.host.still_admits(&success.account) {
            return Err(AuthError::NotAuthorized.condition());
        }
        Ok(Progress::Success(self.succeed(success, talk, None)))
    }

    fn succeed(&mut self, success: Success, talk: Talk, due: Option<TokenMechanism>) -> Login {
        self.host.succeeded(self.stream.peer, &success.account.name, self.cx);
        Login { success, wishes: talk.wishes, due }
    }
}
