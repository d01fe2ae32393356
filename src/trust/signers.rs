//! Who may sign: the lines of an `allowed_signers` file, as ssh-keygen(1) has them under ALLOWED SIGNERS, or of an `id_ed25519.pub`.

use std::path::Path;

use miette::NamedSource;
use ssh_key::PublicKey;
use time::{
    Date, OffsetDateTime, PrimitiveDateTime, Time,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

use crate::{
    error::{Error, Misconfiguration, Result},
    image::{Fingerprint, sign::NAMESPACE},
};

/// How the names of key types begin (sshd(8), under `AUTHORIZED_KEYS`). No principal begins so.
const KEY_TYPES: [&str; 4] = ["ecdsa-sha2-", "sk-ecdsa-sha2-", "sk-ssh-", "ssh-"];

/// What a line is to look like.
const FORM: &str = "write `NAME namespaces=\"jailbuild\" ssh-ed25519 AAAA…`, one key a line";

/// A key that may sign, with whatever its line says of when and what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Signer {
    /// The key.
    pub(super) fingerprint: Fingerprint,
    /// Whose it is, as the line says.
    pub(super) name: Option<String>,
    /// What it may sign, where the line says; otherwise anything.
    namespaces: Option<String>,
    /// The moments between which its signatures count.
    after: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
}

impl Signer {
    /// Why an image signed with this key does not count at this moment, if so.
    pub(super) fn objection(&self, now: OffsetDateTime) -> Option<String> {
        if let Some(list) = self.namespaces.as_ref().filter(|list| !matches_list(list, NAMESPACE)) {
            return Some(format!("only for the namespaces `{list}`, not for `{NAMESPACE}`"));
        }
        if let Some(after) = self.after.filter(|after| now < *after) {
            return Some(format!("only from {} on", said(after)));
        }
        self.before.filter(|before| now > *before).map(|before| format!("only until {}", said(before)))
    }
}

/// Reads the signers in a text; an error points at the line of `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Signer>> {
    let mut signers = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let (start, content) = (offset + line.len() - line.trim_start().len(), line.trim());
        offset += line.len();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let signer = parse_line(content).map_err(|(what, hint)| {
            Error::Configuration(Box::new(Misconfiguration {
                what,
                source_code: Some(NamedSource::new(path.display().to_string(), text.to_owned())),
                at: Some((start, content.len()).into()),
                hint: Some(hint.to_owned()),
            }))
        })?;
        signers.push(signer);
    }
    Ok(signers)
}

/// What is wrong, and what to write instead.
type Complaint = (String, &'static str);

fn parse_line(line: &str) -> Result<Signer, Complaint> {
    let (name, rest) = if is_key(line) { (None, line) } else { word(line)? };
    let (options, key) = if is_key(rest) { (None, rest) } else { word(rest)? };
    let key = PublicKey::from_openssh(key)
        .map_err(|cause| (format!("this line holds no public key that can be read: {cause}"), FORM))?;
    let mut signer = Signer {
        fingerprint: Fingerprint::of(&key),
        name: name.map(|name| name.replace('"', "")),
        namespaces: None,
        after: None,
        before: None,
    };
    for option in split(options.unwrap_or_default(), ',').into_iter().filter(|option| !option.is_empty()) {
        signer.obey(option)?;
    }
    Ok(signer)
}

impl Signer {
    fn obey(&mut self, option: &str) -> Result<(), Complaint> {
        let (keyword, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match keyword.to_ascii_lowercase().as_str() {
            "namespaces" => self.namespaces = Some(value.to_owned()),
            "valid-after" => self.after = Some(moment(value)?),
            "valid-before" => self.before = Some(moment(value)?),
            "cert-authority" => {
                return Err((
                    "certificates of OpenSSH are not read here, so `cert-authority` cannot be obeyed"
                        .to_owned(),
                    "name the key itself that signs images",
                ));
            }
            _ => {
                return Err((
                    format!("there is no option `{keyword}` in an allowed_signers file"),
                    "the options are `namespaces`, `valid-after` and `valid-before`",
                ));
            }
        }
        Ok(())
    }
}

fn said(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}

fn is_key(text: &str) -> bool {
    KEY_TYPES.iter().any(|kind| text.starts_with(kind))
}

/// The first word of a line, and the rest: white space between double quotes is part of the word.
fn word(line: &str) -> Result<(Option<&str>, &str), Complaint> {
    let mut quoted = false;
    let end = line.find(|letter: char| {
        quoted ^= letter == '"';
        !quoted && letter.is_whitespace()
    });
    let (word, rest) =
        end.map(|end| line.split_at(end)).ok_or(("this line holds no key".to_owned(), FORM))?;
    Ok((Some(word), rest.trim_start()))
}

/// The parts of a list, whose separator does not count between double quotes.
fn split(list: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    list.split(|letter: char| {
        quoted ^= letter == '"';
        !quoted && letter == separator
    })
    .collect()
}

/// A date or a time in UTC. What is meant without the `Z` depends on the machine that reads it, so it is not taken.
fn moment(text: &str) -> Result<OffsetDateTime, Complaint> {
    const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]");
    const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day][hour][minute]");
    const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day][hour][minute][second]");
    let complaint = || {
        (
            format!("`{text}` is not a time in UTC"),
            "write `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`, with the `Z`",
        )
    };
    let digits = text.strip_suffix(['Z', 'z']).ok_or_else(complaint)?;
    let parsed = match digits.len() {
        8 => Date::parse(digits, DATE).map(|date| PrimitiveDateTime::new(date, Time::MIDNIGHT)),
        12 => PrimitiveDateTime::parse(digits, MINUTE),
        _ => PrimitiveDateTime::parse(digits, SECOND),
    };
    parsed.map(PrimitiveDateTime::assume_utc).map_err(|_| complaint())
}

