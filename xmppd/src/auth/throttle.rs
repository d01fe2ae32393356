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
//! address with the guesser (all of a classroom behind one router), and has logged in from that network within
//! the last 30 days, is spared the third count, and refused by the second only after 300 attempts instead of 30.
//! The price: who shares a network that guesses can tell the names that are known there from others, and has
//! those 300 guesses for them.
//!
//! A network is an IPv4 address or an IPv6 /64, which is what one household gets. An attempt counts from the
//! moment it is let through and is taken back when it succeeds, so that a hundred at once gain nothing.
//! Everything is kept under keyed hashes in tables of bounded size: no names, and no memory to exhaust.

mod tally;

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use tally::{Key, Rule, Tally};

const PAIR: Rule = Rule {
    free: 5,
    first: Duration::from_secs(1),
    ceiling: Duration::from_secs(300),
    forgiven_each: Duration::from_secs(300),
};
const NETWORK: Rule = Rule { free: 30, forgiven_each: Duration::from_secs(60), ..PAIR };
const FAMILIAR_NETWORK: Rule = Rule { free: 300, ..NETWORK };
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
    /// The same count, as it concerns those who are familiar there.
    familiar_networks: Tally,
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
            familiar_networks: Tally::new(FAMILIAR_NETWORK),
            accounts: Tally::new(ACCOUNT),
            familiar: Tally::new(FAMILIAR),
        }
    }

    /// Decides on an attempt, and counts it as wrong until [`Throttle::succeeded`] takes that back.
    pub fn attempt(&mut self, now: Instant, address: IpAddr, account: &str) -> Verdict {
        let keys @ [pair, network, _, whole] = self.keys(address, account);
        let is_familiar = self.familiar.level(now, pair) > 0;
        let networks = if is_familiar { &self.familiar_networks } else { &self.networks };
        let refused = self.pairs.wait(now, pair).max(networks.wait(now, network));
        if !refused.is_zero() {
            return Verdict::Refused(refused);
        }
        let held = if is_familiar { Duration::ZERO } else { self.accounts.delay(now, whole) };
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

    /// From how many networks one has to wait between attempts at this moment.
    pub fn throttled_networks(&self, now: Instant) -> usize {
        let delayed = self.pairs.delayed(now).chain(self.networks.delayed(now));
        delayed.map(|(network, _)| network).collect::<HashSet<_>>().len()
    }

    fn tallies(&mut self) -> [&mut Tally; 4] {
        [&mut self.pairs, &mut self.networks, &mut self.familiar_networks, &mut self.accounts]
    }

    /// The keys in each of the tallies: of the pair, of the network twice, and of the account.
    fn keys(&self, address: IpAddr, account: &str) -> [Key; 4] {
        let (network, account) = (self.hasher.hash_one(network(address)), self.hasher.hash_one(account));
        [(network, account), (network, 0), (network, 0), (0, account)]
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
