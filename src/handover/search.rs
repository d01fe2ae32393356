//! Whether any trace of a school is in an image.

use std::fmt;

use aho_corasick::AhoCorasick;
use serde::Serialize;

use super::{
    layers::{self, Extent},
    school::Sought,
    trace::{Rule, Trace},
};
use crate::{
    error::{Context as _, Error, Result},
    image::Image,
    probe::holds_pem_key,
};

/// So many finds are told of.
const TOLD: usize = 5;

/// What was searched, and for what: nothing of it was found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Searched {
    /// How many bytes: the archive as it is, the names and contents of its entries, what is compressed within those.
    pub bytes: u64,
    /// How many streams were found compressed within.
    pub streams: usize,
    /// What was sought.
    pub sought: Vec<String>,
    /// What was not, with why.
    pub left_out: Vec<String>,
}

/// Looks for every trace in every byte of an image.
///
/// # Errors
/// [`Error::Failed`] if one is there, with where; or if not all of it can be searched.
pub fn search(image: &Image, sought: &Sought) -> Result<Searched> {
    let matcher = Matcher::new(sought)?;
    let mut found = Vec::new();
    let Extent { bytes, streams, closed } = layers::each(image, &mut |place, bytes| {
        found.extend(matcher.find(bytes).map(|(what, at)| format!("{what}, at {at} in {place}")));
        if holds_pem_key(bytes) {
            found.push(format!("somebody's private key, in {place}"));
        }
    })?;
    if !found.is_empty() {
        return Err(refusal(&found));
    }
    let mut told = sought.told.clone();
    told.push("any private key in PEM".to_owned());
    let left_out = [sought.left_out.clone(), closed].concat();
    Ok(Searched { bytes, streams, sought: told, left_out })
}

fn refusal(found: &[String]) -> Error {
    let more = found.len().saturating_sub(TOLD);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let told = found[..found.len().min(TOLD)].join("; ");
    Error::failed_with_hint(
        format_args!(
            "the image is not to be handed on, for it holds what is this school's own: {told}{more}"
        ),
        "make it anew from the source, where nothing of a school is. A name that any program may hold can be left out with `--common NAME`",
    )
}

/// All forms of all traces, to be found in one go.
struct Matcher<'a> {
    sought: &'a Sought,
    exact: Forms,
    any_case: Forms,
}

/// Forms that are compared alike, and the trace and the rule of each.
struct Forms {
    automaton: AhoCorasick,
    of: Vec<(usize, Rule)>,
}

impl<'a> Matcher<'a> {
    fn new(sought: &'a Sought) -> Result<Self> {
        Ok(Self { sought, exact: Forms::of(sought, false)?, any_case: Forms::of(sought, true)? })
    }

    /// The first place of each trace that is there.
    fn find(&self, hay: &[u8]) -> impl Iterator<Item = (&'a str, usize)> {
        let mut places = vec![None; self.sought.traces.len()];
        for forms in [&self.exact, &self.any_case] {
            for (trace, at) in forms.find(hay) {
                places[trace].get_or_insert(at);
            }
        }
        let traces = self.sought.traces.iter().zip(places);
        traces.filter_map(|(trace, place)| place.map(|at| (trace.what.as_str(), at)))
    }
}

impl Forms {
    fn of(sought: &Sought, any_case: bool) -> Result<Self> {
        let all = sought.traces.iter().enumerate();
        let forms: Vec<_> = all
            .flat_map(|(trace, Trace { forms, .. })| forms.iter().map(move |form| (trace, form)))
            .filter(|(_, form)| (form.rule == Rule::AnyCase) == any_case)
            .collect();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(any_case)
            .build(forms.iter().map(|(_, form)| form.bytes.as_slice()))
            .doing("prepare the search")?;
        Ok(Self { automaton, of: forms.into_iter().map(|(trace, form)| (trace, form.rule)).collect() })
    }

    fn find<'a>(&'a self, hay: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.automaton.find_overlapping_iter(hay).filter_map(|found| {
            let (trace, rule) = self.of[found.pattern().as_usize()];
            let before = hay[..found.start()].last().copied();
            let behind = &hay[found.end()..];
            rule.admits(before, behind).then_some((trace, found.start()))
        })
    }
}

impl Rule {
    /// Whether something that stands between these bytes counts.
    fn admits(self, before: Option<u8>, behind: &[u8]) -> bool {
        let next = behind.first().copied();
        match self {
            Self::Anywhere | Self::AnyCase => true,
            Self::Word => ![before, next].into_iter().flatten().any(|byte| byte.is_ascii_alphanumeric()),
            Self::Number => {
                let goes_on = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
                let dotted = next == Some(b'.') && goes_on(behind.get(1).copied());
                !(goes_on(before) || before == Some(b'.') || goes_on(next) || dotted)
            }
        }
    }
}

impl fmt::Display for Searched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, streams, sought, left_out } = self;
        let within = match streams {
            0 => "nothing is compressed within".to_owned(),
            1 => "what is compressed within, in one place, included".to_owned(),
            _ => format!("what is compressed within, in {streams} places, included"),
        };
        writeln!(formatter, "searched all {bytes} bytes of the image ({within}), and found none of these:")?;
        sought.iter().try_for_each(|what| writeln!(formatter, "  {what}"))?;
        if left_out.is_empty() {
            return Ok(());
        }
        writeln!(formatter, "left out of the search:")?;
        left_out.iter().try_for_each(|what| writeln!(formatter, "  {what}"))
    }
}
