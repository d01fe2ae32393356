#![expect(clippy::unwrap_used, reason = "tests may")]

use super::*;

fn presence(from: &str, more: &str) -> Parcel {
    let text = format!("<presence from='{from}' to='juliet@school.test'{more}/>");
    Parcel::presence(Packet::from_iter([text.into()]))
}

fn message(from: &str, nature: Nature) -> Parcel {
    let text = format!("<message from='{from}' to='juliet@school.test'/>");
    Parcel { packet: Packet::from_iter([text.into()]), nature }
}

fn shown(parcels: &[Parcel]) -> Vec<String> {
    parcels.iter().map(|parcel| String::from_utf8(parcel.packet.concat()).unwrap()).collect()
}

#[test]
fn the_latest_of_each_address_is_kept_in_the_order_in_which_it_came() {
    let mut held = Held::default();
    for (from, more) in
        [("r@s/a", " id='1'"), ("n@s/a", " id='2'"), ("r@s/b", " id='3'"), ("r@s/a", " id='4'")]
    {
        assert!(held.admit(presence(from, more)).is_empty());
    }
    assert!(held.admit(message("r@s/a", Nature::Passing)).is_empty());
    let ids = shown(&held.release());
    assert_eq!(ids.len(), 4);
    for (text, mark) in ids.iter().zip(["id='2'", "id='3'", "id='4'", "<message"]) {
        assert!(text.contains(mark), "{text}");
    }
    assert!(held.release().is_empty());
}

#[test]
fn what_cannot_wait_takes_along_what_is_held_from_its_sender() {
    let mut held = Held::default();
    held.admit(presence("n@s/a", ""));
    held.admit(presence("r@s/b", " id='1'"));
    held.admit(message("r@s/a", Nature::Passing));
    let due = shown(&held.admit(message("r@s/a", Nature::Plain)));
    assert_eq!(due.len(), 3);
    assert!(due[0].contains("id='1'"));
    assert_eq!(shown(&held.release()).len(), 1, "the nurse still waits");
    assert_eq!(held.bytes, 0);
}

#[test]
fn who_asks_or_is_told_by_presence_does_not_wait() {
    let mut held = Held::default();
    for kind in ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error"] {
        assert_eq!(held.admit(presence("r@s", &format!(" type='{kind}'"))).len(), 1, "{kind}");
    }
    assert!(held.admit(presence("r@s/a", " type='unavailable'")).is_empty());
}

#[test]
fn only_so_much_is_held() {
    let mut held = Held::default();
    for number in 0..MOST_STANZAS {
        assert!(held.admit(presence(&format!("r@s/{number}"), "")).is_empty());
    }
    assert_eq!(held.admit(presence("r@s/last", "")).len(), MOST_STANZAS + 1);
    let long = format!(" id='{}'", "x".repeat(4000));
    let admitted = (0..100).map(|number| held.admit(presence(&format!("r@s/{number}"), &long)).len());
    assert!(admitted.max().unwrap() <= 17, "64 KiB are the most");
}
