//! XEP-0004: data forms, written and read; what rooms, nodes and commands are configured with.

use std::fmt::{self, Write};

use zeroize::Zeroize;

use crate::{
    ns,
    xml::{Escaped, Node},
};

/// A form on its way to a client.
pub struct Form {
    kind: &'static str,
    parts: Vec<Part>,
}

/// One child of a form.
enum Part {
    Field(WrittenField),
    Text(String),
}

/// A field whose values may yet be others.
struct WrittenField {
    name: String,
    kind: FieldType,
    /// Up to the values.
    head: String,
    values: Vec<String>,
    /// Behind the values.
    options: String,
}

/// What a field is to hold (XEP-0004 §3.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldType {
    /// Yes or no.
    Boolean,
    /// A line that is only shown.
    Fixed,
    /// Not shown.
    Hidden,
    /// Addresses, one a line.
    JidMulti,
    /// An address.
    JidSingle,
    /// Some of the options.
    ListMulti,
    /// One of the options.
    ListSingle,
    /// Lines of text.
    TextMulti,
    /// A password.
    TextPrivate,
    /// A line of text.
    TextSingle,
}

impl FieldType {
    fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Fixed => "fixed",
            Self::Hidden => "hidden",
            Self::JidMulti => "jid-multi",
            Self::JidSingle => "jid-single",
            Self::ListMulti => "list-multi",
            Self::ListSingle => "list-single",
            Self::TextMulti => "text-multi",
            Self::TextPrivate => "text-private",
            Self::TextSingle => "text-single",
        }
    }
}

/// A field to be filled in.
pub struct Field<'a> {
    /// What it is called in the answer.
    pub name: &'a str,
    /// What it is to hold.
    pub kind: FieldType,
    /// What people read beside it; empty for nothing.
    pub label: &'a str,
    /// What it holds already.
    pub values: &'a [&'a str],
    /// What there is to choose from: labels and values.
    pub options: &'a [(&'a str, &'a str)],
    /// Whether it must be filled in.
    pub is_required: bool,
}

impl<'a> Field<'a> {
    /// A field without options that may be left empty.
    pub fn new(name: &'a str, kind: FieldType, label: &'a str, values: &'a [&'a str]) -> Self {
        Self { name, kind, label, values, options: &[], is_required: false }
    }
}

impl Form {
    /// A form to be filled in. `form_type` says what for (XEP-0068); empty for nothing.
    pub fn to_fill_in(form_type: &str) -> Self {
        Self::of("form", form_type)
    }

    /// What is known.
    pub fn result(form_type: &str) -> Self {
        Self::of("result", form_type)
    }

    fn of(kind: &'static str, form_type: &str) -> Self {
        let form = Self { kind, parts: Vec::new() };
        match form_type {
            "" => form,
            _ => form.field(&Field::new("FORM_TYPE", FieldType::Hidden, "", &[form_type])),
        }
    }

    /// With a title.
    #[must_use]
    pub fn title(self, title: &str) -> Self {
        self.with(format!("<title>{}</title>", Escaped(title)))
    }

    /// With a sentence that says what to do.
    #[must_use]
    pub fn instructions(self, text: &str) -> Self {
        self.with(format!("<instructions>{}</instructions>", Escaped(text)))
    }

    /// With a field.
    #[must_use]
    pub fn field(mut self, field: &Field<'_>) -> Self {
        self.parts.push(Part::Field(WrittenField::from(field)));
        self
    }

    /// With a table (XEP-0004 §3.4): fields and labels of its columns, then its rows.
    #[must_use]
    pub fn table<const COLUMNS: usize>(
        self,
        columns: [(&str, &str); COLUMNS],
        rows: impl IntoIterator<Item = [String; COLUMNS]>,
    ) -> Self {
        let heads = columns.map(|(name, label)| {
            format!("<field var='{}' type='text-single' label='{}'/>", Escaped(name), Escaped(label))
        });
        let form = self.with(format!("<reported>{}</reported>", heads.concat()));
        rows.into_iter().fold(form, |form, row| {
            let cells = columns.iter().zip(row).map(|((name, _), value)| {
                format!("<field var='{}'><value>{}</value></field>", Escaped(name), Escaped(&value))
            });
            form.with(format!("<item>{}</item>", cells.collect::<String>()))
        })
    }

    /// With what somebody has typed into it before. Passwords are not sent back.
    #[must_use]
    pub fn filled_as(mut self, submission: &Submission) -> Self {
        for part in &mut self.parts {
            if let Part::Field(field) = part
                && field.kind != FieldType::TextPrivate
                && submission.names().any(|name| name == field.name)
            {
                field.values = submission.values(&field.name).to_vec();
            }
        }
        self
    }

    fn with(mut self, text: String) -> Self {
        self.parts.push(Part::Text(text));
        self
    }
}

impl From<&Field<'_>> for WrittenField {
    fn from(field: &Field<'_>) -> Self {
        let mut head = format!("<field var='{}' type='{}'", Escaped(field.name), field.kind.name());
        if !field.label.is_empty() {
            write!(head, " label='{}'", Escaped(field.label)).expect("a string takes everything");
        }
        head.push_str(if field.is_required { "><required/>" } else { ">" });
        let options = field.options.iter().map(|(label, value)| {
            format!("<option label='{}'><value>{}</value></option>", Escaped(label), Escaped(value))
        });
        Self {
            name: field.name.to_owned(),
            kind: field.kind,
            head,
            values: field.values.iter().map(|&value| value.to_owned()).collect(),
            options: options.collect(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Field(WrittenField { head, values, options, .. }) => {
                formatter.write_str(head)?;
                values.iter().try_for_each(|value| write!(formatter, "<value>{}</value>", Escaped(value)))?;
                write!(formatter, "{options}</field>")
            }
        }
    }
}

