//! What differs between the settings in force and the file as it is now, and what of it a running server can take on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Config;

/// What is settled when the server starts: its name, and where it listens.
const FIXED: [&str; 6] =
    ["domain", "listen.addresses", "listen.direct-tls", "listen.starttls", "web.enabled", "web.port"];

/// The keys whose values differ, such as `limits.connections`. What a file spells out and another leaves to the
/// default is the same.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Change {
    /// Those that need a restart.
    pub fixed: Vec<String>,
    /// Those that do not.
    pub live: Vec<String>,
}

impl Config {
    /// What is different in `new`.
    pub fn change_to(&self, new: &Self) -> Change {
        let (old, new) = (values(self), values(new));
        let differing =
            old.into_iter().filter(|(key, value)| new.get(key) != Some(value)).map(|(key, _)| key);
        let (fixed, live) = differing.partition(|key| FIXED.contains(&key.as_str()));
        Change { fixed, live }
    }
}

/// Every value by its key. Each file has them all, if only by default.
fn values(config: &Config) -> BTreeMap<String, Value> {
    let Ok(Value::Object(tables)) = serde_json::to_value(config) else {
        unreachable!("settings are a table of plain data")
    };
    let mut values = BTreeMap::new();
    for (name, value) in tables {
        match value {
            Value::Object(table) => {
                values.extend(table.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => drop(values.insert(name, value)),
        }
    }
    values
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn config(rest: &str) -> Config {
        Config::parse(&format!("organisation = \"The School\"\ndomain = \"school.test\"\n{rest}")).unwrap()
    }

    #[test]
    fn what_is_spelled_out_is_no_change() {
        let spelled_out =
            "[limits]\nconnections = 2000\n[web]\nport = 5443\n[listen]\naddresses = [\"0.0.0.0\"]";
        assert_eq!(config("").change_to(&config(spelled_out)), Change::default());
    }

    #[test]
    fn where_it_listens_needs_a_restart() {
        let new = config(
            "[listen]\naddresses = [\"127.0.0.1\"]\nstarttls = 1\ndirect-tls = 2\n[web]\nenabled = true\nport = 3\n\
             host = \"web.test\"\norigins = [\"https://web.test\"]\n[upload]\nenabled = true\n\
             [[room]]\nname = \"a\"\ntitle = \"A\"",
        );
        let Change { fixed, live } = config("").change_to(&new);
        assert_eq!(fixed, FIXED[1..]);
        assert_eq!(live, ["room", "upload.enabled", "web.host", "web.origins"]);
    }

    #[test]
    fn every_key_that_is_fixed_is_one() {
        let values = values(&config(""));
        assert!(FIXED.iter().all(|key| values.contains_key(*key)), "{values:?}");
    }
}
