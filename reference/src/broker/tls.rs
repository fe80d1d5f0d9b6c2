//! TLS, by rustls.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::security::Security;
use super::server::StartError;

/// Takes connections with TLS, if the listener speaks it.
pub(super) fn acceptor(security: &Security) -> Result<Option<TlsAcceptor>, StartError> {
    if !security.wants_tls() {
        return Ok(None);
    }
    let Some(path) = &security.keystore else {
        return Err(StartError::Tls("ssl.keystore.location is not set".to_owned()));
    };
    let failed = |why: String| StartError::Tls(format!("{}: {why}", path.display()));
    let config = read(path).map_err(failed)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn read(path: &Path) -> Result<ServerConfig, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("no certificate in it".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| "no private key in it".to_owned())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    config.with_no_client_auth().with_single_cert(certificates, key).map_err(|error| error.to_string())
}
