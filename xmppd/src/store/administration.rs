//! What administrators write: accounts, consents, and what they did, in one transaction.

use rusqlite::{Connection, Row, ToSql, params};
use time::{Duration, OffsetDateTime};
use xmppd_control::Act;

use super::{Erasure, Store, StoreError, accounts, records};
use crate::administration::{Deed, Recorded, Write, YearEnd};

/// For how long it is remembered what administrators did: two school years.
const REMEMBERED: Duration = Duration::days(2 * 366);

impl Store {
    /// Writes all of these down, or none, with what was done. What they replace or remove is wiped on request: with
    /// [`Self::wipe_replaced`], or with [`Self::wipe`].
    pub async fn administer(&self, writes: Vec<Write>, deeds: Vec<Deed>) -> Result<(), StoreError> {
        self.request(Erasure::Nothing, move |connection| {
            writes.iter().try_for_each(|one| write(connection, one))?;
            deeds.iter().try_for_each(|deed| remember(connection, deed))
        })
        .await
    }

    /// Erases what administrators did long ago; answers how much of it there was.
    pub async fn expire_deeds(&self, now: OffsetDateTime) -> Result<usize, StoreError> {
        let before = milliseconds(now - REMEMBERED);
        let count = move |connection: &Connection| -> Result<usize, StoreError> {
            let query = "SELECT count(*) FROM audit WHERE at < ?1";
            Ok(connection.query_row(query, [before], |row| row.get::<_, u32>(0))? as usize)
        };
        if self.look(count).await? == 0 {
            return Ok(0);
        }
        self.request(Erasure::Removed, move |connection| {
            Ok(connection.execute("DELETE FROM audit WHERE at < ?1", [before])?)
        })
        .await
    }

    /// All consents, by name.
    pub async fn consents(&self) -> Result<Vec<(String, Recorded)>, StoreError> {
        self.request(Erasure::Nothing, consents).await
    }

    /// What administrators did, so many deeds at most, the newest last; those about this account or group alone,
    /// if one is given.
    pub async fn deeds(&self, about: Option<String>, most: u32) -> Result<Vec<Deed>, StoreError> {
        self.request(Erasure::Nothing, move |connection| deeds(connection, about.as_deref(), most)).await
    }

    /// The school years that have ended, as far as what administrators did is remembered, the newest last.
    pub async fn year_ends(&self) -> Result<Vec<YearEnd>, StoreError> {
        self.request(Erasure::Nothing, year_ends).await
    }
}

/// All consents, by name.
pub(super) fn consents(connection: &Connection) -> Result<Vec<(String, Recorded)>, StoreError> {
    let query = "SELECT name, signed, slip, recorded_by, recorded, withdrawn FROM consent ORDER BY name";
    let mut statement = connection.prepare(query)?;
    let consents = statement.query_map([], |row| Ok((row.get("name")?, recorded(row)?)))?;
    Ok(consents.collect::<Result<_, _>>()?)
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let text = |column| row.get::<_, String>(column);
    Ok(Recorded {
        signed: text("signed")?.parse().map_err(unreadable)?,
        slip: text("slip")?.parse().map_err(unreadable)?,
        by: text("recorded_by")?,
        at: moment(row.get("recorded")?)?,
        withdrawn: row.get::<_, Option<i64>>("withdrawn")?.map(moment).transpose()?,
    })
}

fn deeds(connection: &Connection, about: Option<&str>, most: u32) -> Result<Vec<Deed>, StoreError> {
    let query = "SELECT at, who, act, about, outcome FROM audit WHERE about = ?1 OR ?1 IS NULL
                 ORDER BY id DESC LIMIT ?2";
    let mut statement = connection.prepare(query)?;
    let deeds = statement.query_map(params![about, most], |row| {
        Ok(Deed {
            at: moment(row.get("at")?)?,
            who: row.get("who")?,
            act: row.get::<_, String>("act")?.into(),
            about: row.get("about")?,
            outcome: row.get::<_, String>("outcome")?.into(),
        })
    })?;
    let mut deeds: Vec<_> = deeds.collect::<Result<_, _>>()?;
    deeds.reverse();
    Ok(deeds)
}

fn year_ends(connection: &Connection) -> Result<Vec<YearEnd>, StoreError> {
    let query = "SELECT about, at, who FROM audit WHERE act = ?1 AND outcome = 'done' ORDER BY id";
    let mut statement = connection.prepare(query)?;
    let year_ends = statement.query_map([Act::END_YEAR], |row| {
        Ok(YearEnd { list: row.get("about")?, at: moment(row.get("at")?)?, who: row.get("who")? })
    })?;
    Ok(year_ends.collect::<Result<_, _>>()?)
}

fn write(connection: &Connection, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::Add(account) => accounts::add(connection, account),
        Write::Update(account) => accounts::update(connection, account),
        Write::Remove(name) => accounts::remove(connection, name),
        Write::Consent(name, recorded) => put_consent(connection, name, recorded),
        Write::Record(record) => records::put(connection, record),
        Write::ForgetConsent(name) => change(connection, "DELETE FROM consent WHERE name = ?1", &[name]),
    }
}

fn put_consent(connection: &Connection, name: &str, recorded: &Recorded) -> Result<(), StoreError> {
    let Recorded { signed, slip, by, at, withdrawn } = recorded;
    let (signed, slip, at) = (signed.to_string(), slip.as_str(), milliseconds(*at));
    let statement = "INSERT OR REPLACE INTO consent (name, signed, slip, recorded_by, recorded, withdrawn)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    change(connection, statement, &[&name, &signed, &slip, by, &at, &withdrawn.map(milliseconds)])
}

fn remember(connection: &Connection, deed: &Deed) -> Result<(), StoreError> {
    let Deed { at, who, act, about, outcome } = deed;
    let statement = "INSERT INTO audit (at, who, act, about, outcome) VALUES (?1, ?2, ?3, ?4, ?5)";
    change(connection, statement, &[&milliseconds(*at), who, act, about, outcome])
}

fn change(connection: &Connection, statement: &str, values: &[&dyn ToSql]) -> Result<(), StoreError> {
    connection.prepare_cached(statement)?.execute(values)?;
    Ok(())
}

fn milliseconds(moment: OffsetDateTime) -> i64 {
    let milliseconds = moment.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(milliseconds).expect("years have four digits")
}

fn moment(milliseconds: i64) -> rusqlite::Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).map_err(unreadable)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

#[cfg(test)]
mod tests;
