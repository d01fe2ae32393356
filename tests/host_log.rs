//! What is done to a host for good is written down. In a program of its own, since the log is that of a process.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process, time::Duration};

use jailbuild::host::command::{Command, log_to};

#[test]
fn each_command_is_written_down_with_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jailbuild.log");
    fs::write(&file, "from before\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    log_to(&file).unwrap();
    Command::new("cat").input("a secret").variable("SECRET", "another").run().unwrap();
    Command::new("sh").args(["-c", "exit 3\n# line two"]).run().unwrap_err();
    Command::new("sh").args(["-c", "kill -9 $$"]).run().unwrap_err();
    Command::new("no-such-program-here").run().unwrap_err();
    Command::new("sleep").arg("60").limit(Duration::from_millis(100)).run().unwrap_err();

    let log = fs::read_to_string(&file).unwrap();
    let mut lines = log.lines();
    assert_eq!(lines.next(), Some("from before"));
    let begin = lines.next().unwrap();
    assert!(begin.contains(" begin ") && begin.contains("host_log"), "{begin}");
    let told: Vec<_> =
        lines.map(|line| line.split_once(&format!("Z {} ", process::id())).unwrap().1).collect();
    let expected = [
        "0 cat",
        "3 sh -c 'exit 3\\n# line two'",
        "signal sh -c 'kill -9 $$'",
        "failed no-such-program-here",
        "late sleep 60",
    ];
    assert_eq!(told, expected);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_log_that_cannot_be_written_is_an_error_at_once() {
    let error = log_to(Path::new("/nonexistent/jailbuild.log")).unwrap_err();
    assert!(error.to_string().starts_with("cannot write the log `/nonexistent/jailbuild.log`: "), "{error}");
}
