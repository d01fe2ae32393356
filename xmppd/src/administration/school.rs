//! Accounts and consents, and what becomes of them by an act.

mod groups;
mod rooms;
mod year;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use time::OffsetDateTime;
use xmppd_control::{Act, Consent, Consented, Day, Kind, Label, Name, Refusal, Standing, User};

use self::{groups::distinct, rooms::titled_after};
use super::{Change, Recorded, Write, YearEnd};
use crate::{
    account::Account,
    auth::Keys,
    features::rooms::{MadeBy, SiteRoom},
    look_alike::{Look, disguised},
};

/// All accounts, all consents, all rooms. Judges one act after the other, each by how things are after those before it.
#[derive(Clone)]
pub struct School {
    accounts: BTreeMap<String, Arc<Account>>,
    consents: BTreeMap<String, Recorded>,
    rooms: BTreeMap<String, MadeBy>,
    /// The newest last.
    year_ends: Vec<YearEnd>,
    /// How many are in each group.
    groups: BTreeMap<String, usize>,
    /// The groups that the site's file names, whether anybody is in them or not.
    groups_of_site: Vec<String>,
    /// Whose name or display name looks like this.
    looks: HashMap<Look, Vec<String>>,
    now: OffsetDateTime,
}

/// What comes of an act.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// What is to be written, in this order.
    pub writes: Vec<Write>,
    /// What the running server is to be told then, in this order.
    pub changes: Vec<Change>,
}

type Judged = Result<Effect, Refusal>;

impl School {
    /// As the store has it, at this moment.
    pub fn new(
        accounts: Vec<Account>,
        consents: impl IntoIterator<Item = (String, Recorded)>,
        now: OffsetDateTime,
    ) -> Self {
        let mut school = Self {
            accounts: BTreeMap::new(),
            consents: consents.into_iter().collect(),
            rooms: BTreeMap::new(),
            year_ends: Vec::new(),
            groups: BTreeMap::new(),
            groups_of_site: Vec::new(),
            looks: HashMap::new(),
            now,
        };
        for account in accounts {
            school.put(Arc::new(account));
        }
        school
    }

    /// Judges an act that `who` asks for; what is not refused has happened to the value. An account that is added, or
    /// gets a new password, gets these keys; in a rehearsal, there are none.
    ///
    /// # Errors
    /// Why it is not to be done. Nothing has happened then.
    pub fn carry_out(&mut self, act: &Act, keys: Option<Keys>, who: &str) -> Judged {
        match act {
            Act::AddRoom { name, title, groups, moderators, owners } => {
                let title = title.clone().map_or_else(|| titled_after(name), Ok)?;
                let (groups, moderators, owners) = (distinct(groups), distinct(moderators), distinct(owners));
                self.add_room(SiteRoom { name: name.clone(), title, groups, moderators, owners })
            }
            Act::AddUser { name, display_name, kind, groups, password: _, consent } => {
                let display_name = display_name.as_ref().map_or(name.as_str(), Label::as_str).to_owned();
                let account = Account {
                    name: name.to_string(),
                    display_name,
                    kind: *kind,
                    groups: strings(&distinct(groups)),
                    enabled: true,
                    keys: keys.unwrap_or_else(Keys::nobodys),
                };
                self.add(account, consent.as_ref(), who)
            }
            Act::DisableUser { name } => self.disable(name),
            Act::EnableUser { name } => self.enable(name),
            Act::EndYear { list, again } => self.end_year(list, *again, who),
            Act::EndSessions { name } => {
                let changes = vec![Change::SessionsEnded(self.account(name)?.name.clone())];
                Ok(Effect { writes: Vec::new(), changes })
            }
            Act::JoinGroup { name, group } => self.join(name, group),
            Act::LeaveGroup { name, group } => self.leave(name, group),
            Act::RecordConsent { name, consent } => self.record(name.as_str(), consent, who),
            Act::RemoveRoom { name } => self.remove_room(name),
            Act::RemoveUser { name } => self.remove(name),
            Act::RenameGroup { group, to } => self.rename_group(group, to),
            Act::RenameRoom { name, title } => self.rename_room(name, title),
            Act::RenameUser { name, display_name } => self.rename(name, display_name),
            Act::SetGroups { name, groups } => self.set_groups(name, strings(&distinct(groups))),
            Act::SetKind { name, kind } => self.set_kind(name, *kind),
            Act::SetPassword { name, password: _ } => {
                let keys = keys.unwrap_or_else(Keys::nobodys);
                self.edit(name, |account| account.keys = keys, Change::PasswordChanged)
            }
            Act::WithdrawConsent { name } => self.withdraw(name),
        }
    }

    /// All accounts, by name.
    pub fn users(&self) -> Vec<User> {
        self.accounts.values().map(|account| self.user(account)).collect()
    }

