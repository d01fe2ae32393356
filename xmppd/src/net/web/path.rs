//! Which path leads where. What is not named here is not there; nothing is ever looked up by the text of a path.

/// RFC 7395 leaves the path to the server; clients and their manuals know this one.
pub(super) const WEBSOCKET: &str = "/xmpp-websocket";

/// What a path leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Path<'a> {
    /// XEP-0156, as XML.
    HostMeta,
    /// XEP-0156, as JSON.
    HostMetaJson,
    /// XEP-0363: the name that the server has made for a file. What users call it stands behind, for them alone.
    Upload(&'a str),
    /// RFC 7395.
    WebSocket,
}

impl<'a> Path<'a> {
    /// Where it leads; `None` for nowhere.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        match path {
            "/.well-known/host-meta" => Some(Self::HostMeta),
            "/.well-known/host-meta.json" => Some(Self::HostMetaJson),
            WEBSOCKET => Some(Self::WebSocket),
            _ => {
                let (name, _) = path.strip_prefix("/upload/")?.split_once('/')?;
                let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                is_name.then_some(Self::Upload(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_not_there() {
        assert_eq!(Path::parse("/xmpp-websocket"), Some(Path::WebSocket));
        assert_eq!(Path::parse("/upload/0af3/my%20cat.png"), Some(Path::Upload("0af3")));
        for nowhere in [
            "",
            "*",
            "/",
            "//xmpp-websocket",
            "/upload",
            "/upload/",
            "/upload//x",
            "/upload/../etc/passwd",
            "/upload/..%2f/x",
            "/upload/0af3",
            "/xmpp-websocket/",
        ] {
            assert_eq!(Path::parse(nowhere), None, "{nowhere}");
        }
    }
}