/// Whether a name matches a pattern-list of `ssh_config(5)`: any of its patterns, and none of those behind a `!`.
fn matches_list(list: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',').map(str::trim) {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern.as_bytes(), name.as_bytes()) => return false,
            Some(_) => {}
            None => found |= matches(pattern.as_bytes(), name.as_bytes()),
        }
    }
    found
}

/// Whether a name matches a pattern, in which `*` stands for any letters and `?` for one.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', pattern_rest)), _) => {
            matches(pattern_rest, name) || name.split_first().is_some_and(|(_, rest)| matches(pattern, rest))
        }
        (Some((b'?', pattern)), Some((_, name))) => matches(pattern, name),
        (Some((letter, pattern)), Some((other, name))) => letter == other && matches(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use time::macros::datetime;

    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

    fn one(line: &str) -> Signer {
        let [signer] = parse(Path::new("signers"), line).unwrap().try_into().unwrap();
        signer
    }

    fn refusal(line: &str) -> String {
        parse(Path::new("signers"), line).unwrap_err().to_string()
    }

    fn objection(options: &str) -> String {
        one(&format!("me {options} {KEY}")).objection(NOW).unwrap_or_default()
    }

    #[test]
    fn both_forms_are_read_and_comments_are_not() {
        let text = format!("# ours\n\n{KEY} a comment\n  \"north school\",south@x.example {KEY}\r\n");
        let names: Vec<_> =
            parse(Path::new("signers"), &text).unwrap().into_iter().map(|signer| signer.name).collect();
        assert_eq!(names, [None, Some("north school,south@x.example".to_owned())]);
    }

    #[test]
    fn a_namespace_must_be_ours() {
        for options in ["", "namespaces=\"jailbuild\"", "NAMESPACES=\"file,jail*\"", "namespaces=j?ilbuild"] {
            assert_eq!(objection(options), "", "{options}");
        }
        for options in ["namespaces=\"file\"", "namespaces=\"*,!jail*\"", "namespaces=\"\""] {
            assert!(objection(options).starts_with("only for the namespaces "), "{options}");
        }
    }

    #[test]
    fn a_key_counts_between_its_times() {
        for options in ["valid-after=20261122Z", "valid-before=\"202611221200Z\",valid-after=20260101000000Z"]
        {
            assert_eq!(objection(options), "", "{options}");
        }
        assert!(objection("valid-after=20261122120001Z").starts_with("only from 2026-11-22T12:00:01Z"));
        assert!(objection("valid-before=20261122Z").starts_with("only until 2026-11-22T00:00:00Z"));
    }

    #[test]
    fn what_cannot_be_obeyed_is_refused_and_not_passed_over() {
        assert!(refusal(&format!("* cert-authority {KEY}")).contains("`cert-authority` cannot be obeyed"));
        assert!(refusal(&format!("* valid-after=20261122 {KEY}")).contains("is not a time in UTC"));
        assert!(refusal(&format!("* valid-before=2026Z {KEY}")).contains("is not a time in UTC"));
        assert!(refusal(&format!("* no-pty {KEY}")).contains("there is no option `no-pty`"));
    }

    #[test]
    fn a_line_without_a_key_is_a_mistake_in_its_place() {
        for line in ["someone", "ssh-ed25519 AAAA", "me ssh-ed25519", "me options nokey"] {
            let failure = parse(Path::new("signers"), &format!("# first\n{line}\n")).unwrap_err();
            let Error::Configuration(mistake) = failure else { panic!("{line}") };
            assert_eq!(mistake.at.unwrap().offset(), 8, "{line}");
        }
    }
}
