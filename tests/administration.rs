//! The administrator's commands on a real daemon under the Linux runtime: one transcript each, `administration/*.trycmd`.
//!
//! A transcript gets an appliance of its own, started for a school of its own, and a folder to work in:
//!
//! ```text
//! jailbuild.toml  site/               the school: that of the example, or the one in the folder `NAME.in`
//! appliance/{data,settings,log}       what the running daemon has; its socket is in JAILBUILD_SOCKET
//! …                                   all that is in the folder `NAME.in` beside `NAME.trycmd`
//! ```
//!
//! In a block of code, `$ ` begins a command, `> ` continues it, `? N` is its exit code where that is not 0, and what
//! follows is what it says. `[..]` stands for anything within a line, and a line `...` for any lines. With `TRYCMD=overwrite`
//! the transcripts are written anew. A command may end in `< FILE` or `> FILE`; it is one of these:
//!
//! | command | what it does |
//! |---|---|
//! | `jailbuild …` | the tool itself, typed by `escalus` through sudo(8) |
//! | `xmppd …` | the daemon's own program, within the appliance |
//! | `appliance stop`, `appliance start` | what the service does |
//! | `login NAME with PASSWORD` | logs in by direct TLS, trusting nothing but the school's authority, and becomes available |
//! | `login NAME from FILE` | the same with the password that follows `NAME` in a file, be it a PDF, or the first in it |
//! | `login NAME again` | the same with the password that let the account in last time |
//! | `say NAME WHOM TEXT` | sends a chat message |
//! | `hear NAME` | all that has come since one last listened |
//! | `roster NAME` | the contacts, each with its groups |
//! | `ask NAME FILE` | sends the request (an IQ with the id `ask`) in a file, and shows the answer; `{{ sessionid }}` in it is that of the answer before |
//! | `send NAME FILE` | sends what is in a file |
//! | `gone NAME` | whether the session is cut off |
//! | `stays NAME` | whether the session is answered |
//! | `kept NUMBER` | waits until so many messages wait for who is not there: nobody is told when one is kept |
//! | `logout NAME` | ends the session |
//! | `shows FILE` | whether the certificate shown to clients, which the authority has to stand for, is the first in a file |
//! | `cat FILE`, `copy FROM TO`, `ls FOLDER` | the last with the permissions, by which secrets are judged |
//! | `find TEXT FOLDER` | the files below a folder in which these bytes occur |
//! | `private FILE` | lets nobody else read it |
//! | `flip FILE`, `shorten FILE` | damages one bit in the middle of a file; takes its last byte away |
//! | `same ONE OTHER` | whether there are the same bytes in both files |
//! | `pdftext FILE` | the text of a PDF |
//! | `specimens` | a base of FreeBSD in the folder `base`, and a daemon for it, `xmppd`: files without code, of which an image can be made |
//! | `qr FILE` | what the QR codes of a PDF say to a decoder that is not ours |
//!
//! `NAME/DEVICE` is another session of the same account.

#[cfg(target_os = "linux")]
#[path = "administration/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "administration/commands.rs"]
mod commands;
#[cfg(target_os = "linux")]
#[path = "administration/files.rs"]
mod files;
#[cfg(target_os = "linux")]
#[path = "administration/people.rs"]
mod people;
#[cfg(target_os = "linux")]
#[path = "administration/school.rs"]
mod school;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../src/elf/specimen.rs"]
mod specimen;
#[cfg(target_os = "linux")]
#[path = "administration/stanzas.rs"]
mod stanzas;
#[cfg(target_os = "linux")]
mod support;
#[cfg(target_os = "linux")]
#[path = "administration/transcript.rs"]
mod transcript;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    jailbuild::runtime::stage::enter(&[&commands::PLAY]).unwrap_or_else(cases::main)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
