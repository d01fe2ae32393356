//! What a real FreeBSD 15.1 printed, to try on it whatever reads such output.
//!
//! The transcripts in `tests/freebsd/transcripts/` are as they were recorded: a line `### COMMAND`, then all that the
//! command printed, then `(exit N)` where it failed.

const TRANSCRIPTS: [&str; 4] = [
    include_str!("../../tests/freebsd/transcripts/1.txt"),
    include_str!("../../tests/freebsd/transcripts/2.txt"),
    include_str!("../../tests/freebsd/transcripts/3.txt"),
    include_str!("../../tests/freebsd/transcripts/4.txt"),
];

/// The transcript of this number, counted from 1.
pub(crate) fn transcript(number: usize) -> Transcript {
    Transcript(TRANSCRIPTS[number - 1])
}

/// The commands of a session, each with what it printed.
#[derive(Clone, Copy)]
pub(crate) struct Transcript(&'static str);

impl Transcript {
    /// What the command printed; the first of this name, where it was typed again.
    pub(crate) fn after(self, command: &str) -> &'static str {
        let found = self.sections().find(|(typed, _)| *typed == command);
        found.unwrap_or_else(|| panic!("the transcript has no `{command}`")).1
    }

    /// Each command, and what it printed, in the order in which they were typed.
    pub(crate) fn sections(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let sections = self.0.split("\n### ").skip(1);
        sections.map(|section| section.split_once('\n').unwrap_or((section, "")))
    }
}

/// What is printed from the first line that begins so.
fn from(printed: &'static str, beginning: &str) -> &'static str {
    &printed[line(printed, beginning)..]
}

/// What is printed before the first line that begins so.
fn until(printed: &'static str, beginning: &str) -> &'static str {
    &printed[..line(printed, beginning)]
}

fn line(printed: &str, beginning: &str) -> usize {
    let starts = std::iter::once(0).chain(printed.match_indices('\n').map(|(end, _)| end + 1));
    let found = starts.into_iter().find(|start| printed[*start..].starts_with(beginning));
    found.unwrap_or_else(|| panic!("no line begins with `{beginning}`:\n{printed}"))
}

/// `jls -j NAME --libxo json all` of a jail with every lock.
pub(crate) fn locked_jail() -> &'static str {
    transcript(1).after("jls -j schoolchat --libxo json,pretty all")
}

/// `jail -f jail.conf -e '|'` of a jail that was then created.
pub(crate) fn accepted_jail() -> &'static str {
    transcript(1).after("jail -f /jails/t/jail.conf -e '|'").trim_end()
}

/// `sysctl -N security.jail.param`: the parameters of jails that the kernel knows.
pub(crate) fn jail_parameters() -> String {
    let settings = transcript(1).after("sysctl kern.osreldate kern.features kern.racct.enable security.jail");
    let names = settings.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name);
    names.filter(|name| name.starts_with("security.jail.param.")).collect::<Vec<_>>().join("\n")
}

/// `netstat -j NAME -an -f inet --libxo json` of a jail that listens on 5222 and 5223.
pub(crate) fn listening_sockets() -> &'static str {
    transcript(3).after("netstat -j schoolchat -an -f inet --libxo json,pretty")
}

/// `netstat -j NAME -rn -f inet` of a jail with a route to one range and none to the world.
pub(crate) fn routes() -> &'static str {
    let added = "route -j schoolchat add -net 10.0.2.0/24 10.66.0.1; netstat -j schoolchat -rn -f inet";
    from(transcript(3).after(added), "Routing tables")
}

/// `mount -t nullfs` of a host with two appliances, `a` and `b`.
pub(crate) fn mounts() -> &'static str {
    transcript(4).after("jls -j a; jail -f /root/a.conf -R a; jls; mount -t nullfs; ifconfig -l")
}

/// `procstat -s PID` of a daemon in a jail.
pub(crate) fn credentials() -> &'static str {
    let daemon = "$(pgrep -j schoolchat xmppd)";
    let asked = format!("procstat -c {daemon}; procstat -l {daemon} | head; procstat -s {daemon}");
    from(transcript(3).after(&asked), "  PID COMM              EUID")
}

/// `pfctl -a ANCHOR -vsl` after clients came and went.
pub(crate) fn labels() -> &'static str {
    let asked = "pfctl -ss; pfctl -a jailbuild/schoolchat -vsl; netstat -j schoolchat -an -f inet";
    from(until(transcript(3).after(asked), "Active Internet"), "No ALTQ support")
}

/// `pfctl -P -a ANCHOR -sr`: the filter rules that were in force.
pub(crate) fn filter_rules() -> &'static str {
    from(until(rules(), "rdr pass"), "block drop quick")
}

/// `pfctl -P -a ANCHOR -sn`: the redirections that were in force.
pub(crate) fn redirections() -> &'static str {
    from(rules(), "rdr pass")
}

fn rules() -> &'static str {
    transcript(3).after(
        "sysctl net.inet.ip.forwarding=1; pfctl -ef /etc/pf.conf; pfctl -a jailbuild/schoolchat -f /root/pf.anchor; \
         pfctl -P -a jailbuild/schoolchat -sr; pfctl -P -a jailbuild/schoolchat -sn",
    )
}

#[test]
fn a_command_is_found_with_what_it_printed() {
    assert_eq!(transcript(1).after("ifconfig epair create"), "epair0a\n");
    assert_eq!(transcript(1).after("pw groupadd xmppd -g 5222"), "");
    assert!(transcript(1).after("sockstat -j schoolchat -l").ends_with("(exit 141)\n"));
    assert!(transcript(4).after("jail -r s; jls").starts_with("   JID "));
    assert_eq!(
        (1..=4).map(|number| transcript(number).sections().count()).collect::<Vec<_>>(),
        [65, 21, 19, 15]
    );
}
