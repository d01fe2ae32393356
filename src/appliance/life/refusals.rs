//! What is refused, before anything is touched.

use super::*;

fn refused(host: &Machine, request: &Request) -> (u8, String) {
    let before = everything(host);
    let error = install::plan(request, host).unwrap_err();
    assert_eq!(everything(host), before);
    let hint = miette::Diagnostic::help(&error).map(|hint| hint.to_string()).unwrap_or_default();
    (error.exit_code(), format!("{error}\n{hint}"))
}

#[test]
fn a_host_that_is_not_ready_is_told_every_line() {
    let (code, said) = refused(&Machine::bare(), &request(school("")));
    assert_eq!(code, 6);
    insta::assert_snapshot!(said);
}

#[test]
fn a_kernel_without_vnet() {
    let host = Machine::new();
    host.state().sysctls.remove("kern.features.vimage");
    let (code, said) = refused(&host, &request(school("")));
    assert!(code == 6 && said.contains("--shared-address`"), "{said}");
}

#[test]
fn an_image_that_this_host_cannot_run() {
    let host = Machine::new();
    let mut arm = request(school(""));
    arm.target = "aarch64-unknown-freebsd".parse().unwrap();
    let (code, said) = refused(&host, &arm);
    assert!(code == 6 && said.contains("image: it is for `x86_64-unknown-freebsd`"), "{said}");
    host.state().sysctls.insert("kern.osreldate".into(), "1302001".into());
    let (code, said) = refused(&host, &request(school("")));
    assert!(code == 6 && said.contains("of version 1400500, and this kernel is 1302001"), "{said}");
}

#[test]
fn another_image_is_for_upgrade() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    let mut other = request(school(""));
    other.image.digest = crate::digest::Sha256::of(b"another");
    let (code, said) = refused(&host, &other);
    assert!(code == 3 && said.contains("`jailbuild upgrade IMAGE`"), "{said}");
}

#[test]
fn neighbours_do_not_share_links_or_ports() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    let (code, said) = refused(&host, &request(school("name = \"other\"\n")));
    assert_eq!(code, 3);
    assert!(said.contains("the link 10.66.0.0/30 is that of the appliance `schoolchat`"), "{said}");
    assert!(said.contains("`link = \"10.66.0.4/30\"`"), "{said}");

    let network = "name = \"other\"\n[network]\nlink = \"10.66.0.4/30\"\n";
    for (more, key) in [
        ("", "`starttls` in `[network]`"),
        ("starttls = 6222\n", "`direct-tls` in `[network]`"),
        ("starttls = 6222\ndirect-tls = 6223\n[web]\nenabled = true\nport = 5222\n", "`port` in `[web]`"),
    ] {
        let (_, said) = refused(&host, &request(school(&format!("{network}{more}"))));
        assert!(said.contains(key), "{said}");
    }
    let mut elsewhere = request(school(network));
    elsewhere.options.externals = vec![Word::new("vtnet1").unwrap()];
    install(&elsewhere, &host).unwrap();
}

#[test]
fn neighbours_do_not_let_each_other_in() {
    let wide = "name = \"wide\"\n[network]\nlan = [\"10.0.0.0/8\"]\nlink = \"172.31.0.0/30\"\n\
                starttls = 6222\ndirect-tls = 6223\n";
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    let (code, said) = refused(&host, &request(school(wide)));
    assert_eq!(code, 3);
    assert!(
        said.contains("the link 10.66.0.0/30 of the appliance `schoolchat` lies in 10.0.0.0/8"),
        "{said}"
    );
    assert!(
        said.contains("give `schoolchat` another one") && said.contains("`link = \"172.31.0.4/30\"`"),
        "{said}"
    );

    let host = Machine::new();
    install(&request(school(wide)), &host).unwrap();
    let (code, said) = refused(&host, &request(school("")));
    assert_eq!(code, 3);
    assert!(
        said.contains("the link 10.66.0.0/30 lies in 10.0.0.0/8, from where the appliance `wide`"),
        "{said}"
    );
    assert!(
        said.contains("give this school another one") && said.contains("`link = \"172.31.0.4/30\"`"),
        "{said}"
    );
    install(&request(school("[network]\nlink = \"172.31.0.4/30\"\n")), &host).unwrap();
}

/// Two whose links lie where the other one's clients are, as they could be installed once.
fn two_that_let_each_other_in() -> Machine {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    install(&request(other_school()), &host).unwrap();
    for met in [first_that_meets("192.168.5.0/30"), other_that_meets("10.66.0.4/30")] {
        let file = Layout::of(met.site.name.as_str()).site();
        host.write(&file, met.text.as_bytes(), 0o644).unwrap();
    }
    host
}

fn first_that_meets(link: &str) -> School {
    school(&format!("[network]\nlan = [\"10.0.0.0/8\"]\nlink = \"{link}\"\n"))
}

