//! Who has blocked whom (XEP-0191). Costs nothing where nobody has blocked anybody.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::Router;
use crate::jid::Jid;

/// Every account's list that is not empty.
#[derive(Default)]
pub struct Blocklists(HashMap<Arc<str>, Blocklist>);

/// The addresses that one account has blocked.
#[derive(Default)]
pub struct Blocklist(BTreeSet<Box<str>>);

/// The most addresses that an account may have blocked.
const MOST_ADDRESSES: usize = 200;
/// The most bytes that they may have together: an address can have 3 KB.
const MOST_BYTES: usize = 16 * 1024;

impl Blocklists {
    /// Whether an account has blocked an address, in any of the ways of XEP-0191 §2: this very address, all of its
    /// resources, or all of its domain or of one above.
    pub(crate) fn blocks(&self, account: &str, address: &Jid) -> bool {
        !self.0.is_empty() && self.0.get(account).is_some_and(|list| list.holds(address))
    }

    /// The list of an account.
    pub(crate) fn of(&self, account: &str) -> impl Iterator<Item = &str> {
        self.0.get(account).into_iter().flat_map(|list| list.0.iter().map(|address| &**address))
    }

    /// Whether these would fit as well.
    pub(crate) fn has_room(&self, account: &str, more: &[Jid]) -> bool {
        let list = self.0.get(account);
        let is_new = |address: &&Jid| !list.is_some_and(|list| list.0.contains(address.as_str()));
        let new = more.iter().filter(is_new).map(Jid::as_str);
        let (count, bytes) =
            self.of(account).chain(new).fold((0, 0), |(count, bytes), one| (count + 1, bytes + one.len()));
        count <= MOST_ADDRESSES && bytes <= MOST_BYTES
    }

    /// Which of these are not yet as they are to be, each once: what is named in vain is no work, and no list is long.
    pub(crate) fn changing(&self, account: &str, items: &[Jid], is_blocked: bool) -> Vec<Jid> {
        let list = self.0.get(account);
        let is_listed = |item: &Jid| list.is_some_and(|list| list.0.contains(item.as_str()));
        let mut named = BTreeSet::new();
        let items = items.iter().filter(|item| is_listed(item) != is_blocked && named.insert(item.as_str()));
        items.cloned().collect()
    }

    /// Puts an address on a list; `false` if it is there already.
    pub(crate) fn block(&mut self, account: &Arc<str>, address: &str) -> bool {
        self.0.entry(Arc::clone(account)).or_default().0.insert(address.into())
    }

    /// Takes an address off a list; `false` if it is not there.
    pub(crate) fn unblock(&mut self, account: &str, address: &str) -> bool {
        let Some(list) = self.0.get_mut(account) else { return false };
        let was_there = list.0.remove(address);
        if list.0.is_empty() {
            self.0.remove(account);
        }
        was_there
    }

    /// Takes an account's address, and those of its devices, off every list; answers with what was on whose.
    pub(crate) fn free(&mut self, address: &str) -> Vec<(Arc<str>, String)> {
        let is_its = |item: &str| {
            item.strip_prefix(address).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut freed = Vec::new();
        self.0.retain(|owner, list| {
            list.0.retain(|item| {
                let goes = is_its(item);
                freed.extend(goes.then(|| (Arc::clone(owner), item.to_string())));
                !goes
            });
            !list.0.is_empty()
        });
        freed
    }

    /// There is no such account any more.
    pub(crate) fn forget(&mut self, account: &str) {
        self.0.remove(account);
    }
}

impl Blocklist {
    fn holds(&self, address: &Jid) -> bool {
        let has = |text: &str| self.0.contains(text);
        let domain = address.domain();
        let is_below = || domain.match_indices('.').any(|(dot, _)| has(&domain[dot + 1..]));
        has(address.as_str()) || has(address.bare()) || has(domain) || is_below()
    }
}

impl Router {
    /// Whether `by` has blocked `address`.
    pub(crate) fn is_blocked(&self, address: &Jid, by: &str) -> bool {
        self.blocking.blocks(by, address) && !self.is_exempt(address, by)
    }

    /// Whether one of the two has blocked the other: then neither sees anything of the other.
    pub(crate) fn are_apart(&self, one: &Jid, other: &Jid) -> bool {
        let has_blocked = |by: &Jid, address| by.local().is_some_and(|by| self.is_blocked(address, by));
        has_blocked(one, other) || has_blocked(other, one)
    }

    /// Whom an account cannot block, not even with all of the domain: itself, the server, and administrators, who answer
    /// for what happens here.
    pub(crate) fn is_exempt(&self, address: &Jid, by: &str) -> bool {
        let is_administrator =
            |name| self.people.get(name).is_some_and(|person| person.account.is_administrator());
        address.domain() == self.domain.as_str()
            && address.local().is_none_or(|name| name == by || is_administrator(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> Jid {
        Jid::parse(text).expect("an address")
    }

    #[test]
    fn addresses_match_as_the_xep_has_it() {
        for (blocked, matching, others) in [
            ("a@b.c/d", &["a@b.c/d"][..], &["a@b.c", "a@b.c/e", "b.c/d"][..]),
            ("a@b.c", &["a@b.c", "a@b.c/d"], &["e@b.c", "b.c", "a@x.b.c"]),
            ("b.c/d", &["b.c/d"], &["b.c", "a@b.c/d"]),
            ("b.c", &["b.c", "a@b.c", "b.c/d", "a@x.b.c/d"], &["c", "a@xb.c"]),
        ] {
            let mut lists = Blocklists::default();
            assert!(lists.block(&"me".into(), blocked) && !lists.block(&"me".into(), blocked));
            for address in matching {
                assert!(lists.blocks("me", &jid(address)), "{blocked} {address}");
            }
            for address in others {
                assert!(!lists.blocks("me", &jid(address)), "{blocked} {address}");
            }
            assert!(!lists.blocks("somebody else", &jid(blocked)));
            assert!(lists.unblock("me", blocked) && lists.0.is_empty());
        }
    }

    #[test]
    fn only_what_changes_is_work() {
        let mut lists = Blocklists::default();
        lists.block(&"me".into(), "a@b.c");
        let named = ["a@b.c", "d@b.c", "a@b.c", "d@b.c"].map(jid);
        assert!(lists.changing("me", &named, true) == [jid("d@b.c")]);
        assert!(lists.changing("me", &named, false) == [jid("a@b.c")]);
        assert!(lists.changing("you", &named, false).is_empty());
    }

    #[test]
    fn a_list_is_bounded() {
        let mut lists = Blocklists::default();
        let many: Vec<_> = (0..=MOST_ADDRESSES).map(|number| jid(&format!("{number}@b.c"))).collect();
        assert!(!lists.has_room("me", &many) && lists.has_room("me", &many[1..]));
        for address in &many[1..] {
            lists.block(&"me".into(), address.as_str());
        }
        assert!(!lists.has_room("me", &many[..1]) && lists.has_room("me", &many[1..]));
        let long: Vec<_> = (0..17).map(|number| jid(&format!("{number}@b.c/{}", "x".repeat(1000)))).collect();
        assert!(!lists.has_room("you", &long) && lists.has_room("you", &long[..16]));
    }
}
