//! Asks one address once: no redirects, no cookies, no proxy, and never a private network.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use sortd::error::{Error, Result};
use ureq::Agent;
use ureq::config::Config;
use ureq::http::{Response, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::Url;

use super::address::is_public;
use super::{Reason, Refusal};

/// The program's name, by which a robots.txt may call it.
pub const AGENT: &str = "sortd-trainer";

/// How the web is asked.
#[derive(Debug, Clone)]
pub struct Manners {
    /// How a site's keeper may reach whoever runs the import.
    pub contact: Option<String>,
    /// Whether private networks may be asked.
    pub allow_local: bool,
    /// Longest silence of a site.
    pub silence: Duration,
    /// Longest time for one answer.
    pub whole: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            contact: None,
            allow_local: false,
            silence: Duration::from_secs(20),
            whole: Duration::from_secs(120),
        }
    }
}

/// What a site answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status, such as 200.
    pub status: u16,
    /// Where else to ask.
    pub location: Option<String>,
    /// When to ask again.
    pub retry_after: Option<String>,
    /// The content, where the status is 200.
    pub body: Vec<u8>,
}

/// What is wanted of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A picture of at most so many bytes; a longer answer is refused.
    Picture(u64),
    /// The first so many bytes of a text.
    Text(u64),
}

/// The web, as far as it may be asked.
#[derive(Debug)]
pub struct Web {
    agent: Agent,
}

impl Web {
    /// Makes ready to ask. The certificates that sites are checked by are those of the machine.
    ///
    /// # Errors
    /// The contact cannot stand in a request.
    pub fn new(manners: &Manners) -> Result<Self> {
        let mut name = format!("{AGENT}/{}", env!("CARGO_PKG_VERSION"));
        if let Some(contact) = &manners.contact {
            if !contact
                .chars()
                .all(|letter| letter.is_ascii_graphic() || letter == ' ')
            {
                let what = "the contact may hold plain letters only";
                return Err(Error::usage(what).advice("give an e-mail or a web address"));
            }
            name = format!("{name} (contact: {contact})");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // Certificates that cannot be read are missed when a site needs them, and told then.
        let certificates = rustls_native_certs::load_native_certs().certs;
        let roots = certificates
            .iter()
            .map(|der| Certificate::from_der(der).to_owned());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::from(roots))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Config::builder()
            .user_agent(name)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(tls)
            .timeout_resolve(Some(manners.silence))
            .timeout_connect(Some(manners.silence))
            .timeout_recv_response(Some(manners.silence))
            .timeout_per_read(Some(manners.silence))
            .timeout_global(Some(manners.whole))
            .build();
        let resolver = Guarded {
            inner: DefaultResolver::default(),
            allow_local: manners.allow_local,
        };
        Ok(Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
        })
    }

    /// Asks `url` for what is `wanted`.
    ///
    /// # Errors
    /// The site does not answer, answers too slowly, too much or with something else, or belongs to a
    /// private network.
    pub fn ask(&self, url: &Url, wanted: Wanted) -> std::result::Result<Answer, Refusal> {
        let kinds = match wanted {
            Wanted::Picture(_) => "image/jpeg, image/png",
            Wanted::Text(_) => "text/plain",
        };
        let response = self
            .agent
            .get(url.as_str())
            .header(header::ACCEPT, kinds)
            .call()
            .map_err(|error| refusal(&error))?;
        let named = |name| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let mut answer = Answer {
            status: response.status().as_u16(),
            location: named(header::LOCATION),
            retry_after: named(header::RETRY_AFTER),
            body: Vec::new(),
        };
        if answer.status == 200 {
            answer.body = body(response, wanted)?;
        }
        Ok(answer)
    }
}

fn body(response: Response<ureq::Body>, wanted: Wanted) -> std::result::Result<Vec<u8>, Refusal> {
    let most = match wanted {
        Wanted::Picture(most) => {
            check_kind(&response)?;
            if response
                .body()
                .content_length()
                .is_some_and(|length| length > most)
            {
                return Err(too_long(most));
            }
            most
        }
        Wanted::Text(most) => most,
    };
    let mut bytes = Vec::new();
    response
        .into_body()
        .into_reader()
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| broken(&error))?;
    if bytes.len() as u64 > most {
        if let Wanted::Picture(_) = wanted {
            return Err(too_long(most));
        }
        bytes.truncate(most as usize);
    }
    Ok(bytes)
}

/// Refuses what says itself that it is no picture; what says nothing is judged by its bytes.
fn check_kind(response: &Response<ureq::Body>) -> std::result::Result<(), Refusal> {
    let Some(kind) = response.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let kind = kind.to_str().unwrap_or_default().trim().to_lowercase();
    let may_be = ["image/", "application/octet-stream", "binary/octet-stream"];
    if kind.is_empty() || may_be.iter().any(|known| kind.starts_with(known)) {
        return Ok(());
    }
    let detail = format!("the site says that it is {kind}");
    Err(Refusal::new(Reason::NotAPicture, detail))
}

fn too_long(most: u64) -> Refusal {
    Refusal::new(Reason::TooManyBytes, format!("more than {most} bytes"))
}

/// What became of a request.
fn refusal(error: &ureq::Error) -> Refusal {
    let reason = match error {
        ureq::Error::Timeout(_) => Reason::Slow,
        ureq::Error::Other(other) if other.is::<PrivateAddress>() => Reason::Private,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Reason::Slow,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Reason::BadAddress,
        _ => Reason::Unreachable,
    };
    let detail = match error {
        ureq::Error::Other(other) => other.to_string(),
        _ => error.to_string(),
    };
    Refusal::new(reason, detail)
}

/// What became of an answer that had begun.
fn broken(error: &io::Error) -> Refusal {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ureq::Error>());
    match inner {
        Some(ureq::Error::Timeout(_)) => Refusal::new(Reason::Slow, error.to_string()),
        _ if error.kind() == io::ErrorKind::TimedOut => {
            Refusal::new(Reason::Slow, error.to_string())
        }
        _ => Refusal::new(Reason::CutOff, format!("the answer broke off: {error}")),
    }
}

/// Finds the addresses of a name and refuses a name that has a private one. What is connected to is
/// what was checked, so a name that changes its address in between gains nothing.
#[derive(Debug)]
struct Guarded {
    inner: DefaultResolver,
    allow_local: bool,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if !self.allow_local && found.iter().any(|address| !is_public(address.ip())) {
            return Err(ureq::Error::Other(Box::new(PrivateAddress)));
        }
        Ok(found)
    }
}

/// A name that leads into a private network.
#[derive(Debug)]
struct PrivateAddress;

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the site lies in a private network; --allow-local lets it in")
    }
}

impl std::error::Error for PrivateAddress {}
