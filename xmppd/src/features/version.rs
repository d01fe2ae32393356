//! XEP-0092: software version. Off, unless the site wants it: who attacks a server likes to know.

use super::{Answer, Feature, Reply, Request, Target, disco::is_query};
use crate::{ns, router::Router, stanza::StanzaError, stream::Context};

/// Name and version; the operating system is never told.
pub const FEATURE: Feature = Feature {
    namespace: ns::VERSION,
    advertised: &[ns::VERSION],
    enabled: |settings| settings.version_shown,
    answer,
    ..Feature::DEFAULT
};

fn answer(_: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    is_query(request, "query")?;
    if request.target != Target::Server {
        return Err(StanzaError::ServiceUnavailable.into());
    }
    let version = env!("CARGO_PKG_VERSION");
    Ok(Reply::Payload(format!(
        "<query xmlns='{}'><name>xmppd</name><version>{version}</version></query>",
        ns::VERSION
    )))
}
