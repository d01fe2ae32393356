//! Many connects at once: which of the ports of an address answer.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::resource::{Resource, getrlimit, rlim_t, setrlimit},
};
use socket2::{Domain, Socket, Type};

use crate::{Result, error::Context};

/// How long nothing may happen before the rest of a batch counts as silent. On the link between host and jail an answer
/// takes microseconds, on an emulated machine milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many connects are under way at once, if the system allows so many files. On FreeBSD pf answers at once, and all
/// programs of the host share one table of files (`kern.maxfiles`), of which a small host has few.
const BATCH: usize = if cfg!(target_os = "freebsd") { 2_048 } else { 16_384 };

/// As many open files as such a batch takes. The type is unsigned on Linux and signed on FreeBSD.
const FILES: rlim_t = BATCH as rlim_t + SPARE;

/// How many open files are left for others.
const SPARE: rlim_t = 512;

/// What came of the connects.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Scan {
    /// Ports that answered, in the order given.
    pub(super) open: Vec<u16>,
    /// How many refused (RST).
    pub(super) refused: usize,
    /// How many did not answer in time: dropped on the way.
    pub(super) silent: usize,
    /// How many this host's own firewall, or its routes, did not let out.
    pub(super) denied: usize,
}

/// Tries to connect to each of these ports.
pub(super) fn scan(address: Ipv4Addr, ports: &[u16]) -> Result<Scan> {
    let mut scan = Scan::default();
    for batch in ports.chunks(batch_size()) {
        scan_batch(address, batch, &mut scan).doing(format_args!("scan the ports of {address}"))?;
    }
    scan.open.sort_unstable();
    Ok(scan)
}

/// Raises the soft limit of open files as far as the hard one allows, and leaves some for others.
fn batch_size() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 200 };
    let wanted = hard.min(FILES).max(soft);
    let limit = if setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() { wanted } else { soft };
    usize::try_from(limit.saturating_sub(SPARE)).unwrap_or(BATCH).clamp(200, BATCH)
}

fn scan_batch(address: Ipv4Addr, ports: &[u16], scan: &mut Scan) -> io::Result<()> {
    let mut under_way = Vec::with_capacity(ports.len());
    for &port in ports {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&SocketAddrV4::new(address, port).into()) {
            Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {
                under_way.push((port, socket));
            }
            result => scan.count(port, &result)?,
        }
    }
    let mut deadline = Instant::now() + PATIENCE;
    while !under_way.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let before = under_way.len();
        under_way = settle(under_way, left, scan)?;
        if under_way.len() < before {
            deadline = Instant::now() + PATIENCE;
        }
    }
    scan.silent += under_way.len();
    Ok(())
}

/// Waits for some to settle, counts those, and gives back the others.
fn settle(under_way: Vec<(u16, Socket)>, left: Duration, scan: &mut Scan) -> io::Result<Vec<(u16, Socket)>> {
    let mut polled: Vec<_> =
        under_way.iter().map(|(_, socket)| PollFd::new(socket.as_fd(), PollFlags::POLLOUT)).collect();
    match poll(&mut polled, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
        Err(Errno::EINTR) => return Ok(under_way),
        result => result?,
    };
    let settled: Vec<bool> = polled.iter().map(|fd| fd.any().unwrap_or(true)).collect();
    drop(polled);
    let mut waiting = Vec::new();
    for ((port, socket), settled) in under_way.into_iter().zip(settled) {
        if settled {
            scan.count(port, &socket.take_error()?.map_or(Ok(()), Err))?;
        } else {
            waiting.push((port, socket));
        }
    }
    Ok(waiting)
}

impl Scan {
    fn count(&mut self, port: u16, result: &io::Result<()>) -> io::Result<()> {
        let Err(error) = result else {
            self.open.push(port);
            return Ok(());
        };
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ECONNREFUSED | Errno::ECONNRESET) => self.refused += 1,
            Some(Errno::ETIMEDOUT) => self.silent += 1,
            // Linux says EPERM, FreeBSD EACCES, when the host's own firewall drops what is sent.
            Some(Errno::EPERM | Errno::EACCES | Errno::EHOSTUNREACH | Errno::ENETUNREACH) => self.denied += 1,
            _ => return Err(io::Error::new(error.kind(), format!("port {port}: {error}"))),
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;
    use crate::probe::twin::trap;

    #[test]
    fn what_listens_is_found_among_what_does_not() {
        let (shut, _held) = trap(false);
        let mut wanted = [trap(true), trap(true)];
        wanted.sort_by_key(|(port, _)| *port);
        let seen = scan(Ipv4Addr::LOCALHOST, &[wanted[1].0, shut, wanted[0].0]).unwrap();
        assert_eq!(seen, Scan { open: vec![wanted[0].0, wanted[1].0], refused: 1, silent: 0, denied: 0 });
    }
}
