use std::net::Ipv4Addr;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

/// Guesses until it is refused; answers how many were let through.
fn guess(throttle: &mut Throttle, now: Instant, address: IpAddr, account: &str) -> usize {
    (0..1000).take_while(|_| !matches!(throttle.attempt(now, address, account), Verdict::Refused(_))).count()
}

#[test]
fn a_guesser_waits_ever_longer() {
    let (mut throttle, mut now) = (Throttle::new(), Instant::now());
    assert_eq!(guess(&mut throttle, now, address(1), "juliet"), 5);
    for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
        assert_eq!(throttle.attempt(now, address(1), "juliet"), Verdict::Refused(expected * SECOND));
        now += expected * SECOND;
        assert!(!matches!(throttle.attempt(now, address(1), "juliet"), Verdict::Refused(_)), "{expected}");
    }
    assert!(
        matches!(throttle.attempt(now, address(1), "juliet"), Verdict::Refused(wait) if wait <= 300 * SECOND)
    );
}

#[test]
fn a_child_elsewhere_is_never_locked_out() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    for guesser in 1..=200 {
        guess(&mut throttle, now, address(guesser), "juliet");
    }
    assert_eq!(throttle.attempt(now, address(201), "juliet"), Verdict::After(5 * SECOND));
}

#[test]
fn a_child_known_at_the_guessers_address_is_spared() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    throttle.attempt(now, address(1), "juliet");
    throttle.succeeded(now, address(1), "juliet");
    for account in 0..100 {
        guess(&mut throttle, now, address(1), &format!("guessed-{account}"));
    }
    assert!(matches!(throttle.attempt(now, address(1), "romeo"), Verdict::Refused(_)));
    assert_eq!(throttle.attempt(now, address(1), "juliet"), Verdict::Now);
}

#[test]
fn who_shares_a_network_cannot_try_all_who_are_known_there() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    let names: Vec<_> = (0..100).map(|number| format!("pupil-{number}")).collect();
    for name in &names {
        throttle.attempt(now, address(1), name);
        throttle.succeeded(now, address(1), name);
    }
    let through: usize = names.iter().map(|name| guess(&mut throttle, now, address(1), name)).sum();
    assert_eq!(through, 300);
}

#[test]
fn one_network_cannot_try_every_account() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    let through: usize =
        (0..100).map(|account| guess(&mut throttle, now, address(1), &account.to_string())).sum();
    assert_eq!(through, 30);
}

#[test]
fn logging_in_often_costs_nothing() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    for _ in 0..1000 {
        assert_eq!(throttle.attempt(now, address(1), "juliet"), Verdict::Now);
        throttle.succeeded(now, address(1), "juliet");
    }
}

#[test]
fn everything_is_forgiven_in_time() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    guess(&mut throttle, now, address(1), "juliet");
    assert_eq!(guess(&mut throttle, now + 3600 * SECOND, address(1), "juliet"), 5);
}

#[test]
fn networks_are_counted_while_they_have_to_wait() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    throttle.attempt(now, address(1), "juliet");
    assert_eq!(throttle.throttled_networks(now), 0, "anybody mistypes once");
    for account in ["juliet", "romeo"] {
        guess(&mut throttle, now, address(1), account);
        guess(&mut throttle, now, address(2), account);
    }
    for account in 0..30 {
        throttle.attempt(now, address(3), &account.to_string());
    }
    assert_eq!(throttle.throttled_networks(now), 3, "each once, whomever it guesses");
    assert_eq!(throttle.throttled_networks(now + 7200 * SECOND), 0);
}

#[test]
fn attempts_at_once_gain_nothing() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    let let_through =
        (0..100).filter(|_| throttle.attempt(now, address(1), "juliet") == Verdict::Now).count();
    assert_eq!(let_through, 5);
}

#[test]
fn a_household_is_one_network() {
    let parse = |text: &str| network(text.parse().expect("an address"));
    assert_eq!(parse("2001:db8:1:2::1"), parse("2001:db8:1:2:ffff::9"));
    assert_ne!(parse("2001:db8:1:2::1"), parse("2001:db8:1:3::1"));
    assert_eq!(parse("::ffff:192.0.2.1"), address(1));
}

#[test]
fn memory_is_bounded_and_the_worst_are_remembered() {
    let (mut throttle, now) = (Throttle::new(), Instant::now());
    guess(&mut throttle, now, address(1), "juliet");
    for number in 0..50_000_u32 {
        let address = Ipv6Addr::from_bits(u128::from(number) << 64);
        throttle.attempt(now + SECOND / 2, address.into(), "juliet");
    }
    assert!(throttle.networks.len() <= Tally::CAPACITY && throttle.pairs.len() <= Tally::CAPACITY);
    assert!(matches!(throttle.attempt(now + SECOND / 2, address(1), "juliet"), Verdict::Refused(_)));
}
