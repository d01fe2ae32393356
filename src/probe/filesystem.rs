//! What files there are, in the image and in what was started from it.

use std::path::Path;

use super::{
    Evidence, Finding, ImageFile, ImageFiles, Probe, Shortfall, Subject, failed, inside::try_inside, require,
};
use crate::runtime::{Appliance, Mount};

pub(super) const PROBES: &[Probe] = &[
    Probe::of_image(
        "image-no-setuid",
        "No file of the image runs with another's rights (setuid, setgid).",
        no_setuid,
    ),
    Probe::of_image(
        "image-no-shell",
        "The image holds no shell, no interpreter and no package manager.",
        no_shell,
    ),
    Probe::of_image(
        "image-no-devices",
        "The image holds files, folders and links only: no device nodes.",
        no_devices,
    ),
    Probe::of_image(
        "image-no-world-writable",
        "No file or folder of the image can be written by all.",
        no_world_writable,
    ),
    Probe::of_image("image-no-passwd", "The image holds no database of users or passwords.", no_passwd),
    Probe::of_appliance(
        "mounts-locked",
        "All that is mounted is read-only, but for data: no setuid, no devices, no programs there.",
        mounts_locked,
    ),
    Probe::of_appliance("root-unwritable", "The daemon's user can write nothing but data.", root_unwritable),
    Probe::of_appliance("no-shell-inside", "A shell cannot be run in the appliance.", no_shell_inside),
];

/// Names of programs that run what others wrote, or fetch it.
const SHELLS: &[&str] = &[
    "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "rbash", "rescue", "sh", "tcsh",
    "toybox", "zsh",
];
const INTERPRETERS: &[&str] =
    &["awk", "expect", "flua", "lua", "node", "perl", "php", "python", "ruby", "tclsh"];
const PACKAGE_MANAGERS: &[&str] =
    &["apk", "apt", "apt-get", "dpkg", "freebsd-update", "pkg", "pkg-static", "rpm"];

const USER_DATABASES: &[&str] = &[
    "etc/group",
    "etc/gshadow",
    "etc/master.passwd",
    "etc/passwd",
    "etc/pwd.db",
    "etc/shadow",
    "etc/spwd.db",
];

/// Where the site's settings and the data are seen from within.
const SETTINGS: &str = "/usr/local/etc/xmppd";
const DATA: &str = "/var/db/xmppd";

fn no_setuid(_: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    none(image, evidence, |_, file| file.mode & 0o6000 != 0, "has the set-id mode")
}

fn no_devices(_: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    let ordinary = |file: &ImageFile| {
        file.kind.is_file() || file.kind.is_dir() || file.kind.is_symlink() || file.kind.is_hard_link()
    };
    none(image, evidence, |_, file| !ordinary(file), "is neither file, folder nor link")
}

fn no_world_writable(_: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    // A link's own mode means nothing.
    none(
        image,
        evidence,
        |_, file| file.mode & 0o002 != 0 && !file.kind.is_symlink(),
        "can be written by all, mode",
    )
}

fn no_passwd(subject: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    minimal(subject)?;
    none(image, evidence, |path, _| USER_DATABASES.contains(&path), "is a database of users")
}

fn no_shell(subject: &Subject, image: &ImageFiles, evidence: &mut Evidence) -> Finding {
    minimal(subject)?;
    none(image, evidence, is_interpreter, "runs or fetches programs")
}

/// Whether it is a shell or the like by its name, or a script by its first two bytes.
fn is_interpreter(path: &str, file: &ImageFile) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // `python3.11` is a `python`.
    let family = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let known = [SHELLS, INTERPRETERS, PACKAGE_MANAGERS].concat();
    !file.kind.is_dir() && (known.contains(&name) || known.contains(&family) || file.bytes.starts_with(b"#!"))
}

