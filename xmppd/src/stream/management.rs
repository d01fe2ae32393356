//! XEP-0198: the words of stream management, and resumption in place of binding.
//!
//! Where the words came from does not matter: Bind 2 and SASL2 carry the same elements within their own.

use std::{fmt, sync::Arc};

use super::{Context, Host, SessionId, Step, Stream, StreamError, host::ResumeRequest, state::State};
use crate::{
    account::Account,
    jid::Jid,
    ns,
    stanza::StanzaError,
    xml::{Element, Escaped, Node},
};

/// `<enable/>`: what a client asks for (XEP-0198 §3).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Enable {
    /// Whether it would like to resume.
    pub resumes: bool,
    /// Within how many seconds at the most, if it says so.
    pub seconds: Option<u32>,
}

/// `<enabled/>`: what it gets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enabled {
    /// By what the session can be resumed, if it can.
    pub resumption: Option<Resumption>,
}

/// By what a session can be resumed, and for how long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resumption {
    /// Cannot be guessed, and is of use to the session's own account alone.
    pub id: String,
    /// So long after the connection is lost.
    pub seconds: u32,
}

/// `<resume/>`: which session is to go on (XEP-0198 §5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resume {
    /// What [`Resumption::id`] said.
    pub id: String,
    /// How many stanzas the client has had.
    pub handled: u32,
}

/// `<resumed/>`: it goes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resumed {
    /// The session; its connection is the new one already.
    pub session: SessionId,
    /// Its address.
    pub jid: Jid,
    /// As [`Resume::id`].
    pub id: String,
    /// How many stanzas the server has had.
    pub handled: u32,
}

/// `<failed/>`: nothing has changed, and the stream goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Failed {
    /// Why.
    pub error: StanzaError,
    /// How many stanzas the server has had over the session that is no more, where it remembers.
    pub handled: Option<u32>,
}

/// Why a session is not resumed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unresumed {
    /// It is not there: the client may bind instead.
    Failed(Failed),
    /// The client cannot count: the stream ends.
    Fault(StreamError),
}

impl Enable {
    /// Reads an `<enable/>`.
    pub fn read(node: &Node) -> Self {
        let resumes = matches!(node.attribute("resume"), Some("true" | "1"));
        Self { resumes, seconds: node.attribute("max").and_then(|max| max.parse().ok()) }
    }
}

impl Resume {
    /// Reads a `<resume/>`.
    pub fn read(node: &Node) -> Result<Self, Failed> {
        let read = || {
            let id = node.attribute("previd")?.to_owned();
            Some(Self { id, handled: node.attribute("h")?.parse().ok()? })
        };
        read().ok_or(StanzaError::BadRequest.into())
    }
}

impl From<StanzaError> for Failed {
    fn from(error: StanzaError) -> Self {
        Self { error, handled: None }
    }
}

impl From<Failed> for Unresumed {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl fmt::Display for Enabled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<enabled xmlns='{}'", ns::STREAM_MANAGEMENT)?;
        if let Some(Resumption { id, seconds }) = &self.resumption {
            write!(formatter, " resume='true' id='{}' max='{seconds}'", Escaped(id))?;
        }
        formatter.write_str("/>")
    }
}

impl fmt::Display for Resumed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, handled) = (Escaped(&self.id), self.handled);
        write!(formatter, "<resumed xmlns='{}' previd='{id}' h='{handled}'/>", ns::STREAM_MANAGEMENT)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<failed xmlns='{}'", ns::STREAM_MANAGEMENT)?;
        if let Some(handled) = self.handled {
            write!(formatter, " h='{handled}'")?;
        }
        write!(formatter, "><{} xmlns='{}'/></failed>", self.error.condition(), ns::STANZA_ERRORS)
    }
}

impl Stream {
    /// What somebody who has not bound yet may ask: to resume instead. All else fails, and binding still works.
    pub(super) fn manage(
        &mut self,
        account: Arc<Account>,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        match self.resume(&account, &Node::from(element), host, cx) {
            Ok(resumed) => {
                self.state = State::Bound(resumed.session);
                self.send(resumed.to_string(), cx);
                host.retransmit(resumed.session, cx);
            }
            Err(Unresumed::Failed(failed)) => {
                self.state = State::Binding(account);
                self.send(failed.to_string(), cx);
            }
            Err(Unresumed::Fault(error)) => return Err(error),
        }
        Ok(Step::Continue)
    }

    pub(super) fn resume(
        &self,
        account: &Account,
        wish: &Node,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Resumed, Unresumed> {
        if wish.name != "resume" {
            return Err(Failed::from(StanzaError::UnexpectedRequest).into());
        }
        let resume = Resume::read(wish)?;
        let (connection, language) = (self.connection, self.language.clone());
        host.resume(ResumeRequest { connection, account, language, resume }, cx)
    }
}
