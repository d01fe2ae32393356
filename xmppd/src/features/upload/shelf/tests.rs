#![expect(clippy::unwrap_used, reason = "tests")]

use time::macros::datetime;

use super::*;

/// What the smallest file costs.
const K: u64 = LEAST_COST;
const NOW: OffsetDateTime = datetime!(2026-09-01 08:00 UTC);

/// A shelf with its clock.
struct Stage {
    uploads: Uploads,
    start: Instant,
    elapsed: Duration,
}

fn terms() -> Terms {
    Terms {
        base: "https://school.test:5443/upload/".to_owned(),
        file_bytes: 100 * K,
        account_bytes: 150 * K,
        all_bytes: 200 * K,
        types: Vec::new(),
        days: 30,
    }
}

fn file(owner: &str, bytes: u64) -> File {
    File { owner: owner.into(), name: "a".to_owned(), media_type: "image/png".to_owned(), bytes, since: NOW }
}

impl Stage {
    fn new() -> Self {
        Self { uploads: Uploads::default(), start: Instant::now(), elapsed: Duration::ZERO }
    }

    fn reserve(&mut self, name: &str, owner: &str, bytes: u64) -> Result<(), OffsetDateTime> {
        let cx = Context {
            now: NOW + self.elapsed,
            instant: self.start + self.elapsed,
            random: &mut |_| {},
            outbox: &mut Vec::new(),
        };
        self.uploads.reserve(name.to_owned(), file(owner, bytes), "secret", &terms(), &cx)
    }

    fn take(&mut self, name: &str, authorization: &str, bytes: u64, media_type: &str) -> Result<(), Denial> {
        let claim = Claim {
            authorization: authorization.as_bytes(),
            bytes: Some(bytes),
            media_type: Some(media_type),
        };
        self.uploads.take(name, &claim, self.start + self.elapsed)
    }

    fn bring(&mut self, name: &str, bytes: u64) {
        self.take(name, "Bearer secret", bytes, "image/png").unwrap();
        assert!(self.uploads.finish(name).is_some());
    }
}

#[test]
fn a_slot_is_for_its_owner_and_its_file_and_for_once() {
    let mut stage = Stage::new();
    stage.reserve("x", "juliet", 10).unwrap();
    assert_eq!(stage.take("y", "Bearer secret", 10, "image/png"), Err(Denial::NoSlot));
    assert_eq!(stage.take("x", "Bearer guess!", 10, "image/png"), Err(Denial::NotYours));
    assert_eq!(stage.take("x", "", 10, "image/png"), Err(Denial::NotYours));
    assert_eq!(stage.take("x", "Bearer secret", 11, "image/png"), Err(Denial::OtherLength));
    assert_eq!(stage.take("x", "Bearer secret", 10, "text/html"), Err(Denial::OtherType));
    assert!(stage.uploads.file("x").is_none(), "not before it is there");
    assert_eq!(stage.take("x", "Bearer secret", 10, "Image/PNG; x=y"), Ok(()));
    assert_eq!(stage.take("x", "Bearer secret", 10, "image/png"), Err(Denial::NoSlot));
    assert!(stage.uploads.finish("x").is_some());
    assert_eq!(stage.take("x", "Bearer secret", 10, "image/png"), Err(Denial::NoSlot));
    assert_eq!(stage.uploads.file("x").unwrap().bytes, 10);
}

#[test]
fn quotas_count_what_is_about_to_come() {
    let mut stage = Stage::new();
    stage.reserve("a", "juliet", 100 * K).unwrap();
    assert!(stage.reserve("b", "juliet", 51 * K).is_err(), "more than one account may have");
    stage.reserve("c", "romeo", 100 * K).unwrap();
    assert!(stage.reserve("d", "nurse", 1).is_err(), "more than all may have");
    stage.uploads.abandon("a");
    stage.reserve("d", "nurse", 100 * K).unwrap();
}

#[test]
fn a_slot_that_is_not_used_makes_room_again() {
    let mut stage = Stage::new();
    stage.reserve("a", "juliet", 100 * K).unwrap();
    stage.reserve("b", "romeo", 100 * K).unwrap();
    stage.take("b", "Bearer secret", 100 * K, "image/png").unwrap();
    assert_eq!(stage.reserve("c", "juliet", 100 * K), Err(NOW + PATIENCE));
    stage.elapsed = PATIENCE;
    assert_eq!(stage.take("a", "Bearer secret", 100 * K, "image/png"), Err(Denial::NoSlot));
    stage.reserve("c", "juliet", 100 * K).unwrap();
    assert!(stage.uploads.finish("b").is_some(), "what is coming is waited for");
}

#[test]
fn so_many_slots_and_no_more() {
    let mut stage = Stage::new();
    for number in 0..MOST_SLOTS {
        stage.reserve(&number.to_string(), "juliet", 1).unwrap();
    }
    assert!(stage.reserve("one more", "juliet", 1).is_err());
    stage.bring("0", 1);
    stage.reserve("one more", "juliet", 1).unwrap();
}

#[test]
fn files_go_with_age_and_with_their_owner() {
    let mut stage = Stage::new();
    for (name, owner) in [("a", "juliet"), ("b", "romeo"), ("c", "juliet")] {
        stage.reserve(name, owner, 60 * K).unwrap();
        stage.bring(name, 60 * K);
    }
    stage.reserve("d", "juliet", 1).unwrap();
    stage.take("d", "Bearer secret", 1, "image/png").unwrap();
    let mut names = stage.uploads.forget("juliet");
    names.sort_unstable();
    assert_eq!(names, ["a", "c", "d"]);
    assert!(stage.uploads.finish("d").is_none(), "nobody waits for it any more");
    assert_eq!(stage.uploads.all_bytes, 60 * K);
    assert!(stage.uploads.expire(NOW).is_empty());
    let old = stage.uploads.expire(NOW + Duration::from_secs(1));
    assert_eq!(old, [("b".to_owned(), "romeo".into())]);
    assert_eq!((stage.uploads.all_bytes, stage.uploads.used.len()), (0, 0));
}

#[test]
fn a_full_shelf_says_when_its_oldest_file_goes() {
    let mut stage = Stage::new();
    for (name, owner) in [("a", "juliet"), ("b", "romeo")] {
        stage.reserve(name, owner, 100 * K).unwrap();
        stage.bring(name, 100 * K);
    }
    assert_eq!(stage.reserve("c", "nurse", 1), Err(NOW + terms().lifetime()));
}

#[test]
fn what_is_recorded_is_read_again() {
    let file = file("juliet", 7);
    assert!(File::from_record(&file.owner, &file.to_record()) == Some(file.clone()));
    assert!(File::from_record(&file.owner, b"{}").is_none());
}