fn other_that_meets(link: &str) -> School {
    school(&format!(
        "name = \"otherschool\"\n[network]\nlan = [\"192.168.0.0/16\"]\nlink = \"{link}\"\n\
         starttls = 6222\ndirect-tls = 6223\n"
    ))
}

#[test]
fn neighbours_that_let_each_other_in_already_can_move_one_after_the_other() {
    let host = two_that_let_each_other_in();
    let mut renewed = request(first_that_meets("192.168.5.0/30"));
    renewed.school.chain = "another chain\n".to_owned();
    let told = install(&renewed, &host).unwrap().to_string();
    for note in [
        "note: as before, the link 192.168.5.0/30 lies in 192.168.0.0/16, from where the appliance `otherschool`",
        "note: as before, the link 10.66.0.4/30 of the appliance `otherschool` lies in 10.0.0.0/8",
    ] {
        assert!(told.contains(note), "{told}");
    }

    let (_, said) = refused(&host, &request(first_that_meets("192.168.5.4/30")));
    assert!(said.starts_with("the link 192.168.5.4/30 lies in"), "{said}");
    let told = install(&request(first_that_meets("172.31.0.0/30")), &host).unwrap().to_string();
    assert_eq!(told.matches("note: as before").count(), 1, "{told}");
    let told = install(&request(other_that_meets("172.31.0.4/30")), &host).unwrap().to_string();
    assert!(!told.contains("note: "), "{told}");
    let (code, _) = refused(&host, &request(other_that_meets("10.66.0.4/30")));
    assert_eq!(code, 3);
}

#[test]
fn an_interface_that_leads_to_an_appliance() {
    let host = Machine::new();
    install(&request(other_school()), &host).unwrap();
    for name in ["otherschool_h", "schoolchat_h"] {
        let mut request = request(school(""));
        request.options.externals = vec![Word::new(name).unwrap()];
        let (code, said) = refused(&host, &request);
        assert!(code == 3 && said.starts_with(&format!("`{name}` leads to an appliance")), "{said}");
    }
}

#[test]
fn an_interface_that_is_not_there() {
    let mut request = request(school(""));
    request.options.externals = vec![Word::new("em9").unwrap()];
    let (code, said) = refused(&Machine::new(), &request);
    assert!(code == 3 && said.starts_with("this host has no interface `em9`"), "{said}");
}

#[test]
fn the_name_of_a_service_that_is_not_ours() {
    let host = Machine::new();
    host.write(&Layout::of("nginx").service(), b"#!/bin/sh\n", 0o555).unwrap();
    let (code, said) = refused(&host, &request(school("name = \"nginx\"\n")));
    assert!(code == 3 && said.starts_with("this host has a service called `nginx` already"), "{said}");
    host.write(Path::new("/etc/rc.d/cron"), b"#!/bin/sh\n", 0o555).unwrap();
    let (code, _) = refused(&host, &request(school("name = \"cron\"\n")));
    assert_eq!(code, 3);
}

#[test]
fn rules_that_pf_does_not_take() {
    let host = Machine::bare();
    host.state().pf_loaded = true;
    host.write(Path::new("/etc/pf.conf"), b"garbage\n", 0o600).unwrap();
    let mut request = request(school(""));
    request.options.edit_host = true;
    let (code, said) = refused(&host, &request);
    assert!(code == 6 && said.contains("put them in yourself"), "{said}");
}

#[test]
fn a_host_that_doctor_calls_not_ready() {
    type Lack = fn(&Machine);
    let lacks: [(Lack, &str); 4] = [
        (|host| host.state().listens.push_str("root sshd 80 4 tcp4 *:5222 *:*\n"), "listens on port 5222"),
        (|host| host.state().pf_enabled = false, "pf: it is not enabled"),
        (|host| host.state().free = 40 << 10, "40 MiB are free"),
        (|host| drop(host.state().sysctls.insert("kern.osreldate".into(), "1302001".into())), "kernel: "),
    ];
    for (lack, words) in lacks {
        let host = Machine::new();
        lack(&host);
        let (code, said) = refused(&host, &request(school("")));
        assert!(code == 6 && said.contains(words), "{said}");
    }
}

#[test]
fn a_full_disk_is_no_reason_to_let_a_certificate_end() {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    host.state().free = 40 << 10;
    let mut renewed = school("");
    renewed.chain = "another chain\n".to_owned();
    install(&request(renewed), &host).unwrap();
}

/// As that of sshd(8) and su(1): newsyslog.conf(5) knows it already.
#[test]
fn a_log_that_is_not_ours() {
    let host = Machine::new();
    host.write(&Layout::of("auth").log(), b"sshd: hello\n", 0o600).unwrap();
    let (code, said) = refused(&host, &request(school("name = \"auth\"\n")));
    assert!(code == 3 && said.starts_with("`/var/log/auth.log` is there already"), "{said}");
}
