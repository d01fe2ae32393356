//! XEP-0156 §3: how else to connect, as a document for those who cannot ask DNS. With addresses, the JSON says all that
//! there is to know (XEP-0487), direct TLS too.

use serde_json::{Value, json};

use super::path;
use crate::{config::Config, xml::Escaped};

const WEBSOCKET: &str = "urn:xmpp:alt-connections:websocket";
const TLS: &str = "urn:xmpp:alt-connections:tls";
/// Seconds for which it may be remembered.
const TTL: u32 = 3600;

/// `/.well-known/host-meta`
pub(super) fn xml(config: &Config) -> String {
    format!(
        "<?xml version='1.0' encoding='utf-8'?>\n\
         <XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n  \
         <Link rel='{WEBSOCKET}' href='{}'/>\n</XRD>\n",
        Escaped(&websocket(config))
    )
}

/// `/.well-known/host-meta.json`
pub(super) fn json(config: &Config) -> String {
    let authority = config.web.authority(&config.domain);
    let host = authority.rsplit_once(':').map_or(&*authority, |(host, _)| host);
    let mut all = json!({ "links": [{ "rel": WEBSOCKET, "href": websocket(config) }] });
    if !config.web.addresses.is_empty() {
        let place = json!({ "ips": config.web.addresses, "priority": 10, "weight": 50, "sni": host });
        let mut direct = json!({ "rel": TLS, "port": config.listen.direct_tls.number(), "priority": 5 });
        put_in(&mut direct, &place);
        put_in(&mut all["links"][0], &place);
        all["links"].as_array_mut().expect("made above").push(direct);
        all["xmpp"] = json!({ "ttl": TTL });
    }
    all.to_string()
}

fn websocket(config: &Config) -> String {
    format!("wss://{}{}", config.web.authority(&config.domain), path::WEBSOCKET)
}

/// What `link` does not say yet.
fn put_in(link: &mut Value, place: &Value) {
    let (Value::Object(link), Value::Object(place)) = (link, place) else { return };
    for (name, value) in place {
        link.entry(name).or_insert_with(|| value.clone());
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn config(web: &str) -> Config {
        let text =
            format!("domain = \"school.test\"\norganisation = \"The School\"\n[web]\nenabled = true\n{web}");
        Config::parse(&text).unwrap()
    }

    #[test]
    fn the_websocket_is_named() {
        let link =
            "<Link rel='urn:xmpp:alt-connections:websocket' href='wss://school.test:5443/xmpp-websocket'/>";
        assert!(xml(&config("")).contains(link));
        let json: Value = serde_json::from_str(&json(&config("host = \"web.school.test\""))).unwrap();
        let link = json!({ "rel": WEBSOCKET, "href": "wss://web.school.test:5443/xmpp-websocket" });
        assert_eq!(json, json!({ "links": [link] }));
    }

    /// Each of these is mandatory in XEP-0487.
    #[test]
    fn with_addresses_it_says_all() {
        let json: Value = serde_json::from_str(&json(&config("addresses = [\"192.168.1.5\"]"))).unwrap();
        let ips = json!(["192.168.1.5"]);
        let direct = json!({
            "rel": TLS, "port": 5223, "ips": ips, "priority": 5, "weight": 50, "sni": "school.test"
        });
        assert_eq!(json["xmpp"]["ttl"], 3600);
        assert_eq!(json["links"][1], direct);
        assert_eq!(json["links"][0]["ips"], ips);
    }
}
