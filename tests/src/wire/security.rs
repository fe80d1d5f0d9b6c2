//! What a cluster wants to know before it answers, in Kafka's own properties.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::properties::{Properties, jaas};
pub use super::scram::Hash;

/// How connections are secured; by default not at all.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// TLS, if the listener speaks it.
    pub tls: Option<Arc<ClientConfig>>,
    /// Who connects, if the listener asks.
    pub credentials: Option<Credentials>,
}

/// A SASL mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// PLAIN.
    Plain,
    /// SCRAM with a hash.
    Scram(Hash),
}

impl Mechanism {
    /// Its registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Self::Scram(Hash::Sha512) => "SCRAM-SHA-512",
        }
    }
}

/// Who connects.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// How it is proved.
    pub mechanism: Mechanism,
    /// The user.
    pub user: String,
    /// Never shown.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.mechanism.name(), self.user)
    }
}

/// Why a file of properties cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecurityError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A property is missing or wrong.
    #[error("{path}: {what}", path = .path.display())]
    Property {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        what: String,
    },
}

impl Security {
    /// Reads a file as Kafka's own tools take it with `--command-config`: `security.protocol`, `sasl.mechanism`,
    /// `sasl.jaas.config` (or `sasl.username` and `sasl.password`), `ssl.truststore.location` (PEM; or `ssl.ca.location`).
    pub fn load(path: &Path) -> Result<Self, SecurityError> {
        let text = read(path)?;
        let wrong = |what: String| SecurityError::Property { path: path.to_owned(), what };
        let text = String::from_utf8(text).map_err(|_| wrong("it is no text".to_owned()))?;
        let properties = Properties::parse(&text).map_err(wrong)?;
        let (tls, sasl) = match properties.get("security.protocol").unwrap_or("PLAINTEXT") {
            "PLAINTEXT" => (false, false),
            "SSL" => (true, false),
            "SASL_PLAINTEXT" => (false, true),
            "SASL_SSL" => (true, true),
            other => {
                let other = other.escape_debug();
                return Err(wrong(format!(
                    "security.protocol '{other}' is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"
                )));
            }
        };
        let tls = if tls { Some(Arc::new(trust(path, &properties)?)) } else { None };
        let credentials = if sasl { Some(credentials(&properties).map_err(wrong)?) } else { None };
        Ok(Self { tls, credentials })
    }

    /// A TLS session with a host, if there is to be TLS.
    pub(crate) fn session(&self, host: &str) -> io::Result<Option<ClientConnection>> {
        let Some(config) = &self.tls else { return Ok(None) };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        ClientConnection::new(Arc::clone(config), name).map(Some).map_err(io::Error::other)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SecurityError> {
    std::fs::read(path).map_err(|source| SecurityError::Read { path: path.to_owned(), source })
}

fn credentials(properties: &Properties) -> Result<Credentials, String> {
    let mechanism = match properties.get("sasl.mechanism").or(properties.get("sasl.mechanisms")) {
        Some("PLAIN") => Mechanism::Plain,
        Some("SCRAM-SHA-256") => Mechanism::Scram(Hash::Sha256),
        Some("SCRAM-SHA-512") => Mechanism::Scram(Hash::Sha512),
        other => {
            let other = other.unwrap_or("").escape_debug();
            return Err(format!("sasl.mechanism '{other}' is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"));
        }
    };
    let (user, password) = if let Some(config) = properties.get("sasl.jaas.config") {
        jaas(config)?
    } else {
        let of = |name: &str| properties.get(name).map(str::to_owned);
        let both = of("sasl.username").zip(of("sasl.password"));
        both.ok_or("sasl.jaas.config is not set (nor sasl.username and sasl.password)")?
    };
    Ok(Credentials { mechanism, user, password })
}

fn trust(path: &Path, properties: &Properties) -> Result<ClientConfig, SecurityError> {
    let wrong = |what: String| SecurityError::Property { path: path.to_owned(), what };
    for unsupported in ["ssl.keystore.location", "ssl.keystore.key", "ssl.certificate.location"] {
        if properties.get(unsupported).is_some() {
            return Err(wrong(format!("{unsupported}: client certificates are not supported")));
        }
    }
    if properties.get("ssl.endpoint.identification.algorithm") == Some("") {
        return Err(wrong(
            "ssl.endpoint.identification.algorithm: a certificate is always held to its name".to_owned(),
        ));
    }
    let kind = properties.get("ssl.truststore.type").unwrap_or("PEM");
    if kind != "PEM" {
        return Err(wrong(format!("ssl.truststore.type '{}' is not PEM", kind.escape_debug())));
    }
    let location = properties.get("ssl.truststore.location").or(properties.get("ssl.ca.location"));
    let location = location.ok_or_else(|| {
        wrong(
            "ssl.truststore.location is not set: a PEM file with the certificates that are trusted"
                .to_owned(),
        )
    })?;
    let location = path.parent().unwrap_or(Path::new("")).join(location);
    let pem = read(&location)?;
    let wrong = |what: String| SecurityError::Property { path: location.clone(), what };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| wrong(format!("it is no PEM file: {error}")))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("no certificate in it".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
