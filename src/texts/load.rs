//! A text from its file: placeholders filled in, and every mistake with its place.

use std::{borrow::Cow, path::Path};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer},
};

use crate::{
    error::{Error, Result},
    render::{self, Unfilled},
    site::{Mistake, Source, explain},
};

/// What to do where a key is missing.
const WHOLE: &str = "`jailbuild texts` in an empty folder writes the shipped texts, with every key";

/// Reads a text.
pub(super) fn load<T: DeserializeOwned>(path: &Path, text: &str, values: &impl Serialize) -> Result<T> {
    let source = Source { path, text };
    let explain = |error: &toml::de::Error| explain(source, error, WHOLE);
    let mut table = DeTable::parse(text).map_err(|error| explain(&error))?;
    let values = serde_json::to_value(values)
        .map_err(|error| Error::failed(format_args!("cannot fill `{}`: {error}", path.display())))?;
    let filling = Filling { source, values: &values };
    for (_, value) in table.get_mut().iter_mut() {
        filling.fill(value)?;
    }
    T::deserialize(Deserializer::from(table)).map_err(|error| explain(&error))
}

/// What stands for what.
struct Filling<'a> {
    source: Source<'a>,
    values: &'a Value,
}

impl Filling<'_> {
    fn fill(&self, value: &mut Spanned<DeValue<'_>>) -> Result<()> {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) => {
                let filled = render::fill_text(text, self.values);
                *text = Cow::Owned(filled.map_err(|error| self.source.mistake(span, self.mistake(error)))?);
                Ok(())
            }
            DeValue::Array(values) => values.iter_mut().try_for_each(|value| self.fill(value)),
            DeValue::Table(table) => table.iter_mut().try_for_each(|(_, value)| self.fill(value)),
            _ => Ok(()),
        }
    }

    fn mistake(&self, error: Unfilled) -> Mistake {
        match error {
            Unfilled::Unknown(name) => {
                let known = self.values.as_object().into_iter().flatten();
                let known: Vec<_> = known.map(|(name, _)| format!("`{name}`")).collect();
                Mistake::new(
                    format!("nothing is known here as `{name}`"),
                    format!("what is known is {}", known.join(", ")),
                )
            }
            Unfilled::Broken(cause) => {
                Mistake::new(cause, "see https://keats.github.io/tera for how placeholders are written")
            }
        }
    }
}
