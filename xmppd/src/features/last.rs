//! XEP-0012: last activity, of the server alone: how long it has been up. When a child was last online is not
//! kept.

use super::{Answer, Feature, Reply, Request, Target, disco::is_query};
use crate::{ns, router::Router, stanza::StanzaError, stream::Context};

/// Uptime.
pub const FEATURE: Feature =
    Feature { namespace: ns::LAST, advertised: &[ns::LAST], answer, ..Feature::DEFAULT };

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    is_query(request, "query")?;
    if request.target != Target::Server {
        return Err(StanzaError::ServiceUnavailable.into());
    }
    let seconds = (cx.now - router.started).whole_seconds().max(0);
    Ok(Reply::Payload(format!("<query xmlns='{}' seconds='{seconds}'/>", ns::LAST)))
}
