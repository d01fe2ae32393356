//! XEP-0060 §16.4.4: how a node is configured, and the form that says so.

use serde::{Deserialize, Serialize};

use super::{access::Access, refusal::refusal};
use crate::{
    features::form::{Field, FieldType, Form, Submission},
    ns,
    stanza::{Refusal, StanzaError},
};

/// What `max` items are: more bookmarks and devices than anybody has.
pub(crate) const MOST_ITEMS: usize = 1000;
/// The longest title.
const MOST_TITLE_BYTES: usize = 256;

/// How a node works.
#[expect(clippy::struct_excessive_bools, reason = "the fields of the XEP")]
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Configuration {
    pub(crate) access: Access,
    pub(crate) deliver_notifications: bool,
    pub(crate) deliver_payloads: bool,
    /// The namespace of what is published.
    pub(crate) kind: String,
    pub(crate) max_items: usize,
    pub(crate) notify_delete: bool,
    pub(crate) notify_retract: bool,
    pub(crate) persist_items: bool,
    pub(crate) send_last: SendLast,
    pub(crate) title: String,
}

/// When somebody is sent the last item unasked. Nobody subscribes but by presence, so that `on_sub` is never.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SendLast {
    Never,
    OnSubscription,
    OnSubscriptionAndPresence,
}

/// A value that a field cannot have.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Unacceptable {
    field: String,
}

impl Unacceptable {
    /// What to answer to who configures a node.
    pub(super) fn refusal(&self) -> Refusal {
        match self.field.as_str() {
            ACCESS_MODEL => refusal(StanzaError::NotAcceptable, "unsupported-access-model"),
            _ => StanzaError::NotAcceptable.into(),
        }
    }
}

impl SendLast {
    const ALL: [Self; 3] = [Self::Never, Self::OnSubscription, Self::OnSubscriptionAndPresence];

    fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::OnSubscription => "on_sub",
            Self::OnSubscriptionAndPresence => "on_sub_and_presence",
        }
    }
}

/// XEP-0163 §5; items are kept, since avatars and keys are of no use without.
impl Default for Configuration {
    fn default() -> Self {
        Self {
            access: Access::Presence,
            deliver_notifications: true,
            deliver_payloads: true,
            kind: String::new(),
            max_items: 1,
            notify_delete: true,
            notify_retract: true,
            persist_items: true,
            send_last: SendLast::OnSubscriptionAndPresence,
            title: String::new(),
        }
    }
}

const ACCESS_MODEL: &str = "pubsub#access_model";
const ACCESS_MODELS: [(&str, &str); 3] = [
    ("Everybody of this server", "open"),
    ("Who may see the owner's presence", "presence"),
    ("Whom the owner names", "whitelist"),
];
const PUBLISH_MODELS: [(&str, &str); 1] = [("The owner", "publishers")];
const NOTIFICATION_TYPES: [(&str, &str); 1] = [("Headlines, which are never stored", "headline")];
const SEND_LAST: [(&str, &str); 3] = [
    ("Never", "never"),
    ("When somebody subscribes", "on_sub"),
    ("When somebody subscribes or comes online", "on_sub_and_presence"),
];

/// What there is to choose from: labels and values.
type Options = &'static [(&'static str, &'static str)];

/// The fields of the form: name, type, label, options.
const FIELDS: [(&str, FieldType, &str, Options); 12] = [
    ("pubsub#title", FieldType::TextSingle, "A name for people", &[]),
    ("pubsub#type", FieldType::TextSingle, "The namespace of what is published", &[]),
    (ACCESS_MODEL, FieldType::ListSingle, "Who may see it", &ACCESS_MODELS),
    ("pubsub#publish_model", FieldType::ListSingle, "Who may publish", &PUBLISH_MODELS),
    ("pubsub#max_items", FieldType::TextSingle, "How many items are kept, or `max`", &[]),
    ("pubsub#persist_items", FieldType::Boolean, "Whether items are kept", &[]),
    ("pubsub#send_last_published_item", FieldType::ListSingle, "When the last item is sent", &SEND_LAST),
    ("pubsub#deliver_notifications", FieldType::Boolean, "Whether anybody is told", &[]),
    ("pubsub#deliver_payloads", FieldType::Boolean, "Whether they are told what was published", &[]),
    ("pubsub#notify_retract", FieldType::Boolean, "Whether they are told of what is retracted", &[]),
    ("pubsub#notify_delete", FieldType::Boolean, "Whether they are told when the node is deleted", &[]),
    ("pubsub#notification_type", FieldType::ListSingle, "How they are told", &NOTIFICATION_TYPES),
];

impl Configuration {
    /// What a node is that somebody publishes to without saying how it is to be. What is private by its nature
    /// is so from the start (XEP-0402 §3, XEP-0223).
    pub(crate) fn of_new(node: &str) -> Self {
        match node {
            ns::BOOKMARKS => Self {
                access: Access::Whitelist,
                max_items: MOST_ITEMS,
                send_last: SendLast::Never,
                ..Self::default()
            },
            ns::BOOKMARK_STORAGE => Self { access: Access::Whitelist, ..Self::default() },
            _ => Self::default(),
        }
    }

    /// The form, filled in, to be changed.
    pub(super) fn form(&self) -> Form {
        FIELDS.iter().fold(Form::to_fill_in(ns::PUBSUB_NODE_CONFIG), |form, &(name, kind, label, options)| {
            let value = self.value(name);
            form.field(&Field { options, ..Field::new(name, kind, label, &[&value]) })
        })
    }

