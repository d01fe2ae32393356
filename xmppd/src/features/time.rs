//! XEP-0202: entity time.

use super::{Answer, Feature, Reply, Request, Target, delay, disco::is_query};
use crate::{ns, router::Router, stanza::StanzaError, stream::Context};

/// The server's own clock, in UTC: where it stands is nobody's business.
pub const FEATURE: Feature =
    Feature { namespace: ns::TIME, advertised: &[ns::TIME], answer, ..Feature::DEFAULT };

fn answer(_: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    is_query(request, "time")?;
    if request.target != Target::Server {
        return Err(StanzaError::ServiceUnavailable.into());
    }
    let utc = delay::stamp(cx.now);
    Ok(Reply::Payload(format!("<time xmlns='{}'><tzo>+00:00</tzo><utc>{utc}</utc></time>", ns::TIME)))
}