    /// All consents, by name.
    pub fn consented(&self, stamp: impl Fn(OffsetDateTime) -> String) -> Vec<Consented> {
        let consented = |(name, recorded): (&String, &Recorded)| Consented {
            name: name.clone(),
            consent: Consent { signed: recorded.signed, slip: recorded.slip.clone() },
            recorded_by: recorded.by.clone(),
            recorded: stamp(recorded.at),
            withdrawn: recorded.withdrawn.map(&stamp),
            has_account: self.accounts.contains_key(name),
        };
        self.consents.iter().map(consented).collect()
    }

    fn user(&self, account: &Account) -> User {
        let Account { name, display_name, kind, groups, enabled, keys: _ } = account.clone();
        User { consent: self.standing(&name, kind), name, display_name, kind, groups, enabled }
    }

    fn add(&mut self, account: Account, consent: Option<&Consent>, who: &str) -> Judged {
        if self.accounts.contains_key(&account.name) {
            return Err(Refusal::new(
                format!("there is an account `{}` already", account.name),
                "`user passwd` gives an existing account a new password",
            ));
        }
        is_of_one_script(&account.name)?;
        is_of_one_script(&account.display_name)?;
        self.looks_like_nobody(&account.name, &account.name)?;
        self.looks_like_nobody(&account.display_name, &account.name)?;
        self.looks_like_no_group(&account.groups, &[])?;
        let mut effect = match consent {
            Some(consent) => self.record(&account.name, consent, who)?,
            None => Effect::default(),
        };
        self.has_consent(&account.name, account.kind)?;
        let account = Arc::new(account);
        self.put(Arc::clone(&account));
        effect.writes.insert(0, Write::Add(Arc::clone(&account)));
        effect.changes.push(Change::Added(account));
        Ok(effect)
    }

    fn disable(&mut self, name: &Name) -> Judged {
        self.is_not_the_last_administrator(name)?;
        self.edit(name, |account| account.enabled = false, Change::Disabled)
    }

    fn enable(&mut self, name: &Name) -> Judged {
        let kind = self.account(name)?.kind;
        self.has_consent(name.as_str(), kind)?;
        self.edit(name, |account| account.enabled = true, Change::Enabled)
    }

    fn record(&mut self, name: &str, consent: &Consent, who: &str) -> Judged {
        let Consent { signed, slip } = consent.clone();
        // Where it is tomorrow already, it is not the day after tomorrow.
        if signed > Day::of(self.now + time::Duration::days(1)) {
            return Err(Refusal::new(
                format!("{signed} is yet to come, so nothing was signed on that day"),
                "give the day that stands on the slip",
            ));
        }
        let recorded = Recorded { signed, slip, by: who.to_owned(), at: self.now, withdrawn: None };
        Ok(self.put_consent(name, recorded))
    }

    /// The consent, too: also that for somebody who never got an account.
    fn remove(&mut self, name: &Name) -> Judged {
        self.is_not_the_last_administrator(name)?;
        let account = self.account(name).map(|account| account.name.clone());
        let mut effect = Effect::default();
        if self.consents.remove(name.as_str()).is_some() {
            effect.writes.push(Write::ForgetConsent(name.to_string()));
        }
        match account {
            Ok(account) => {
                self.take(&account);
                effect.writes.push(Write::Remove(account.clone()));
                effect.changes.push(Change::Removed(account.clone()));
                self.forget_in_rooms(&account, &mut effect);
            }
            Err(refusal) if effect.writes.is_empty() => return Err(refusal),
            Err(_) => {}
        }
        Ok(effect)
    }

    fn rename(&mut self, name: &Name, display_name: &Label) -> Judged {
        self.account(name)?;
        is_of_one_script(display_name.as_str())?;
        self.looks_like_nobody(display_name.as_str(), name.as_str())?;
        let display_name = display_name.to_string();
        self.edit(name, |account| account.display_name = display_name, Change::Relabelled)
    }

    fn set_kind(&mut self, name: &Name, kind: Kind) -> Judged {
        self.account(name)?;
        if kind != Kind::Administrator {
            self.is_not_the_last_administrator(name)?;
        }
        self.has_consent(name.as_str(), kind)?;
        self.edit(name, |account| account.kind = kind, Change::Relabelled)
    }

    /// An account of whatever kind: none is made another's to stay. Only who administers the server is not shut out by it.
    fn withdraw(&mut self, name: &Name) -> Judged {
        let name = name.as_str();
        let show = "`consent list` shows all of them";
        let recorded = match self.consents.get(name) {
            Some(recorded) if recorded.withdrawn.is_none() => recorded,
            Some(_) => {
                return Err(Refusal::new(format!("the consent for `{name}` is withdrawn already"), show));
            }
            None => return Err(Refusal::new(format!("no consent is recorded for `{name}`"), show)),
        };
        let recorded = Recorded { withdrawn: Some(self.now), ..recorded.clone() };
        let mut effect = self.put_consent(name, recorded);
        if let Some(account) = self.accounts.get(name).filter(|one| one.enabled && !one.is_administrator()) {
            let account = Account { enabled: false, ..Account::clone(account) };
            self.update(account, &mut effect, Change::Disabled);
        }
        Ok(effect)
    }

