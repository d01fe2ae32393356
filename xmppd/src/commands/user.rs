//! `xmppd user …`

use std::io;

use xmppd::{
    auth::Password,
    control::{Act, Answer, Consent, Name, Outcome, Request, User},
};
use zeroize::Zeroizing;

use super::{administrator::Administrator, print, print_json};
use crate::{
    cli::{self, Data, Whose},
    failure::Failure,
    tell,
};

pub(super) async fn run(command: cli::User) -> Result<(), Failure> {
    match command {
        cli::User::Add(add) => self::add(add).await,
        cli::User::Passwd(passwd) => self::passwd(passwd).await,
        cli::User::List(list) => self::list(list).await,
        cli::User::Disable(Whose { name, data }) => change(&data, Act::DisableUser { name }).await,
        cli::User::Enable(Whose { name, data }) => change(&data, Act::EnableUser { name }).await,
        cli::User::Kick(Whose { name, data }) => change(&data, Act::EndSessions { name }).await,
        cli::User::Remove(Whose { name, data }) => self::remove(name, &data).await,
        cli::User::Rename(cli::Rename { whose: Whose { name, data }, display_name }) => {
            change(&data, Act::RenameUser { name, display_name }).await
        }
        cli::User::Groups(cli::Groups { whose: Whose { name, data }, groups }) => {
            change(&data, Act::SetGroups { name, groups }).await
        }
    }
}

async fn add(add: cli::Add) -> Result<(), Failure> {
    let cli::Add { whose: Whose { name, data }, display_name, kind, groups, signed, slip, password_stdin } =
        add;
    let consent = signed.zip(slip).map(|(signed, slip)| Consent { signed, slip });
    let password = given_or_made(password_stdin)?;
    let shown = (!password_stdin).then(|| password.clone());
    change(&data, Act::AddUser { name, display_name, kind, groups, password, consent }).await?;
    show_once(shown)
}

async fn passwd(passwd: cli::Passwd) -> Result<(), Failure> {
    let cli::Passwd { whose: Whose { name, data }, password_stdin } = passwd;
    let password = given_or_made(password_stdin)?;
    let shown = (!password_stdin).then(|| password.clone());
    change(&data, Act::SetPassword { name, password }).await?;
    show_once(shown)
}

async fn list(list: cli::List) -> Result<(), Failure> {
    let administrator = Administrator::of(&list.data.data)?;
    let Answer::Users(users) = ask(administrator, Request::ListUsers).await? else {
        return Err(Failure::other_answer());
    };
    if list.json {
        return print_json(&users);
    }
    users.iter().try_for_each(|user| print(&line(user)))
}

async fn remove(name: Name, data: &Data) -> Result<(), Failure> {
    let administrator = Administrator::of(&data.data)?;
    let is_alone = administrator.is_alone();
    let shown = name.clone();
    change_by(administrator, Act::RemoveUser { name }).await?;
    if is_alone {
        tell(format_args!(
            "`{shown}` is removed; if it had files, or others keep something of it, that is erased once the server starts"
        ));
    }
    Ok(())
}

/// Has this done, and nothing else.
async fn change(data: &Data, act: Act) -> Result<(), Failure> {
    change_by(Administrator::of(&data.data)?, act).await
}

async fn change_by(administrator: Administrator, act: Act) -> Result<(), Failure> {
    let Answer::Changed(mut outcomes) = ask(administrator, Request::Change(act.into())).await? else {
        return Err(Failure::other_answer());
    };
    match outcomes.pop() {
        Some(Outcome::Done) => Ok(()),
        Some(Outcome::Refused(refusal)) => Err(refusal.into()),
        Some(Outcome::Undone) | None => Err(Failure::other_answer()),
    }
}

async fn ask(mut administrator: Administrator, request: Request) -> Result<Answer, Failure> {
    let answer = administrator.ask(request).await;
    administrator.done().await;
    answer
}

fn given_or_made(from_stdin: bool) -> Result<Password, Failure> {
    if !from_stdin {
        return Ok(Password::generate());
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line).map_err(|error| {
        Failure::new(format!("cannot read the password: {error}"), "it is UTF-8, on one line")
    })?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    Password::choose(text.strip_suffix('\r').unwrap_or(text))
        .map_err(|error| Failure::new(error.to_string(), "without `--password-stdin` a good one is made"))
}

/// The password alone on standard output, after the account really has it.
fn show_once(password: Option<Password>) -> Result<(), Failure> {
    let Some(password) = password else { return Ok(()) };
    tell("the password, shown this once:");
    print(password.reveal())
}

/// Tabs between, so that `cut` and `sort` can work with it.
fn line(user: &User) -> String {
    let User { name, display_name, kind, groups, enabled, consent: _ } = user;
    let state = if *enabled { "enabled" } else { "disabled" };
    format!("{name}\t{display_name}\t{kind}\t{state}\t{}", groups.join(", "))
}
