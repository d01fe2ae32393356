//! XEP-0484: fast authentication streamlining tokens. Gives them out, takes them, and writes down which there are.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Feature, delay};
use crate::{
    account::Account,
    auth::{Agent, AuthError, Redeemed, TokenMechanism, TokenProof, Tokens},
    ns,
    record::{Record, Shelf},
    router::Router,
    stream::Context,
};

/// Announced before anybody has logged in (see [`crate::stream`]), not by service discovery.
pub const FEATURE: Feature = Feature {
    enabled: |settings| settings.token_days > 0,
    forgot: |router, account, cx| router.revoke_tokens(account, cx),
    shelves: &[Shelf::Token],
    restore,
    resettled: |router, _, _| router.tokens.set_lifetime(router.settings.token_lifetime()),
    ..Feature::DEFAULT
};

fn restore(router: &mut Router, record: &Record) -> Option<()> {
    router.tokens.restore(record.account()?, &record.key, record.value.as_ref()?)
}

impl Router {
    /// Checks a token.
    pub(crate) fn check_token(
        &mut self,
        proof: &TokenProof<'_>,
        cx: &mut Context<'_>,
    ) -> Result<Redeemed, AuthError> {
        let account = self.person(proof.account()).map(|person| Arc::clone(&person.account));
        let redeemed = self.tokens.redeem(proof, account, cx.now);
        let has_changed = match &redeemed {
            Ok(redeemed) => redeemed.has_changed,
            Err(error) => *error == AuthError::Expired, // and gone
        };
        if has_changed {
            self.record_tokens(proof.account(), &[proof.agent], cx);
        }
        redeemed
    }

    /// Makes a token for somebody who has logged in.
    pub(crate) fn new_token(
        &mut self,
        account: &Account,
        agent: Agent,
        mechanism: TokenMechanism,
        cx: &mut Context<'_>,
    ) -> String {
        let mut random = Zeroizing::new([0; 32]);
        (cx.random)(random.as_mut_slice());
        let issued = self.tokens.issue(account, agent, mechanism, &random, cx.now);
        let changed: Vec<Agent> = issued.displaced.into_iter().chain([agent]).collect();
        self.record_tokens(&account.name, &changed, cx);
        let (expiry, secret) = (delay::stamp(issued.expires), issued.secret.as_str());
        format!("<token xmlns='{}' expiry='{expiry}' token='{secret}'/>", ns::FAST)
    }

    /// Ends the tokens of one client.
    pub(crate) fn end_tokens(&mut self, account: &Account, agent: Agent, cx: &mut Context<'_>) {
        self.tokens.invalidate(&account.name, agent);
        self.record_tokens(&account.name, &[agent], cx);
    }

    /// Ends every token of an account.
    pub(crate) fn revoke_tokens(&mut self, account: &str, cx: &mut Context<'_>) {
        let agents = self.tokens.revoke(account);
        self.record_tokens(account, &agents, cx);
    }

    /// Has it written down what these clients of an account have now.
    fn record_tokens(&self, account: &str, agents: &[Agent], cx: &mut Context<'_>) {
        let Some(name) = self.people.get(account).map(|person| &person.name) else { return };
        let record = |agent| {
            Record::of_account(name, Shelf::Token, Tokens::key(agent), self.tokens.record(account, agent))
        };
        cx.record(agents.iter().map(record).collect());
    }
}
