//! What goes wrong over and over, told once a minute: nobody may fill the log from outside.

use std::time::{Duration, Instant};

/// How often one thing is told.
const EVERY: Duration = Duration::from_secs(60);

/// One thing that goes wrong.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    untold: u64,
    told: Option<Instant>,
}

impl Complaint {
    /// It has happened again; if it is time to tell, how often since it was last told.
    pub(super) fn again(&mut self, now: Instant) -> Option<u64> {
        self.untold += 1;
        if self.told.is_some_and(|told| now < told + EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_at_once_and_then_once_a_minute() {
        let (start, mut complaint) = (Instant::now(), Complaint::default());
        assert_eq!(complaint.again(start), Some(1));
        assert_eq!(complaint.again(start + EVERY / 2), None);
        assert_eq!(complaint.again(start + EVERY), Some(2));
        assert_eq!(complaint.again(start + EVERY), None);
    }
}
