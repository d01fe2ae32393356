//! How the appliance proves who it is, and how old a TLS it puts up with.

mod old;

use std::sync::Arc;

use rustls::{
    ClientConfig, ProtocolVersion, SupportedProtocolVersion,
    pki_types::CertificateDer,
    version::{TLS12, TLS13},
};

use time::OffsetDateTime;

use self::old::{Hello, Reply};
use super::{
    Evidence, Finding, Probe, Shortfall, Subject,
    client::{ClientError, Stream, Trust},
    failed, require,
    subject::at,
};
use crate::{error::Context, runtime::Appliance, site::lint};

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "tls-chain",
        "On both ports the certificate is one that the school's authority vouches for, for its domain, today.",
        chain,
    ),
    Probe::of_appliance("tls-no-other-name", "The certificate is good for no other name.", no_other_name),
    Probe::of_appliance(
        "tls-trust-stores",
        "The certificate lasts 825 days at most, and keeps the rules of Apple's, Gajim's and Android's trust stores.",
        trust_stores,
    ),
    Probe::of_appliance(
        "tls-alpn",
        "Port 5223 speaks `xmpp-client`, and nothing else, to those who ask (ALPN).",
        alpn,
    ),
    Probe::of_appliance("tls-versions", "TLS 1.2 and TLS 1.3 both work, on both ports.", versions),
    Probe::of_appliance(
        "tls-old-refused",
        "SSL 3.0, TLS 1.0 and TLS 1.1 are refused, on both ports.",
        old_refused,
    ),
];

/// The two ways to TLS.
#[derive(Clone, Copy, Debug)]
enum Door {
    Starttls,
    Direct,
}

const DOORS: [Door; 2] = [Door::Direct, Door::Starttls];

impl Door {
    fn port(self, subject: &Subject) -> u16 {
        match self {
            Self::Starttls => subject.doors.starttls,
            Self::Direct => subject.doors.direct_tls,
        }
    }

    /// Connects and does the handshake.
    fn enter(
        self,
        subject: &Subject,
        appliance: &dyn Appliance,
        config: &Arc<ClientConfig>,
        name: &str,
    ) -> Result<Stream, ClientError> {
        let mut stream = Stream::connect(at(appliance, self.port(subject)))?;
        match self {
            Self::Direct => stream.secure(config, name),
            Self::Starttls => {
                stream.open(subject.domain())?;
                stream.start_tls(config, name)
            }
        }
    }
}

fn trust(subject: &Subject) -> Result<Trust, Shortfall> {
    Ok(Trust::in_authority(&subject.school.authority)?)
}

fn chain(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let config = trust(subject)?.any_version();
    for door in DOORS {
        let stream = door.enter(subject, appliance, &config, subject.server_name())?;
        let shown = shown(&stream).len();
        evidence.note(format!("port {}: verified, {shown} certificates shown", door.port(subject)));
    }
    Ok(())
}

/// The certificates that the other side has shown.
fn shown(stream: &Stream) -> &[CertificateDer<'static>] {
    stream.transport().tls().and_then(|tls| tls.peer_certificates()).unwrap_or_default()
}

fn no_other_name(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let config = trust(subject)?.any_version();
    let others = [
        "other.test".to_owned(),
        format!("not-{}", subject.server_name()),
        format!("jailbuild-probe.{}", subject.server_name()),
    ];
    for door in DOORS {
        // The right name works, so it is the name that is at fault below.
        door.enter(subject, appliance, &config, subject.server_name())?;
        for other in &others {
            match door.enter(subject, appliance, &config, other) {
                Ok(_) => return Err(failed(format!("the certificate is good for `{other}` too"))),
                Err(ClientError::Tls(error)) => evidence.note(format!("`{other}`: {error}")),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn trust_stores(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let config = trust(subject)?.any_version();
    let stream = Door::Direct.enter(subject, appliance, &config, subject.server_name())?;
    let authority =
        lint::chain_from_pem(&subject.school.authority).doing("read the authority's certificate")?;
    let [authority] = &authority[..] else { return Err(failed("there is not one authority")) };
    let shown = shown(&stream);
    evidence
        .note(format!("{} certificates shown, and the authority, were held against the rules", shown.len()));
    let broken = lint::lint(shown, authority, &subject.school.domain, OffsetDateTime::now_utc());
    require(broken.is_empty(), || {
        broken.iter().map(|rule| format!("{} ({})", rule.what, rule.by)).collect::<Vec<_>>().join("; ")
    })
}

fn alpn(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let config = trust(subject)?.any_version();
    let stream = Door::Direct.enter(subject, appliance, &config, subject.server_name())?;
    let chosen = stream.transport().tls().and_then(|tls| tls.alpn_protocol().map(<[u8]>::to_vec));
    let chosen = chosen.map(|name| String::from_utf8_lossy(&name).into_owned());
    evidence.note(format!("chosen of `xmpp-client`: {chosen:?}"));
    require(chosen.as_deref() == Some("xmpp-client"), || "`xmpp-client` is not chosen".to_owned())?;
    let mut other = (*config).clone();
    other.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A browser that is lured here must not be answered (RFC 7301 §3.2, and the ALPACA attack).
    match Door::Direct.enter(subject, appliance, &Arc::new(other), subject.server_name()) {
        Ok(_) => Err(failed("a client that speaks only HTTP is let in")),
        Err(ClientError::Tls(error)) => {
            evidence.note(format!("chosen of `h2`, `http/1.1`: {error}"));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn versions(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let trust = trust(subject)?;
    let wanted: [(&'static SupportedProtocolVersion, ProtocolVersion); 2] =
        [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)];
    for door in DOORS {
        for (version, name) in wanted {
            let port = door.port(subject);
            let mut stream = door
                .enter(subject, appliance, &trust.only(version), subject.server_name())
                .map_err(|error| failed(format!("{name:?} does not work on port {port}: {error}")))?;
            let suite = stream.transport().tls().and_then(|tls| tls.negotiated_cipher_suite());
            stream.open(subject.domain())?;
            evidence.note(format!("port {port}: {name:?}, {:?}", suite.map(|suite| suite.suite())));
        }
    }
    Ok(())
}

fn old_refused(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    for door in DOORS {
        let port = door.port(subject);
        let ask = |hello: Hello| hello.ask(subject, at(appliance, port), matches!(door, Door::Starttls));
        // The same bytes with a newer version are answered: so it is the version that is refused below.
        let reply = ask(Hello::Tls12)?;
        require(reply == Reply::ServerHello, || {
            format!("port {port} answers even a hello of TLS 1.2, written by hand, with {reply}")
        })?;
        for hello in [Hello::Ssl3, Hello::Tls10, Hello::Tls11] {
            let reply = ask(hello)?;
            evidence.note(format!("port {port}: {hello:?} is answered with {reply}"));
            require(reply.is_refusal(), || format!("port {port} answers {hello:?} with {reply}"))?;
        }
    }
    Ok(())
}
