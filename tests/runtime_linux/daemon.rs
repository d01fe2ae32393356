//! What this program does within the appliance: serves, tries what must not succeed, or fails.

#![expect(clippy::print_stderr, reason = "that is where a daemon logs")]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Command, ExitCode},
    time::Duration,
};

use nix::{
    sys::signal::{SigSet, Signal, kill},
    unistd::Pid,
};

/// Takes the part that the arguments name, if they do.
pub(crate) fn enter() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", ports @ ..] => Some(serve(ports)),
        ["end"] => {
            kill(Pid::from_raw(1), Signal::SIGTERM).expect("it is the same user's");
            // Whoever lives in a pid namespace ends with its first process.
            std::thread::sleep(Duration::from_secs(10));
            Some(ExitCode::SUCCESS)
        }
        ["fail"] => {
            eprintln!("the daemon's last words");
            Some(ExitCode::from(3))
        }
        ["connect", target, milliseconds] => Some(tried(TcpStream::connect_timeout(
            &target.parse::<SocketAddr>().expect("an address"),
            Duration::from_millis(milliseconds.parse().expect("a number")),
        ))),
        ["write", path] => Some(tried(fs::write(path, "x").and_then(|()| fs::remove_file(path)))),
        ["run", path] => Some(tried(Command::new(path).status())),
        ["unshare"] => {
            Some(tried(nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER).map_err(Into::into)))
        }
        ["environment"] => {
            println!("{}", std::env::vars_os().count());
            Some(ExitCode::SUCCESS)
        }
        ["echo"] => Some(tried(std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()))),
        ["linger"] => {
            crate::world::linger();
            Some(ExitCode::SUCCESS)
        }
        _ => None,
    }
}

fn serve(ports: &[&str]) -> ExitCode {
    let mut end = SigSet::empty();
    end.add(Signal::SIGTERM);
    end.thread_block().expect("a signal can be blocked");
    let listeners: Vec<TcpListener> = ports
        .iter()
        .map(|port| {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port.parse().expect("a port"))).expect("it is free")
        })
        .collect();
    eprintln!("ready at {} ports", listeners.len());
    end.wait().expect("a signal can be waited for");
    eprintln!("ended politely");
    ExitCode::SUCCESS
}

fn tried<T>(result: std::io::Result<T>) -> ExitCode {
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}