/// The form as XML.
impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<x xmlns='{}' type='{}'>", ns::DATA_FORMS, self.kind)?;
        self.parts.iter().try_for_each(|part| part.fmt(formatter))?;
        formatter.write_str("</x>")
    }
}

/// A form that a client has filled in, or would rather not.
#[derive(Default)]
pub struct Submission {
    /// Whether the client cancels.
    pub is_cancelled: bool,
    fields: Vec<(String, Vec<String>)>,
}

impl Submission {
    /// The form within `parent`; `None` if there is none, or one that is neither filled in nor cancelled.
    pub fn within(parent: &Node) -> Option<Self> {
        let form = parent.child("x", ns::DATA_FORMS)?;
        match form.attribute("type") {
            Some("cancel") => Some(Self { is_cancelled: true, fields: Vec::new() }),
            Some("submit") => {
                Some(Self { is_cancelled: false, fields: form.children.iter().filter_map(field).collect() })
            }
            _ => None,
        }
    }

    /// What it is for (XEP-0068).
    pub fn form_type(&self) -> Option<&str> {
        self.value("FORM_TYPE")
    }

    /// The fields that there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// All values of a field; none if it is not there.
    pub fn values(&self, name: &str) -> &[String] {
        self.fields.iter().find(|(field, _)| field == name).map_or(&[], |(_, values)| values)
    }

    /// The first value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().map(String::as_str)
    }

    /// A yes or no, in any of the ways of XEP-0004 §3.3; `None` if it is not there, or is neither.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }
}

/// A password may have been typed.
impl Drop for Submission {
    fn drop(&mut self) {
        self.fields.iter_mut().for_each(|(_, values)| values.zeroize());
    }
}

fn field(node: &Node) -> Option<(String, Vec<String>)> {
    let name = node.attribute("var").filter(|_| node.is("field", ns::DATA_FORMS))?;
    let values = node.children.iter().filter(|child| child.is("value", ns::DATA_FORMS));
    Some((name.to_owned(), values.map(|value| value.text.clone()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_xep_has_it() {
        let form = Form::to_fill_in("urn:x").title("A <title>").field(&Field {
            options: &[("One", "1")],
            is_required: true,
            ..Field::new("a", FieldType::ListSingle, "Choose", &["1"])
        });
        assert_eq!(
            form.to_string(),
            "<x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>\
             <title>A &lt;title&gt;</title><field var='a' type='list-single' label='Choose'><required/>\
             <value>1</value><option label='One'><value>1</value></option></field></x>"
        );
    }

    fn node(name: &str, attributes: &[(&str, &str)], children: Vec<Node>, text: &str) -> Node {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Node {
            name: name.to_owned(),
            namespace: ns::DATA_FORMS.to_owned(),
            attributes: attributes.collect(),
            children,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_submission_is_read() {
        let value = |text| node("value", &[], Vec::new(), text);
        let fields = vec![
            node("field", &[("var", "FORM_TYPE")], vec![value("urn:x")], ""),
            node("field", &[("var", "a")], vec![value("true"), value("b")], ""),
        ];
        let form = node("x", &[("type", "submit")], fields, "");
        let submission = Submission::within(&node("command", &[], vec![form], ""));
        let submission = submission.expect("there is one");
        assert_eq!(submission.form_type(), Some("urn:x"));
        assert_eq!(submission.values("a"), ["true", "b"]);
        assert_eq!((submission.flag("a"), submission.flag("b")), (Some(true), None));
        assert!(Submission::within(&node("command", &[], Vec::new(), "")).is_none());
    }

    #[test]
    fn what_was_typed_comes_back_but_no_password() {
        let typed = |name: &str, text: &str| (name.to_owned(), vec![text.to_owned()]);
        let submission = Submission {
            is_cancelled: false,
            fields: vec![typed("name", "Juliet"), typed("password", "secret"), typed("other", "x")],
        };
        let form = Form::to_fill_in("")
            .field(&Field::new("name", FieldType::TextSingle, "", &["Romeo"]))
            .field(&Field::new("kind", FieldType::TextSingle, "", &["child"]))
            .field(&Field::new("password", FieldType::TextPrivate, "", &[]));
        assert_eq!(
            form.filled_as(&submission).to_string(),
            "<x xmlns='jabber:x:data' type='form'><field var='name' type='text-single'><value>Juliet</value></field>\
             <field var='kind' type='text-single'><value>child</value></field>\
             <field var='password' type='text-private'></field></x>"
        );
    }

    #[test]
    fn a_table_has_its_columns_first() {
        let table = Form::result("").table([("a", "A"), ("b", "B")], [["1".to_owned(), "<2>".to_owned()]]);
        assert_eq!(
            table.to_string(),
            "<x xmlns='jabber:x:data' type='result'><reported><field var='a' type='text-single' label='A'/>\
             <field var='b' type='text-single' label='B'/></reported><item><field var='a'><value>1</value></field>\
             <field var='b'><value>&lt;2&gt;</value></field></item></x>"
        );
    }
}
