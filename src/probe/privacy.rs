//! What the image and the appliance know, and must not.

use std::{
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    Evidence, Finding, ImageFiles, Probe, Subject,
    account::{Account, random_hex},
    client::{Answer, Session},
    failed, require,
    search::{Found, Needle, search},
    secrets::holds_pem_key,
};
use crate::runtime::Appliance;

pub(super) const IMAGE_PROBES: &[Probe] = &[
    Probe::of_image("image-no-secret", "No byte of the image is of a private key or a password.", no_secret),
    Probe::of_image("image-no-school", "The image does not know for which school it is.", no_school),
];

pub(super) const PROBES: &[Probe] = &[Probe::of_appliance(
    "canary",
    "What was said is nowhere afterwards: not in data, not in logs, not in the image.",
    canary,
)];

/// How long a delivered message may take to be erased.
const ERASURE: Duration = Duration::from_secs(10);

/// How long a message that waits may take to be on disk.
const KEEPING: Duration = Duration::from_secs(10);

fn no_secret(subject: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    let secrets = &subject.school.secrets;
    require(!secrets.is_empty(), || "the probe was given no secret to look for".to_owned())?;
    for file in &image.files {
        if let Some(secret) = secrets.iter().find(|secret| secret.is_in(&file.bytes)) {
            return Err(failed(format!("{} is in `{}`", secret.what(), file.path)));
        }
        require(!holds_pem_key(&file.bytes), || format!("a private key is in `{}`", file.path))?;
    }
    let names: Vec<_> = secrets.iter().map(super::Secret::what).collect();
    evidence.note(format!("{} bytes searched for {}, and for keys in PEM", size(image), names.join(", ")));
    Ok(())
}

/// Only in what the jail sees: the tool itself, which lies beside it in the image, knows the example school's domain.
fn no_school(subject: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    let school = subject.school;
    let traces = [
        ("the domain", Needle::bare(school.domain.as_str().as_bytes())),
        ("the authority's certificate", Needle::new(body(&school.authority).as_bytes())),
        ("the certificate", Needle::new(body(&school.chain).as_bytes())),
    ];
    let mut searched = 0;
    for (path, file) in image.rootfs() {
        searched += file.bytes.len();
        if let Some((what, _)) = traces.iter().find(|(_, trace)| trace.is_in(&file.bytes)) {
            return Err(failed(format!("{what} is in `/{path}`")));
        }
    }
    require(searched > 0, || "the image's root file system is empty".to_owned())?;
    evidence.note(format!("{searched} bytes searched for {}", traces.map(|(what, _)| what).join(", ")));
    Ok(())
}

/// The first whole line within a PEM block.
fn body(pem: &str) -> &str {
    pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).nth(2).unwrap_or(pem)
}

fn size(image: &ImageFiles) -> usize {
    image.files.iter().map(|file| file.bytes.len()).sum()
}

fn canary(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let mark = format!("canary{}", random_hex()?);
    let needle = Needle::new(mark.as_bytes());
    let (juliet, romeo) = (Account::add(subject, appliance)?, Account::add(subject, appliance)?);
    let mut from_juliet = juliet.log_in(subject)?;
    from_juliet.announce()?;
    let mut to_romeo = romeo.log_in(subject)?;
    to_romeo.announce()?;
    to_romeo.settle(subject.domain())?;

    from_juliet.say(&romeo.jid(subject), "online", &mark)?;
    must_arrive(&mut to_romeo, "online", &mark)?;
    to_romeo.end()?;

    from_juliet.say(&romeo.jid(subject), "offline", &mark)?;
    from_juliet.settle(subject.domain())?;
    prove_search(appliance, &needle, &mark, evidence)?;

    let mut to_romeo = romeo.log_in(subject)?;
    to_romeo.announce()?;
    must_arrive(&mut to_romeo, "offline", &mark)?;
    to_romeo.settle(subject.domain())?;
    from_juliet.end()?;
    to_romeo.end()?;
    must_vanish(subject, appliance, &needle, evidence)
}

fn must_arrive(session: &mut Session, id: &str, mark: &str) -> Finding {
    let answer = session.wait_for(|stanza| stanza.name == "message" && stanza.attribute("id") == Some(id))?;
    let Answer::Element(message) = &answer else {
        return Err(failed(format!(
            "the message sent while the other was {id} did not arrive: {}",
            answer.brief()
        )));
    };
    let body = message.children.iter().find(|child| child.name == "body");
    require(body.is_some_and(|body| body.text == mark), || "a message arrived changed".to_owned())
}

/// A search that cannot find anything proves nothing: the mark must be on disk while it waits there, or else a file with
/// it that the probe itself puts there must be found.
fn prove_search(appliance: &dyn Appliance, needle: &Needle, mark: &str, evidence: &mut Evidence) -> Finding {
    let places = appliance.written();
    require(!places.is_empty(), || "the runtime names no folder that the appliance writes to".to_owned())?;
    // The daemon may answer before what waits is on disk.
    let waiting = search_until(KEEPING, appliance, needle, |found| !found.files.is_empty())?;
    if !waiting.files.is_empty() {
        evidence.note(format!("while it waits the mark is in {}", names(&waiting.files)));
        return Ok(());
    }
    let planted = tempfile::Builder::new().prefix("canary").tempfile_in(&places[0]);
    // Never by name: the daemon owns the folder, and could have put a link to any file of the host in its place.
    let planted = planted.and_then(|mut file| write!(file, "..{mark}..").map(|()| file));
    let planted = planted.map_err(|error| super::Shortfall::NotChecked {
        why: format!("nothing can be planted in `{}`: {error}", places[0].display()),
        hint: "run as the user who started the appliance".to_owned(),
    })?;
    let found = search(&places, needle)?;
    evidence.note("the mark is not on disk while it waits; a planted one was found");
    require(found.files.iter().any(|file| file == planted.path()), || {
        "the search did not find even a planted mark".to_owned()
    })
}

fn must_vanish(
    subject: &Subject,
    appliance: &dyn Appliance,
    needle: &Needle,
    evidence: &mut Evidence,
) -> Finding {
    let found = search_until(ERASURE, appliance, needle, |found| found.files.is_empty())?;
    evidence.note(format!("{} files of {} bytes searched after delivery", found.searched, found.bytes));
    require(found.searched > 0, || "there is no file at all where the appliance writes".to_owned())?;
    require(found.files.is_empty(), || format!("the mark is still in {}", names(&found.files)))?;
    let held = subject.image.files.iter().find(|file| needle.is_in(&file.bytes));
    require(held.is_none(), || "the mark is in the image".to_owned())
}

/// Searches what was written again and again, until what is found is as wished or the time is up.
fn search_until(
    time: Duration,
    appliance: &dyn Appliance,
    needle: &Needle,
    wished: impl Fn(&Found) -> bool,
) -> crate::Result<Found> {
    let deadline = Instant::now() + time;
    loop {
        let found = search(&appliance.written(), needle)?;
        if wished(&found) || Instant::now() > deadline {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn names(files: &[PathBuf]) -> String {
    files.iter().map(|file| format!("`{}`", file.display())).collect::<Vec<_>>().join(", ")
}
