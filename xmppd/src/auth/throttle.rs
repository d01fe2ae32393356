//! How those who guess passwords are slowed down, and nobody else.
//!
//! Three counts of attempts that have not proved right, each forgiven little by little:
//!
//! | of | at first | then | why |
//! |---|---|---|---|
//! | one account from one network | 5 free | refused for 1 s, 2 s, 4 s … 5 min | the guesser at work |
//! | one network, all accounts | 30 free | refused likewise | one password tried on every child |
//! | one account, all networks | 20 free | *held* for 0.1 s … 5 s, never refused | many machines guess together |
//!
//! So nobody can lock a child out from somewhere else: the third count only slows. And a child that shares an
//! address with the guesser (all of a classroom behind one router) is spared the second and third count where
//! it has logged in from that network within the last 30 days.
//!
//! A network is an IPv4 address or an IPv6 /64, which is what one household gets. An attempt counts from the
//! moment it is let through and is taken back when it succeeds, so that a hundred at once gain nothing.
//! Everything is kept under keyed hashes in tables of bounded size: no names, and no memory to exhaust.

mod tally;

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use tally::{Rule, Tally};

const PAIR: Rule = Rule {
    free: 5,
    first: Duration::from_secs(1),
    ceiling: Duration::from_secs(300),
    forgiven_each: Duration::from_secs(300),
};
const NETWORK: Rule = Rule { free: 30, forgiven_each: Duration::from_secs(60), ..PAIR };
const ACCOUNT: Rule = Rule {
    free: 20,
    first: Duration::from_millis(100),
    ceiling: Duration::from_secs(5),
    forgiven_each: Duration::from_secs(60),
};
/// One login is remembered for 30 days.
const FAMILIAR: Rule = Rule { forgiven_each: Duration::from_secs(30 * 24 * 3600), ..PAIR };

/// The counts of one server.
pub struct Throttle {
    hasher: RandomState,
    pairs: Tally,
    networks: Tally,
    accounts: Tally,
    familiar: Tally,
}

/// What to do with a proof that has arrived, before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Check it.
    Now,
    /// Check it, and hold the answer back for so long, whatever it is.
    After(Duration),
    /// Do not look at it: `temporary-auth-failure` (RFC 6120 §6.5.10); another try makes sense after so long.
    Refused(Duration),
}

impl Throttle {
    /// With nothing counted.
    pub fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            pairs: Tally::new(PAIR),
            networks: Tally::new(NETWORK),
            accounts: Tally::new(ACCOUNT),
            familiar: Tally::new(FAMILIAR),
        }
    }

    /// Decides on an attempt, and counts it as wrong until [`Throttle::succeeded`] takes that back.
    pub fn attempt(&mut self, now: Instant, address: IpAddr, account: &str) -> Verdict {
        let keys @ [pair, network, whole] = self.keys(address, account);
        let familiar = self.familiar.level(now, pair) > 0;
        let spared = |wait: Duration| if familiar { Duration::ZERO } else { wait };
        let refused = self.pairs.wait(now, pair).max(spared(self.networks.wait(now, network)));
        if !refused.is_zero() {
            return Verdict::Refused(refused);
        }
        let held = spared(self.accounts.delay(now, whole));
        for (tally, key) in self.tallies().into_iter().zip(keys) {
            tally.add(now, key);
        }
        if held.is_zero() { Verdict::Now } else { Verdict::After(held) }
    }

    /// Takes back one attempt that proved right, forgives this pair, and remembers it as familiar.
    pub fn succeeded(&mut self, now: Instant, address: IpAddr, account: &str) {
        let keys @ [pair, ..] = self.keys(address, account);
        for (tally, key) in self.tallies().into_iter().zip(keys) {
            tally.take_back(key);
        }
        self.pairs.forget(pair);
        self.familiar.forget(pair);
        self.familiar.add(now, pair);
    }

    fn tallies(&mut self) -> [&mut Tally; 3] {
        [&mut self.pairs, &mut self.networks, &mut self.accounts]
    }

    /// The keys of the pair, of the network and of the account.
    fn keys(&self, address: IpAddr, account: &str) -> [u64; 3] {
        let network = network(address);
        [
            self.hasher.hash_one((network, account)),
            self.hasher.hash_one(network),
            self.hasher.hash_one(account),
        ]
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

/// The IPv4 address, or the /64 of the IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
