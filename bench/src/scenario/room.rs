//! A room (XEP-0045): one occupant speaks, all of them hear it.

use std::sync::Arc;

use miette::Result;

use super::{Load, Measure, Samples, Scenario, crowd, microseconds_each};
use crate::{client::Client, server::Server};

const ALONE: Measure =
    Measure { scenario: Scenario::Room, what: "one on the way", unit: "µs a delivery", budget: None };
const BUSY: Measure = Measure { what: "32 on the way", budget: Some(2.0), ..ALONE };
const MUC: &str = "http://jabber.org/protocol/muc";

pub(super) async fn run(server: &Arc<Server>, load: &Load) -> Result<Samples> {
    let mut occupants = vec![server.arrive(0, 0).await?];
    let mut room = String::from("relay");
    if !server.is_relay() {
        let Some(service) = service(&mut occupants[0], &server.domain).await? else { return Ok(Vec::new()) };
        room = format!("bench@{service}");
        open(&mut occupants[0], &room).await?;
    }
    for number in 1..load.occupants {
        let mut occupant = server.arrive(number, 0).await?;
        if !server.is_relay() {
            enter(&mut occupant, &room, number).await?;
        }
        occupants.push(occupant);
    }
    crowd::quiet(server).await?;
    Ok(vec![
        (ALONE, speech(server, load, &mut occupants, &room, 1).await?),
        (BUSY, speech(server, load, &mut occupants, &room, 32).await?),
    ])
}

/// XEP-0045 §6.1: the item of the server that says that it has rooms.
async fn service(client: &mut Client, domain: &str) -> Result<Option<String>> {
    const DISCO: &str = "http://jabber.org/protocol/disco";
    let items = client.ask("get", domain, &format!("<query xmlns='{DISCO}#items'/>")).await?;
    for item in items.split("<item").skip(1) {
        let Some(address) = attribute("jid", item) else { continue };
        let information = client.ask("get", &address, &format!("<query xmlns='{DISCO}#info'/>")).await?;
        if information.contains(MUC) {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

/// XEP-0045 §10.1.2: makes an instant room.
async fn open(owner: &mut Client, room: &str) -> Result<()> {
    enter(owner, room, 0).await?;
    let form = format!("<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>");
    owner.ask("set", room, &form).await.map(drop)
}

/// XEP-0045 §7.2.2: what comes last is the subject.
async fn enter(client: &mut Client, room: &str, number: usize) -> Result<()> {
    let presence = format!("<presence to='{room}/{number}'><x xmlns='{MUC}'/></presence>");
    client.wire.send(&presence).await?;
    client.wire.until("<subject").await.map(drop)
}

/// The first speaks, so many messages at a time, and waits until all have them: CPU for each that somebody gets.
async fn speech(
    server: &Server,
    load: &Load,
    occupants: &mut [Client],
    to: &str,
    window: usize,
) -> Result<f64> {
    let rounds = (load.messages / 10).div_ceil(window);
    let message = format!("<message to='{to}' type='groupchat'>{}", load.rest_of_message()).repeat(window);
    // At the relay nobody hears themselves.
    let first = usize::from(server.is_relay());
    let meter = server.processes.meter()?;
    for _ in 0..rounds {
        occupants[0].wire.send(&message).await?;
        for occupant in &mut occupants[first..] {
            occupant.wire.count_to("</message>", window).await?;
        }
    }
    let used = meter.used()?;
    Ok(microseconds_each(used, rounds * window * (occupants.len() - first)))
}

/// The text of an attribute.
fn attribute(name: &str, xml: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next()?;
    rest[1..].split_once(quote).map(|(value, _)| value.to_owned())
}
