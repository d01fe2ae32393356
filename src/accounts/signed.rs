//! A day as people write it.

use std::str::FromStr;

use xmppd_control::{Day, DayError};

/// The day on which a slip was signed: `2026-09-01`, or `1.9.2026`. What could be read in two ways, such as `9/1/2026`, is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signed(pub Day);

impl FromStr for Signed {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        // Where neither form is a day, the complaint is about what was written.
        let turned = in_order(text).and_then(|turned| turned.parse().ok());
        turned.map_or_else(|| text.parse(), Ok).map(Self)
    }
}

/// `1.9.2026` as `2026-09-01`; `None` for all that is not of this form.
fn in_order(text: &str) -> Option<String> {
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = parts.next().is_none() && is_number(day, 2) && is_number(month, 2) && year.len() == 4;
    fits.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_where_they_can_be_read_in_one_way() {
        for text in ["2026-09-01", "1.9.2026", "01.09.2026"] {
            assert_eq!(text.parse::<Signed>().unwrap().0.to_string(), "2026-09-01");
        }
        for text in ["9/1/2026", "1.9.26", "31.2.2026", "1.9.", "1.9.2026.", "+1.9.2026", "", "soon"] {
            let said = text.parse::<Signed>().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{text}` is no date")), "{said}");
        }
    }
}
