#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use super::*;
use crate::{
    policy::{Policy, Stack},
    test_support::transcript,
};

pub(in crate::runtime::freebsd) fn deployment() -> Deployment {
    Deployment {
        rootfs: "/tmp/x/rootfs".into(),
        settings: "/tmp/x/settings".into(),
        data: "/tmp/x/data".into(),
        log: "/tmp/x/log".into(),
        policy: Policy {
            name: "schoolchat".to_owned(),
            link: "10.66.0.0/30".parse().unwrap(),
            host: "10.66.0.1".parse().unwrap(),
            jail: "10.66.0.2".parse().unwrap(),
            lan: vec!["192.168.0.0/16".parse().unwrap(), "10.0.2.0/24".parse().unwrap()],
            open: vec![5222, 5223],
            blocked: vec![5269],
            connections_per_address: 100,
            stack: Stack::Own,
        },
        uid: 5222,
        gid: 5222,
        hostname: "school.test".to_owned(),
        program: Deployment::daemon(),
        firewall: "block drop quick all\n".to_owned(),
        sabotage: Vec::new(),
    }
}

pub(in crate::runtime::freebsd) fn place() -> crate::runtime::Place {
    crate::runtime::Place {
        policy: deployment().policy,
        root: "/usr/local/jailbuild/schoolchat/root".into(),
        pid_file: "/var/run/schoolchat.pid".into(),
        firewall: "block drop quick all\n".to_owned(),
        data: "/usr/local/jailbuild/schoolchat/data".into(),
        log: "/var/log/schoolchat.log".into(),
    }
}

fn known() -> KernelParameters {
    KernelParameters::parse(&transcript::jail_parameters())
}

fn shown(steps: &[Step]) -> String {
    steps.iter().map(Step::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_start() {
    insta::assert_snapshot!(shown(&start(&deployment(), &known()).unwrap()));
}

#[test]
fn the_stop() {
    insta::assert_snapshot!(shown(&stop(&deployment())));
}

#[test]
fn every_sabotage_of_a_jail_changes_the_start() {
    let sound = shown(&start(&deployment(), &known()).unwrap());
    for (sabotage, line) in [
        (Sabotage::DefaultRoute, "route -j schoolchat add default 10.66.0.1"),
        (Sabotage::LooseData, "mount -t nullfs -o rw /tmp/x/data /var/run/jailbuild/schoolchat/var/db/xmppd"),
        (Sabotage::RunAsRoot, "env -i jexec schoolchat /usr/local/sbin/xmppd serve"),
        (Sabotage::WritableRoot, "mount -t nullfs -o rw /tmp/x/rootfs /var/run/jailbuild/schoolchat"),
    ] {
        let broken =
            shown(&start(&Deployment { sabotage: vec![sabotage], ..deployment() }, &known()).unwrap());
        assert!(broken.contains(line), "{sabotage:?}: {broken}");
        assert!(!sound.contains(line), "{sabotage:?}");
    }
    let open = Deployment { sabotage: vec![Sabotage::NoFirewall], ..deployment() };
    assert!(sound.contains("pfctl"));
    assert!(!shown(&start(&open, &known()).unwrap()).contains("pfctl"));
}

#[test]
fn a_path_that_would_need_quotes_is_refused() {
    let mut deployment = deployment();
    deployment.hostname = "school.test; allow.mount".to_owned();
    assert_eq!(start(&deployment, &known()).unwrap_err().exit_code(), 3);
}