fn minimal(subject: &Subject) -> Finding {
    if subject.minimal {
        return Ok(());
    }
    Err(Shortfall::NotChecked {
        why: "the debug flavour holds a shell and tools on purpose".to_owned(),
        hint: "make the minimal flavour for use with children".to_owned(),
    })
}

/// No entry of the root file system is like this; and there is a root file system, with the daemon in it.
fn none(
    image: &ImageFiles,
    evidence: &mut Evidence,
    forbidden: impl Fn(&str, &ImageFile) -> bool,
    complaint: &str,
) -> Finding {
    evidence.note(format!("{} entries in the image's root file system", image.rootfs().count()));
    require(image.rootfs().any(|(path, _)| path == "usr/local/sbin/xmppd"), || {
        "the image holds no `rootfs/usr/local/sbin/xmppd`".to_owned()
    })?;
    match image.rootfs().find(|(path, file)| forbidden(path, file)) {
        None => Ok(()),
        Some((path, file)) => Err(failed(format!("`/{path}` {complaint} ({:04o})", file.mode))),
    }
}

fn mounts_locked(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let mounts = appliance.mounts()?;
    for mount in &mounts {
        evidence.note(format!("{} ({}): {}", mount.at.display(), mount.kind, mount.options.join(",")));
    }
    for wanted in ["/", SETTINGS, DATA] {
        require(mounts.iter().any(|mount| mount.at == Path::new(wanted)), || {
            format!("`{wanted}` is not a mount")
        })?;
    }
    mounts.iter().try_for_each(mount_locked)
}

fn mount_locked(mount: &Mount) -> Finding {
    let has = |option: &str| mount.options.iter().any(|set| set == option);
    let must =
        |option: &str| require(has(option), || format!("`{}` is not mounted `{option}`", mount.at.display()));
    if mount.at == Path::new("/") {
        return must("ro");
    }
    must("nosuid")?;
    // FreeBSD has no `nodev`: device nodes work on devfs only (mount(8)).
    if cfg!(target_os = "linux") {
        must("nodev")?;
    }
    must("noexec")?;
    if mount.at == Path::new(DATA) { Ok(()) } else { must("ro") }
}

fn root_unwritable(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let probe = |folder: &str| ("--write", format!("{folder}/jailbuild-probe"));
    let forbidden = ["", "/usr/local/sbin", SETTINGS, "/tmp", "/etc", "/dev", "/proc"];
    let mut tries: Vec<_> = forbidden.map(probe).to_vec();
    tries.push(probe(DATA));
    let inside = try_inside(appliance, &tries)?;
    for write in &inside.write {
        evidence.note(format!("{}: {}", write.path, write.result));
    }
    let is_data = |path: &str| path.starts_with(DATA);
    let data = inside.write.iter().find(|write| is_data(&write.path));
    require(data.is_some_and(|data| data.result == "written"), || {
        format!("not even `{DATA}` can be written")
    })?;
    match inside.write.iter().find(|write| write.result == "written" && !is_data(&write.path)) {
        None => Ok(()),
        Some(write) => Err(failed(format!("`{}` could be written", write.path))),
    }
}

fn no_shell_inside(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    minimal(subject)?;
    let run = |path: &str| ("--exec", path.to_owned());
    let control = super::account::DAEMON;
    let shells = ["/bin/sh", "/bin/csh", "/bin/bash", "/usr/bin/sh", "/rescue/sh"];
    let mut tries: Vec<_> = shells.map(run).to_vec();
    tries.push(run(control));
    let inside = try_inside(appliance, &tries)?;
    for exec in &inside.exec {
        evidence.note(format!("{}: {}", exec.path, exec.result));
    }
    let daemon = inside.exec.iter().find(|exec| exec.path == control);
    require(daemon.is_some_and(|exec| exec.result == "ran"), || {
        format!("not even `{control}` could be run")
    })?;
    match inside.exec.iter().find(|exec| exec.result == "ran" && exec.path != control) {
        None => Ok(()),
        Some(exec) => Err(failed(format!("`{}` could be run", exec.path))),
    }
}
