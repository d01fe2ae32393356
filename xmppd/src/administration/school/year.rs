//! The end of a school year, which comes once a year: judged by those that the audit log remembers.

use time::Duration;
use xmppd_control::{Day, Label, Refusal};

use super::{Effect, Judged, School};
use crate::administration::YearEnd;

/// Whoever ends a year so soon after another means the same one.
const APART: Duration = Duration::days(60);

impl School {
    /// The same, with the years that have ended, the newest last.
    #[must_use]
    pub fn with_year_ends(mut self, year_ends: Vec<YearEnd>) -> Self {
        self.year_ends = year_ends;
        self
    }

    /// Nothing is to be written: that it was done is remembered by its line of the audit log.
    pub(super) fn end_year(&mut self, list: &Label, again: bool, who: &str) -> Judged {
        if !again {
            self.has_not_ended(list)?;
        }
        let (list, who) = (list.to_string(), who.to_owned());
        self.year_ends.push(YearEnd { list, at: self.now, who });
        Ok(Effect::default())
    }

    fn has_not_ended(&self, list: &Label) -> Result<(), Refusal> {
        let same = self.year_ends.iter().rfind(|end| end.list == list.as_str());
        let recent = self.year_ends.last().filter(|end| self.now - end.at < APART);
        let what = match (same, recent) {
            (Some(end), _) => format!("this list was carried out already, on {}", told(end)),
            (None, Some(end)) => {
                format!("a school year was ended on {}, less than {} days ago", told(end), APART.whole_days())
            }
            (None, None) => return Ok(()),
        };
        Err(Refusal::new(what, "`--again` does it nevertheless, and whoever has moved up moves once more"))
    }
}

/// When, and by whom.
fn told(end: &YearEnd) -> String {
    format!("{} by {}", Day::of(end.at), end.who)
}
