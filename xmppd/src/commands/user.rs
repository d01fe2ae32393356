//! `xmppd user …`

use std::io;

use xmppd::{
    auth::Password,
    control::{Answer, Request, User},
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
        cli::User::Disable(Whose { name, data }) => change(&data, Request::DisableUser { name }).await,
        cli::User::Enable(Whose { name, data }) => change(&data, Request::EnableUser { name }).await,
        cli::User::Kick(Whose { name, data }) => change(&data, Request::EndSessions { name }).await,
        cli::User::Remove(Whose { name, data }) => change(&data, Request::RemoveUser { name }).await,
        cli::User::Rename(cli::Rename { whose: Whose { name, data }, display_name }) => {
            change(&data, Request::RenameUser { name, display_name }).await
        }
        cli::User::Groups(cli::Groups { whose: Whose { name, data }, groups }) => {
            change(&data, Request::SetGroups { name, groups }).await
        }
    }
}

async fn add(add: cli::Add) -> Result<(), Failure> {
    let cli::Add { whose: Whose { name, data }, display_name, groups, admin, password_stdin } = add;
    let password = given_or_made(password_stdin)?;
    let shown = (!password_stdin).then(|| password.clone());
    change(&data, Request::AddUser { name, display_name, groups, administrator: admin, password }).await?;
    show_once(shown)
}

async fn passwd(passwd: cli::Passwd) -> Result<(), Failure> {
    let cli::Passwd { whose: Whose { name, data }, password_stdin } = passwd;
    let password = given_or_made(password_stdin)?;
    let shown = (!password_stdin).then(|| password.clone());
    change(&data, Request::SetPassword { name, password }).await?;
    show_once(shown)
}

async fn list(list: cli::List) -> Result<(), Failure> {
    let Answer::Users(users) = ask(&list.data, Request::ListUsers).await? else {
        return Err(Failure::other_answer());
    };
    if list.json {
        return print_json(&users);
    }
    users.iter().try_for_each(|user| print(&line(user)))
}

async fn change(data: &Data, request: Request) -> Result<(), Failure> {
    ask(data, request).await.map(|_| ())
}

async fn ask(data: &Data, request: Request) -> Result<Answer, Failure> {
    let mut administrator = Administrator::of(&data.data).await?;
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
    let state = match (user.enabled, user.administrator) {
        (false, _) => "disabled",
        (true, true) => "administrator",
        (true, false) => "enabled",
    };
    format!("{}\t{}\t{state}\t{}", user.name, user.display_name, user.groups.join(", "))
}
