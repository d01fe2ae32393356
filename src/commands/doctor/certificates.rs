//! Whether any certificate comes to its end: the school's own, and those that the appliances of this host show.

use time::OffsetDateTime;

use crate::{
    appliance::Layout,
    checkup::Check,
    error::{Error, Result},
    host::Host,
    site::{
        Folder,
        certificates::{self, Shown, Summary},
    },
};

/// One check for each pair of certificates, or for each of them that comes to its end.
pub(super) fn checks(folder: &Folder, host: &dyn Host, now: OffsetDateTime) -> Vec<Check> {
    let own = folder
        .chain()
        .exists()
        .then(|| ("this school's certificates".to_owned(), certificates::show(folder, now)));
    let names = Layout::names(host).unwrap_or_default();
    let installed = names
        .iter()
        .map(|name| (format!("the certificates of {name}"), installed(&Layout::of(name), host, now)));
    own.into_iter().chain(installed).flat_map(|(subject, shown)| judged(&subject, shown)).collect()
}

fn installed(layout: &Layout, host: &dyn Host, now: OffsetDateTime) -> Result<Shown> {
    let summary = |path: std::path::PathBuf| {
        let missing = || Error::failed(format_args!("there is no `{}`", path.display()));
        Summary::in_pem(&host.text(&path)?.ok_or_else(missing)?, &path, now)
    };
    Ok(Shown { authority: summary(layout.authority())?, leaf: summary(layout.settings().join("chain.pem"))? })
}

fn judged(subject: &str, shown: Result<Shown>) -> Vec<Check> {
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => return vec![Check::limited(subject, error, "as root, they can be read")],
    };
    let ending = shown.ending();
    if ending.is_empty() {
        let (authority, leaf) = (shown.authority.days_left, shown.leaf.days_left);
        return vec![Check::ok(
            subject,
            format_args!("the leaf for {leaf} days, the authority for {authority}"),
        )];
    }
    ending.iter().map(|ending| Check::limited(subject, ending, ending.hint)).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::fs;

    use time::Duration;

    use super::*;
    use crate::{appliance::machine::Machine, checkup::State, site::Site};

    #[test]
    fn the_schools_and_those_of_every_appliance_are_judged() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().join("site"));
        let (host, now) = (Machine::new(), OffsetDateTime::now_utc());
        assert_eq!(checks(&folder, &host, now), [], "there is none yet");

        certificates::ensure(&Site::example(), &folder, now).unwrap();
        let layout = Layout::of("schoolchat");
        host.create_folder(&layout.settings(), 0o700).unwrap();
        host.write(&layout.authority(), &fs::read(folder.authority()).unwrap(), 0o644).unwrap();
        let seen = |days: i64| {
            let checks = checks(&folder, &host, now + Duration::days(days));
            checks.into_iter().map(|check| (check.state, check.to_string())).collect::<Vec<_>>()
        };
        let [own, installed] = seen(0).try_into().unwrap();
        assert!(own.0 == State::Ok && installed.0 == State::Limited, "{own:?} {installed:?}");

        host.write(&layout.settings().join("chain.pem"), &fs::read(folder.chain()).unwrap(), 0o600).unwrap();
        assert!(seen(0).iter().all(|(state, _)| *state == State::Ok));
        let near = seen(397 - 30);
        assert_eq!(near.len(), 2);
        for (state, said) in near {
            assert!(
                state == State::Limited && said.contains("the leaf ends in ") && said.contains("cert renew"),
                "{said}"
            );
        }
    }
}
