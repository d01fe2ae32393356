#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use super::*;
use crate::{
    host::double::Double,
    runtime::freebsd::plan::{self, tests::deployment},
};

#[test]
fn an_epair_of_any_number_gets_its_names() {
    let host = Double::answering(&[("ifconfig epair create", 0, "epair7a\n")]);
    carry_out(&[Step::MakeEpair { outer: "x_h".to_owned(), inner: "x_j".to_owned() }], &host).unwrap();
    assert_eq!(host.ran(), "ifconfig epair create\nifconfig epair7a name x_h\nifconfig epair7b name x_j");
}

#[test]
fn stopping_what_is_gone_only_looks() {
    let host = Double::answering(&[("jls", 1, ""), ("ifconfig", 1, ""), ("cat", 1, ""), ("mount", 0, "")]);
    carry_out(&plan::stop(&deployment()), &host).unwrap();
    insta::assert_snapshot!(host.ran());
}

#[test]
fn stopping_what_is_busy_tries_again_and_then_forces() {
    const MOUNTED: &str = "/r on /var/run/jailbuild/schoolchat (nullfs, local, read-only)\n";
    let mut answers = vec![("jls", 1, ""), ("ifconfig", 1, ""), ("cat", 1, "")];
    // Two looks for the inner mounts, then one before each of six tries.
    answers.extend([("mount", 0, MOUNTED); 8]);
    answers.push(("mount", 0, ""));
    let host = Double::answering(&answers);
    carry_out(&plan::stop(&deployment()), &host).unwrap();
    assert_eq!(host.ran().matches("umount /var/run/jailbuild/schoolchat").count(), 5);
    assert!(host.ran().contains("umount -f /var/run/jailbuild/schoolchat"));
}

#[test]
fn stopping_what_stays_is_an_error() {
    let host = Double::answering(&[("jls", 0, "7\n"), ("cat", 1, ""), ("mount", 0, "")]);
    let error = carry_out(&plan::stop(&deployment()), &host).unwrap_err();
    assert_eq!(error.to_string(), "`jail -R schoolchat` did not help: what it removes is still there");
}

#[test]
fn only_a_supervisor_is_ended_by_its_file() {
    let file = Step::EndSupervisor("/var/run/x.pid".into());
    let alive = Double::answering(&[("cat", 0, "906\n"), ("ps", 0, "daemon\n")]);
    carry_out(std::slice::from_ref(&file), &alive).unwrap();
    assert_eq!(
        alive.ran(),
        "cat /var/run/x.pid\nps -o ucomm= -p 906\nkill 906\npwait -t 15 906\nrm -f /var/run/x.pid"
    );
    for stale in ["sshd\n", ""] {
        let host = Double::answering(&[("cat", 0, "906\n"), ("ps", 0, stale)]);
        carry_out(std::slice::from_ref(&file), &host).unwrap();
        assert!(!host.ran().contains("kill"));
    }
}

#[test]
fn an_address_beyond_is_taken_back() {
    let step = Step::Gone {
        present: Present::Loopback([198, 51, 100, 1].into()),
        remove: vec![Command::new("ifconfig").args(["lo0", "inet", "198.51.100.1", "-alias"])],
    };
    for (shown, ran) in [
        ("\tinet 127.0.0.1 netmask 0xff000000\n\tinet 198.51.100.1 netmask 0xffffffff\n", 1),
        ("\tinet 127.0.0.1 netmask 0xff000000\n\tinet 198.51.100.10 netmask 0xffffffff\n", 0),
    ] {
        let host = Double::answering(&[("ifconfig lo0 inet", 0, shown), ("ifconfig lo0 inet", 0, "")]);
        carry_out(std::slice::from_ref(&step), &host).unwrap();
        assert_eq!(host.ran().matches("-alias").count(), ran);
    }
}

#[test]
fn a_failing_step_ends_the_start() {
    let host = Double::answering(&[("mount", 1, "")]);
    let steps = [Step::Run(Command::new("mount")), Step::Run(Command::new("jail"))];
    assert_eq!(carry_out(&steps, &host).unwrap_err().to_string(), "`mount` failed: ");
    assert_eq!(host.ran(), "mount");
}
