//! What is to come of a list of acts, before any of it is written.

use xmppd_control::{Act, Outcome, Rule};

use super::{Change, Effect, School, Write};
use crate::auth::Keys;

/// What is to be done, and what is to be said about it.
#[derive(Debug, Default)]
pub struct Judgement {
    /// What has come of each act.
    pub outcomes: Vec<Outcome>,
    /// What is to be written, in this order.
    pub writes: Vec<Write>,
    /// What the running server is to be told then, in this order.
    pub changes: Vec<Change>,
}

impl School {
    /// Judges acts one after the other, each by how things are after those before it. `keys` has those of each act
    /// that sets a password; in a rehearsal, there are none.
    pub fn judge(
        &mut self,
        acts: &[Act],
        keys: impl IntoIterator<Item = Option<Keys>>,
        rule: Rule,
        who: &str,
    ) -> Judgement {
        let mut judgement = Judgement::default();
        for (act, keys) in acts.iter().zip(keys) {
            let outcome = match self.carry_out(act, keys, who) {
                Ok(effect) => judgement.take(effect),
                Err(refusal) => Outcome::Refused(refusal),
            };
            judgement.outcomes.push(outcome);
        }
        if rule == Rule::AllOrNothing && !judgement.outcomes.iter().all(Outcome::is_done) {
            judgement.undo();
        }
        judgement
    }
}

impl Judgement {
    fn take(&mut self, Effect { writes, changes }: Effect) -> Outcome {
        self.writes.extend(writes);
        self.changes.extend(changes);
        Outcome::Done
    }

    fn undo(&mut self) {
        self.writes.clear();
        self.changes.clear();
        self.outcomes.iter_mut().filter(|one| one.is_done()).for_each(|one| *one = Outcome::Undone);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use time::macros::datetime;
    use xmppd_control::{Kind, Password};

    use super::*;

    fn add(name: &str) -> Act {
        Act::AddUser {
            name: name.parse().unwrap(),
            display_name: None,
            kind: Kind::Teacher,
            groups: Vec::new(),
            password: Password::generate(),
            consent: None,
        }
    }

    fn judged(rule: Rule) -> (Judgement, School) {
        let mut school = School::new(Vec::new(), Vec::new(), datetime!(2026-09-07 08:00 UTC));
        let judgement =
            school.judge(&[add("romeo"), add("r0meo"), add("juliet")], [None, None, None], rule, "anna");
        (judgement, school)
    }

    #[test]
    fn one_that_is_refused_leaves_the_others_undone() {
        let (judgement, _) = judged(Rule::AllOrNothing);
        assert!(matches!(judgement.outcomes[..], [Outcome::Undone, Outcome::Refused(_), Outcome::Undone]));
        assert!(judgement.writes.is_empty() && judgement.changes.is_empty());
    }

    #[test]
    fn or_the_others_are_done() {
        let (judgement, school) = judged(Rule::WhatCanBe);
        assert!(matches!(judgement.outcomes[..], [Outcome::Done, Outcome::Refused(_), Outcome::Done]));
        assert_eq!((judgement.writes.len(), judgement.changes.len(), school.users().len()), (2, 2, 2));
    }
}
