//! What browsers get where the school has a web port: nothing without TLS, nothing for other sites' pages, no lists.

use std::sync::Arc;

use rustls::ClientConfig;

use super::{
    Evidence, Finding, Probe, Shortfall, Subject,
    client::{Transport, Trust, http, http::Response},
    require,
    subject::at,
};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "web-tls",
        "The web port, where there is one, speaks HTTP through TLS alone, with the school's certificate.",
        tls,
    ),
    Probe::of_appliance(
        "web-foreign-page-refused",
        "Pages of other sites get no WebSocket from the web port.",
        foreign_page_refused,
    ),
    Probe::of_appliance(
        "web-lists-nothing",
        "The web port lists nothing, and leads nowhere else.",
        lists_nothing,
    ),
];

/// RFC 7395 §3.1.
const WEBSOCKET: &str = "GET /xmpp-websocket";
const HANDSHAKE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: amFpbGJ1aWxkIHByb2JlLg==\r\nSec-WebSocket-Protocol: xmpp\r\n";
const CLOSE: &str = "Connection: close\r\n";

/// The web port of an appliance.
struct Door<'a> {
    subject: &'a Subject<'a>,
    appliance: &'a dyn Appliance,
    port: u16,
    config: Arc<ClientConfig>,
}

impl<'a> Door<'a> {
    /// `None` where the school has none.
    fn of(
        subject: &'a Subject,
        appliance: &'a dyn Appliance,
        evidence: &mut Evidence,
    ) -> Result<Option<Self>, Shortfall> {
        let Some(port) = subject.doors.web else {
            evidence.note("the school has no web port: `ports-only-wanted` looks whether one answers");
            return Ok(None);
        };
        let config = Trust::in_authority(&subject.school.authority)?.any_version();
        Ok(Some(Self { subject, appliance, port, config }))
    }

    fn ask(&self, line: &str, headers: &str) -> Result<Response, Shortfall> {
        let address = at(self.appliance, self.port);
        Ok(http::ask(address, &self.config, self.subject.server_name(), line, headers)?)
    }
}

fn tls(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let Some(door) = Door::of(subject, appliance, evidence)? else { return Ok(()) };
    let found = door.ask("GET /.well-known/host-meta", CLOSE)?;
    evidence.note(format!("port {}: verified; how to connect is answered with {}", door.port, found.status));
    require(found.status == 200 && found.body.contains("wss://"), || {
        format!("how to connect is answered with {} and no `wss://`", found.status)
    })?;
    let mut clear = Transport::connect(at(appliance, door.port))?;
    let line =
        format!("GET /.well-known/host-meta HTTP/1.1\r\nHost: {}\r\n{CLOSE}\r\n", subject.server_name());
    let answer = http::exchange(&mut clear, &line)?;
    evidence.note(format!("in the clear {} bytes are answered", answer.len()));
    require(!answer.contains("HTTP/"), || "HTTP in the clear is answered".to_owned())
}

fn foreign_page_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let Some(door) = Door::of(subject, appliance, evidence)? else { return Ok(()) };
    let handshake = |origin: &str| door.ask(WEBSOCKET, &format!("{HANDSHAKE}Origin: {origin}\r\n"));
    // Our own page gets one, so it is the origin that is at fault below.
    let own = format!("https://{}:{}", subject.server_name(), door.port);
    let answer = handshake(&own)?;
    require(answer.status == 101, || format!("`{own}` itself is answered with {}", answer.status))?;
    for origin in ["https://elsewhere.test", "null"] {
        let answer = handshake(origin)?;
        evidence.note(format!("`{origin}` is answered with {}", answer.status));
        require(answer.status == 403, || format!("`{origin}` is answered with {}", answer.status))?;
    }
    Ok(())
}

fn lists_nothing(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let Some(door) = Door::of(subject, appliance, evidence)? else { return Ok(()) };
    let paths = [
        "/",
        "/.well-known/",
        "/upload/",
        "/uploads/",
        "/upload/../xmppd.sqlite",
        "/%2e%2e/%2e%2e/etc/passwd",
    ];
    for path in paths {
        let answer = door.ask(&format!("GET {path}"), CLOSE)?;
        evidence.note(format!("`{path}` is answered with {}, {} bytes", answer.status, answer.body.len()));
        require(answer.status == 404 && answer.body.is_empty(), || {
            format!("`{path}` is answered with {} and {} bytes", answer.status, answer.body.len())
        })?;
    }
    Ok(())
}
