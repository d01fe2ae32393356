//! Network links, addresses and routes by rtnetlink(7), on machines without ip(8) too.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use ipnet::Ipv4Net;
use nix::net::if_::if_nametoindex;
use rtnetlink::{Handle, LinkUnspec, LinkVeth, RouteMessageBuilder, new_connection};
use tokio::runtime::Runtime;

use crate::error::{Context as _, Result};

/// The links of the network namespace that this process was in when it opened them.
/// Not to be used from within an asynchronous runtime: it brings its own, which blocks.
pub struct Links {
    runtime: Runtime,
    handle: Handle,
}

impl Links {
    /// Opens a socket to the kernel, in this thread's network namespace.
    pub fn open() -> Result<Self> {
        let doing = "talk to the kernel about links";
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().doing(doing)?;
        let (connection, handle, _) = {
            let _inside = runtime.enter();
            new_connection().doing(doing)?
        };
        runtime.spawn(connection);
        Ok(Self { runtime, handle })
    }

    /// Whether there is a link of this name.
    pub fn exists(name: &str) -> bool {
        if_nametoindex(name).is_ok()
    }

    /// Makes a veth(4) pair: what goes in at one end comes out of the other.
    pub fn create_pair(&self, one: &str, other: &str) -> Result<()> {
        let request = self.handle.link().add(LinkVeth::new(one, other).build());
        self.runtime.block_on(request.execute()).doing(format_args!("make the link `{one}`"))
    }

    /// Sets a link up.
    pub fn set_up(&self, name: &str) -> Result<()> {
        let message = LinkUnspec::new_with_index(index(name)?).up().build();
        self.runtime
            .block_on(self.handle.link().set(message).execute())
            .doing(format_args!("set `{name}` up"))
    }

    /// Moves a link into the network namespace of a process.
    pub fn move_to(&self, name: &str, pid: u32) -> Result<()> {
        let message = LinkUnspec::new_with_index(index(name)?).setns_by_pid(pid).build();
        self.runtime
            .block_on(self.handle.link().set(message).execute())
            .doing(format_args!("move `{name}` to process {pid}"))
    }

    /// Gives a link an address, unless it has it.
    pub fn add_address(&self, name: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
        let request = self.handle.address().add(index(name)?, IpAddr::V4(address), prefix).replace();
        self.runtime
            .block_on(request.execute())
            .doing(format_args!("give `{name}` the address {address}/{prefix}"))
    }

    /// Sends what is for `network` to `gateway`.
    pub fn add_route(&self, network: Ipv4Net, gateway: Ipv4Addr) -> Result<()> {
        let route = RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(network.network(), network.prefix_len())
            .gateway(gateway)
            .build();
        self.runtime
            .block_on(self.handle.route().add(route).execute())
            .doing(format_args!("route {network} by way of {gateway}"))
    }

    /// Removes a link, its other end with it; done already if there is none of this name.
    pub fn remove(&self, name: &str) -> Result<()> {
        let Ok(index) = index(name) else { return Ok(()) };
        let removed = self.runtime.block_on(self.handle.link().del(index).execute());
        if Self::exists(name) { removed.doing(format_args!("remove the link `{name}`")) } else { Ok(()) }
    }
}

fn index(name: &str) -> Result<u32> {
    if_nametoindex(name).doing(format_args!("find the link `{name}`"))
}

/// Turns IPv6 off in this network namespace: the policy knows none, so nothing must answer to a link-local address.
pub fn disable_ipv6() -> Result<()> {
    for which in ["all", "default"] {
        let file = Path::new("/proc/sys/net/ipv6/conf").join(which).join("disable_ipv6");
        if file.exists() {
            fs::write(&file, "1").doing_to("write", &file)?;
        }
    }
    Ok(())
}
