//! An XMPP stream that sends anything, and tells what was answered.

use std::{
    net::SocketAddrV4,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::ClientConfig;

use super::{ClientError, Element, Frame, Frames, Transport, ns, transport::Input};

/// How long an answer may take. Logins cost the daemon some work on purpose, and guesses are slowed down. A FreeBSD to try
/// things on is often an emulated one.
pub const ANSWER: Duration = Duration::from_secs(if cfg!(target_os = "freebsd") { 30 } else { 8 });

/// A stream to the appliance.
pub struct Stream {
    transport: Transport,
    frames: Frames,
}

/// What was answered.
#[derive(Debug, Eq, PartialEq)]
pub enum Answer {
    /// The stream's header.
    Header(Element),
    /// A child of the stream other than an error.
    Element(Element),
    /// The stream was ended with this error (RFC 6120 §4.9.3).
    StreamError(String),
    /// The stream or the connection was closed without an error.
    Closed,
    /// Nothing came.
    Silence,
}

impl Answer {
    /// The answer in a few words, for evidence.
    pub fn brief(&self) -> String {
        match self {
            Self::Header(_) => "a stream header".to_owned(),
            Self::Element(element) => match (element.attribute("type"), element.condition()) {
                (_, Some(condition)) => format!("`{}` with `{condition}`", element.name),
                (Some(kind), None) => format!("`{}` of type `{kind}`", element.name),
                (None, None) => format!("`{}`", element.name),
            },
            Self::StreamError(condition) => format!("the stream error `{condition}`"),
            Self::Closed => "the end of the connection".to_owned(),
            Self::Silence => "nothing".to_owned(),
        }
    }

    /// Whether the other side will not go on with this stream.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Closed | Self::StreamError(_))
    }
}

impl Stream {
    /// Connects in the clear, and says nothing yet.
    pub fn connect(address: SocketAddrV4) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::connect(address)?, frames: Frames::default() })
    }

    /// Does the TLS handshake; what follows is a new stream (RFC 6120 §5.4.3.3).
    pub fn secure(self, config: &Arc<ClientConfig>, name: &str) -> Result<Self, ClientError> {
        Ok(Self { transport: self.transport.secure(config, name)?, frames: Frames::default() })
    }

    /// Opens a stream of clients, or opens it anew after TLS or SASL, and gives its features.
    pub fn open(&mut self, domain: &str) -> Result<Element, ClientError> {
        self.send_header(ns::CLIENT, domain)?;
        match self.answer()? {
            Answer::Header(header) if header.is("stream", ns::STREAM) => {}
            other => return Err(unexpected("a stream header", &other)),
        }
        let features = self.element()?;
        if features.is("features", ns::STREAM) {
            return Ok(features);
        }
        Err(unexpected("stream features", &Answer::Element(features)))
    }

    /// Sends the header of a stream of any kind.
    pub fn send_header(&mut self, namespace: &str, to: &str) -> Result<(), ClientError> {
        self.frames = Frames::default();
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='{}' to='{to}' version='1.0' \
             xml:lang='en'>",
            ns::STREAM
        ))
    }

    /// Asks for TLS and does the handshake (RFC 6120 §5).
    pub fn start_tls(mut self, config: &Arc<ClientConfig>, name: &str) -> Result<Self, ClientError> {
        self.send(&format!("<starttls xmlns='{}'/>", ns::STARTTLS))?;
        let answer = self.element()?;
        if answer.is("proceed", ns::STARTTLS) {
            return self.secure(config, name);
        }
        Err(unexpected("`proceed`", &Answer::Element(answer)))
    }

    /// Sends this, whatever it is.
    pub fn send(&mut self, xml: &str) -> Result<(), ClientError> {
        self.transport.write(xml.as_bytes())
    }

    /// What comes next, within the usual time.
    pub fn answer(&mut self) -> Result<Answer, ClientError> {
        self.answer_until(Instant::now() + ANSWER)
    }

    /// What comes next, until the deadline.
    pub fn answer_until(&mut self, deadline: Instant) -> Result<Answer, ClientError> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.frames.next_frame()? {
                Some(Frame::Header(header)) => return Ok(Answer::Header(header)),
                Some(Frame::Element(element)) if element.is("error", ns::STREAM) => {
                    return Ok(Answer::StreamError(element.condition().unwrap_or("none named").to_owned()));
                }
                Some(Frame::Element(element)) => return Ok(Answer::Element(element)),
                Some(Frame::End) => return Ok(Answer::Closed),
                None if Instant::now() >= deadline => return Ok(Answer::Silence),
                None => {}
            }
            match self.transport.read(&mut buffer, deadline)? {
                Input::Bytes(length) => self.frames.feed(&buffer[..length]),
                Input::Closed => return Ok(Answer::Closed),
                Input::Silence => return Ok(Answer::Silence),
            }
        }
    }

    /// What comes next, where only an element is of use.
    pub fn element(&mut self) -> Result<Element, ClientError> {
        match self.answer()? {
            Answer::Element(element) => Ok(element),
            other => Err(unexpected("an element", &other)),
        }
    }

    /// The connection below.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The connection alone, where something else than XMPP comes next.
    pub fn into_transport(self) -> Transport {
        self.transport
    }
}

pub(super) fn unexpected(wanted: &str, got: &Answer) -> ClientError {
    ClientError::Unexpected(format!("{wanted} was expected, but {} came", got.brief()))
}
