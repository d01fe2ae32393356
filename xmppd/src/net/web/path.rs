//! Which path leads where. What is not named here is not there; nothing is ever looked up by the text of a path.

/// RFC 7395 leaves the path to the server; clients and their manuals know this one.
pub(super) const WEBSOCKET: &str = "/xmpp-websocket";

/// What a path leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Path {
    /// XEP-0156, as XML.
    HostMeta,
    /// XEP-0156, as JSON.
    HostMetaJson,
    /// RFC 7395.
    WebSocket,
}

impl Path {
    /// Where it leads; `None` for nowhere.
    pub(super) fn parse(path: &str) -> Option<Self> {
        match path {
            "/.well-known/host-meta" => Some(Self::HostMeta),
            "/.well-known/host-meta.json" => Some(Self::HostMetaJson),
            WEBSOCKET => Some(Self::WebSocket),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_not_there() {
        assert_eq!(Path::parse("/xmpp-websocket"), Some(Path::WebSocket));
        for nowhere in ["", "/", "/xmpp-websocket/", "//xmpp-websocket", "/upload/../etc/passwd", "*"] {
            assert_eq!(Path::parse(nowhere), None, "{nowhere}");
        }
    }
}
