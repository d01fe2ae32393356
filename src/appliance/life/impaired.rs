//! What becomes of an appliance of which something runs, but not all.

use super::*;
use crate::appliance::machine::Impairment;

fn impaired(impairment: Impairment) -> Machine {
    let host = Machine::new();
    install(&request(school("")), &host).unwrap();
    host.impair("schoolchat", impairment);
    host.journal();
    host
}

fn expect_restarted(host: &Machine, impairment: Impairment) {
    let journal = host.journal();
    assert!(journal.contains("service schoolchat onerestart"), "{impairment:?}: {journal}");
    assert!(host.state().impaired.is_empty() && host.state().running.contains_key("schoolchat"));
}

#[test]
fn a_new_certificate_cuts_nobody_off_who_is_served() {
    for impairment in Impairment::ALL {
        let host = impaired(impairment);
        let mut renewed = school("");
        renewed.chain = "another leaf".to_owned();
        let record = Record::find(&host, None).unwrap();
        renewal::plan(&record, &renewed, &host).unwrap().carry_out(&host, &mut |_| {}).unwrap();
        if impairment == Impairment::Crashing {
            expect_restarted(&host, impairment);
        } else {
            let journal = host.journal();
            assert!(journal.contains("onereload") && !journal.contains("onerestart"), "{journal}");
        }
    }
}

#[test]
fn a_change_is_taken_in_by_a_daemon_that_is_started_anew() {
    for impairment in Impairment::ALL {
        let host = impaired(impairment);
        install(&request(school("[limits]\nresources-per-account = 3\n")), &host).unwrap();
        expect_restarted(&host, impairment);
    }
}

#[test]
fn installed_again_it_runs_as_it_should() {
    for impairment in [Impairment::Unsupervised, Impairment::Unguarded] {
        let host = impaired(impairment);
        install(&request(school("")), &host).unwrap();
        assert!(host.state().impaired.is_empty(), "{impairment:?}");
    }
}