    /// Takes in what a form says. Fields that are not offered say nothing.
    pub(super) fn apply(&mut self, form: &Submission) -> Result<(), Unacceptable> {
        for (name, ..) in FIELDS {
            if let Some(value) = form.value(name) {
                self.set(name, value).ok_or_else(|| Unacceptable { field: name.to_owned() })?;
            }
        }
        Ok(())
    }

    /// XEP-0060 §7.1.5: whether all holds that a publisher takes for granted.
    pub(super) fn meets(&self, options: &Submission) -> bool {
        let mut wanted = self.clone();
        wanted.apply(options).is_ok() && wanted == *self
    }

    fn value(&self, field: &str) -> String {
        let flag = |flag: bool| if flag { "1" } else { "0" }.to_owned();
        match field {
            "pubsub#title" => self.title.clone(),
            "pubsub#type" => self.kind.clone(),
            ACCESS_MODEL => self.access.name().to_owned(),
            "pubsub#publish_model" => "publishers".to_owned(),
            "pubsub#max_items" if self.max_items == MOST_ITEMS => "max".to_owned(),
            "pubsub#max_items" => self.max_items.to_string(),
            "pubsub#persist_items" => flag(self.persist_items),
            "pubsub#send_last_published_item" => self.send_last.name().to_owned(),
            "pubsub#deliver_notifications" => flag(self.deliver_notifications),
            "pubsub#deliver_payloads" => flag(self.deliver_payloads),
            "pubsub#notify_retract" => flag(self.notify_retract),
            "pubsub#notify_delete" => flag(self.notify_delete),
            _ => "headline".to_owned(),
        }
    }

    /// `None` for what the field cannot be.
    fn set(&mut self, field: &str, value: &str) -> Option<()> {
        match field {
            "pubsub#title" => self.title = short(value)?,
            "pubsub#type" => self.kind = short(value)?,
            ACCESS_MODEL => self.access = Access::from_name(value)?,
            "pubsub#publish_model" => return (value == "publishers").then_some(()),
            "pubsub#max_items" => self.max_items = max_items(value)?,
            "pubsub#persist_items" => self.persist_items = flag(value)?,
            "pubsub#send_last_published_item" => {
                self.send_last = SendLast::ALL.into_iter().find(|known| known.name() == value)?;
            }
            "pubsub#deliver_notifications" => self.deliver_notifications = flag(value)?,
            "pubsub#deliver_payloads" => self.deliver_payloads = flag(value)?,
            "pubsub#notify_retract" => self.notify_retract = flag(value)?,
            "pubsub#notify_delete" => self.notify_delete = flag(value)?,
            _ => return (value == "headline").then_some(()),
        }
        Some(())
    }
}

fn short(text: &str) -> Option<String> {
    (text.len() <= MOST_TITLE_BYTES).then(|| text.to_owned())
}

/// XEP-0004 §3.3.
fn flag(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// `max`, or a number; what is beyond `max` is taken for it, since old clients ask for ten thousand bookmarks.
fn max_items(value: &str) -> Option<usize> {
    if value == "max" {
        return Some(MOST_ITEMS);
    }
    let number: usize = value.parse().ok()?;
    (number > 0).then_some(number.min(MOST_ITEMS))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;
    use crate::xml::{Node, excerpt};

    fn submission(fields: &[(&str, &str)]) -> Submission {
        let field = |(name, value): &(&str, &str)| {
            format!("<field var='pubsub#{name}'><value>{value}</value></field>")
        };
        let fields: String = fields.iter().map(field).collect();
        let text = format!("<a><x xmlns='jabber:x:data' type='submit'>{fields}</x></a>");
        Submission::within(&Node::from(&excerpt::parse(text.as_bytes()).unwrap())).unwrap()
    }

    #[test]
    fn publish_options_are_compared_by_what_they_mean() {
        let mut configuration = Configuration::of_new("urn:xmpp:bookmarks:1");
        for (options, verdict) in [
            (&[("persist_items", "true"), ("max_items", "max"), ("access_model", "whitelist")][..], true),
            (&[("persist_items", "1"), ("max_items", "10000"), ("send_last_published_item", "never")], true),
            (&[("access_model", "open")], false),
            (&[("access_model", "authorize")], false),
            (&[("max_items", "1")], false),
            (&[("max_items", "none")], false),
            (&[("publish_model", "open")], false),
            (&[("not_offered", "x")], true),
        ] {
            assert_eq!(configuration.meets(&submission(options)), verdict, "{options:?}");
        }
        configuration.apply(&submission(&[("access_model", "open"), ("max_items", "3")])).unwrap();
        assert_eq!((configuration.access, configuration.max_items), (Access::Open, 3));
        assert!(!configuration.meets(&submission(&[("access_model", "whitelist")])));
    }

    #[test]
    fn every_field_takes_what_it_shows() {
        let configuration = Configuration { title: "A".to_owned(), max_items: 7, ..Configuration::default() };
        let mut other = Configuration::of_new(ns::BOOKMARKS);
        for (name, ..) in FIELDS {
            other.set(name, &configuration.value(name)).unwrap();
        }
        assert_eq!(other, configuration);
    }

    #[test]
    fn an_access_model_that_is_not_offered_is_named() {
        let error = Configuration::default().apply(&submission(&[("access_model", "roster")])).unwrap_err();
        assert!(error.refusal().detail.contains("unsupported-access-model"));
    }
}
