//! XEP-0030: service discovery. Says what every feature has entered, and nothing else.

use std::fmt::Write;

use super::{
    Answer, Feature, Reply, Request, Target, caps, commands, enabled,
    form::{Field, FieldType, Form},
    pubsub,
};
use crate::{
    ns,
    router::{Router, Settings},
    stanza::{Refusal, StanzaError},
    stream::Context,
    xml::Escaped,
};

/// What something is, and can do.
pub const INFO: Feature = Feature {
    namespace: ns::DISCO_INFO,
    advertised: &[ns::DISCO_INFO],
    of_account: &[ns::DISCO_INFO],
    answer: info,
    ..Feature::DEFAULT
};

/// What belongs to something.
pub const ITEMS: Feature = Feature {
    namespace: ns::DISCO_ITEMS,
    advertised: &[ns::DISCO_ITEMS],
    of_account: &[ns::DISCO_ITEMS],
    answer: items,
    ..Feature::DEFAULT
};

/// The language of the server's identity, and of its streams. It is said, since XEP-0390 §4.1 counts it even where it
/// is not, and not every client does.
pub(super) const LANGUAGE: &str = "en";

/// XEP-0128: what service discovery says beside features.
pub struct Extension {
    /// What it is about (XEP-0068).
    pub form_type: &'static str,
    /// Names, sorted, with their values.
    pub fields: Vec<(&'static str, String)>,
}

impl Extension {
    fn to_form(&self) -> Form {
        let form = Form::result(self.form_type);
        self.fields.iter().fold(form, |form, (name, value)| {
            form.field(&Field::new(name, FieldType::TextSingle, "", &[value]))
        })
    }
}

/// What the server says beside its features, sorted.
pub(super) fn extensions(settings: &Settings) -> Vec<Extension> {
    let mut extensions: Vec<_> =
        enabled(settings).filter_map(|feature| (feature.extension)(settings)).collect();
    extensions.sort_unstable_by_key(|extension| extension.form_type);
    extensions
}

/// The features of the server.
pub(super) fn advertised(settings: &Settings) -> Vec<&'static str> {
    sorted(enabled(settings).flat_map(|feature| feature.advertised))
}

/// The features of every account.
fn of_account(settings: &Settings) -> Vec<&'static str> {
    sorted(enabled(settings).flat_map(|feature| feature.of_account))
}

/// Each once.
fn sorted(vars: impl Iterator<Item = &'static &'static str>) -> Vec<&'static str> {
    let mut vars: Vec<_> = vars.copied().collect();
    vars.sort_unstable();
    vars.dedup();
    vars
}

fn info(router: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    is_query(request, "query")?;
    if let Some(answer) = commands::discovery::info(router, request) {
        return answer.map(Reply::Payload);
    }
    let settings = &router.settings;
    let node = request.payload.attribute("node");
    let (identity, vars) = match &request.target {
        Target::Server => {
            if node.is_some_and(|node| !caps::nodes_of(settings).iter().any(|known| known == node)) {
                return Err(StanzaError::ItemNotFound.into());
            }
            let name = Escaped(&settings.organisation);
            (
                format!("<identity category='server' type='im' xml:lang='{LANGUAGE}' name='{name}'/>"),
                advertised(settings),
            )
        }
        Target::Account(_) | Target::Own => match node {
            Some(node) => return pubsub::info(router, request, node).map(Reply::Payload),
            None => (
                format!("<identity category='account' type='registered'/>{}", pubsub::IDENTITY),
                of_account(settings),
            ),
        },
    };
    let mut query = format!("<query xmlns='{}'", ns::DISCO_INFO);
    if let Some(node) = node {
        write!(query, " node='{}'", Escaped(node)).expect("a string takes everything");
    }
    query.push('>');
    query.push_str(&identity);
    for var in vars {
        write!(query, "<feature var='{var}'/>").expect("a string takes everything");
    }
    if request.target == Target::Server {
        query.extend(extensions(settings).iter().map(|extension| extension.to_form().to_string()));
    }
    query.push_str("</query>");
    Ok(Reply::Payload(query))
}

/// What features have entered; accounts are nobody's to list but the roster's, and have nodes of their own.
fn items(router: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    is_query(request, "query")?;
    let node = request.payload.attribute("node");
    if request.target != Target::Server {
        return pubsub::items(router, request, node).map(Reply::Payload);
    }
    if let Some(answer) = commands::discovery::items(router, request) {
        return answer.map(Reply::Payload);
    }
    match node {
        None => {
            let settings = &router.settings;
            let items: String = enabled(settings).map(|feature| (feature.items)(settings)).collect();
            Ok(Reply::Payload(format!("<query xmlns='{}'>{items}</query>", ns::DISCO_ITEMS)))
        }
        Some(_) => Err(StanzaError::ItemNotFound.into()),
    }
}

/// Whether the request is a `get` of that element.
pub(super) fn is_query(request: &Request<'_>, name: &str) -> Result<(), Refusal> {
    if request.is_set || request.payload.name != name { Err(StanzaError::BadRequest.into()) } else { Ok(()) }
}
