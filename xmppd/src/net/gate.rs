//! How many connections there may be, from one address and in all.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use parking_lot::Mutex;

/// Counts connections.
pub(super) struct Gate(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    most: usize,
    most_each: usize,
    all: usize,
    each: HashMap<IpAddr, usize>,
}

/// The right to be connected, for as long as it is held.
pub(super) struct Permit {
    gate: Arc<Gate>,
    network: IpAddr,
}

impl Gate {
    /// With room for so many in all, and from one address.
    pub(super) fn new(most: usize, most_each: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Counts { most, most_each, ..Counts::default() })))
    }

    /// From now on, there is room for so many. Nobody is put out.
    pub(super) fn limit(&self, most: usize, most_each: usize) {
        let mut counts = self.0.lock();
        (counts.most, counts.most_each) = (most, most_each);
    }

    /// Lets one more in, if there is room.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Permit> {
        let network = network(address);
        let mut counts = self.0.lock();
        let each = counts.each.get(&network).copied().unwrap_or(0);
        if counts.all >= counts.most || each >= counts.most_each {
            return None;
        }
        counts.all += 1;
        counts.each.insert(network, each + 1);
        Some(Permit { gate: Arc::clone(self), network })
    }

    /// How many are in.
    pub(super) fn count(&self) -> usize {
        self.0.lock().all
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.gate.0.lock();
        counts.all -= 1;
        if let Some(each) = counts.each.get_mut(&self.network) {
            *each -= 1;
            if *each == 0 {
                counts.each.remove(&self.network);
            }
        }
    }
}

/// The IPv4 address, or the /64 of the IPv6 address: who has one has them all.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let gate = Gate::new(3, 2);
        let (here, there): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let first = gate.enter(here).unwrap();
        let _second = gate.enter(here).unwrap();
        assert!(gate.enter(here).is_none(), "two from one address are enough");
        let _third = gate.enter(there).unwrap();
        assert!(gate.enter(there).is_none(), "three in all are enough");
        drop(first);
        assert!(gate.enter(here).is_some());
        assert_eq!(gate.count(), 2);
    }

    #[test]
    fn a_smaller_gate_puts_nobody_out() {
        let gate = Gate::new(3, 3);
        let here: IpAddr = "10.0.0.1".parse().unwrap();
        let permits = [gate.enter(here).unwrap(), gate.enter(here).unwrap()];
        gate.limit(1, 1);
        assert_eq!(gate.count(), 2);
        assert!(gate.enter(here).is_none());
        drop(permits);
        assert!(gate.enter(here).is_some());
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one() {
        let gate = Gate::new(9, 1);
        let _first = gate.enter("fd00::1".parse().unwrap()).unwrap();
        assert!(gate.enter("fd00::2".parse().unwrap()).is_none());
        assert!(gate.enter("fd00:0:0:1::1".parse().unwrap()).is_some());
    }
}
