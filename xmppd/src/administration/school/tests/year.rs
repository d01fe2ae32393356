//! Ends of school years.

use time::Duration;

use super::*;

const END: &str = r#"{"end-year":{"list":"3f2a"}}"#;
const ANOTHER: &str = r#"{"end-year":{"list":"77c0"}}"#;

/// So many days after a year has ended.
fn after(days: i64) -> School {
    let end = YearEnd { list: "3f2a".to_owned(), at: NOW - Duration::days(days), who: "anna".to_owned() };
    empty().with_year_ends(vec![end])
}

#[test]
fn a_year_ends_once() {
    let mut school = empty();
    assert!(done(&mut school, END).is_empty(), "the audit log remembers it");
    assert_eq!(refused(&mut school, END), "this list was carried out already, on 2026-09-07 by anna");
    assert_eq!(
        refused(&mut school, ANOTHER),
        "a school year was ended on 2026-09-07 by anna, less than 60 days ago"
    );
}

#[test]
fn a_list_is_known_again_a_year_later() {
    assert_eq!(refused(&mut after(365), END), "this list was carried out already, on 2025-09-07 by anna");
    assert!(done(&mut after(365), ANOTHER).is_empty());
}

#[test]
fn another_list_waits_for_sixty_days() {
    assert!(refused(&mut after(59), ANOTHER).contains("less than 60 days ago"));
    assert!(refused(&mut after(-1), ANOTHER).contains("less than 60 days ago"), "a clock was wrong");
    assert!(done(&mut after(60), ANOTHER).is_empty());
}

#[test]
fn it_is_done_again_where_that_is_meant() {
    for list in ["3f2a", "77c0"] {
        assert!(
            done(&mut after(1), &format!(r#"{{"end-year":{{"list":"{list}","again":true}}}}"#)).is_empty()
        );
    }
}

#[test]
fn nobody_moves_where_it_is_refused() {
    let mut school = after(1);
    done(&mut school, &added("juliet", SIGNED));
    let acts = [act(END), act(r#"{"disable-user":{"name":"juliet"}}"#)];
    let judgement = school.judge(&acts, [None, None], Rule::AllOrNothing, "anna");
    assert!(matches!(judgement.outcomes[..], [Outcome::Refused(_), Outcome::Undone]));
    assert!(judgement.writes.is_empty() && judgement.changes.is_empty());
}