    /// Gives an account other values.
    fn edit(
        &mut self,
        name: &Name,
        edit: impl FnOnce(&mut Account),
        change: impl FnOnce(Arc<Account>) -> Change,
    ) -> Judged {
        let mut account = Account::clone(self.account(name)?);
        edit(&mut account);
        let mut effect = Effect::default();
        self.update(account, &mut effect, change);
        Ok(effect)
    }

    fn update(&mut self, account: Account, effect: &mut Effect, change: impl FnOnce(Arc<Account>) -> Change) {
        let account = Arc::new(account);
        self.take(&account.name);
        self.put(Arc::clone(&account));
        effect.writes.push(Write::Update(Arc::clone(&account)));
        effect.changes.push(change(account));
    }

    fn put_consent(&mut self, name: &str, recorded: Recorded) -> Effect {
        self.consents.insert(name.to_owned(), recorded.clone());
        Effect { writes: vec![Write::Consent(name.to_owned(), recorded)], changes: Vec::new() }
    }

    fn put(&mut self, account: Arc<Account>) {
        for look in account.looks() {
            self.looks.entry(look).or_default().push(account.name.clone());
        }
        for group in &account.groups {
            *self.groups.entry(group.clone()).or_default() += 1;
        }
        self.accounts.insert(account.name.clone(), account);
    }

    fn take(&mut self, name: &str) {
        let Some(account) = self.accounts.remove(name) else { return };
        for look in account.looks() {
            self.looks.entry(look).or_default().retain(|one| one != name);
        }
        for group in &account.groups {
            self.groups.entry(group.clone()).and_modify(|members| *members -= 1);
        }
        self.groups.retain(|_, members| *members > 0);
    }

    fn account(&self, name: &Name) -> Result<&Arc<Account>, Refusal> {
        let found = self.accounts.get(name.as_str());
        found.ok_or_else(|| {
            Refusal::new(format!("there is no account `{name}`"), "`user list` shows all accounts")
        })
    }

    fn standing(&self, name: &str, kind: Kind) -> Standing {
        match self.consents.get(name) {
            // Whatever the kind: nothing else would keep it from being made another for a moment.
            Some(Recorded { withdrawn: Some(_), .. }) => Standing::Withdrawn,
            _ if !kind.needs_consent() => Standing::NotNeeded,
            None => Standing::Missing,
            Some(_) => Standing::Given,
        }
    }

    /// Consent comes first.
    fn has_consent(&self, name: &str, kind: Kind) -> Result<(), Refusal> {
        match self.standing(name, kind) {
            Standing::NotNeeded | Standing::Given => Ok(()),
            Standing::Missing => Err(Refusal::new(
                format!("no consent of the parents is recorded for `{name}`, a child's account"),
                "when the signed slip is there, record the day and the version that stand on it",
            )),
            Standing::Withdrawn => Err(Refusal::new(
                format!("the consent for `{name}` was withdrawn"),
                "record a new consent first, when another signed slip is there",
            )),
        }
    }

    /// Nobody may be taken for somebody else, by name or by display name: people see now one, now the other.
    fn looks_like_nobody(&self, text: &str, name: &str) -> Result<(), Refusal> {
        let looks = Look::of(text);
        let alike = looks.iter().filter_map(|look| self.looks.get(look)).flatten().find(|one| *one != name);
        let Some(other) = alike.and_then(|other| self.accounts.get(other)) else { return Ok(()) };
        Err(Refusal::new(
            format!(
                "`{text}` looks like `{}`, `{}` to others: people would take one for the other",
                other.name, other.display_name
            ),
            "choose another name, or add what tells them apart, such as the class",
        ))
    }

    /// Somebody must be left who can let others in.
    fn is_not_the_last_administrator(&self, name: &Name) -> Result<(), Refusal> {
        let mut administrators =
            self.accounts.values().filter(|account| account.is_administrator() && account.enabled);
        match (administrators.next(), administrators.next()) {
            (Some(last), None) if last.name == name.as_str() => Err(Refusal::new(
                format!("`{name}` is the last administrator"),
                "make somebody else an administrator first: `user add NAME --kind administrator`",
            )),
            _ => Ok(()),
        }
    }
}

/// A letter of another script among the others of a word is there to deceive.
fn is_of_one_script(text: &str) -> Result<(), Refusal> {
    let Some(word) = disguised(text) else { return Ok(()) };
    Err(Refusal::new(
        format!("`{word}` mixes letters of different scripts, which look like others"),
        "type it again with letters of one script, such as Latin or Cyrillic",
    ))
}

fn strings(labels: &[Label]) -> Vec<String> {
    labels.iter().map(Label::to_string).collect()
}

#[cfg(test)]
mod tests;
