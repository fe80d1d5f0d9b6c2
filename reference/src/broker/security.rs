//! Who may connect, by Kafka's property names: one listener, its protocol, the users of SASL/PLAIN, the keys of TLS.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::coordinator::PropertyError;

/// What a listener speaks below the Kafka protocol (`SecurityProtocol`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Anyone may connect and listen in.
    #[default]
    Plaintext,
    /// TLS; anyone may connect.
    Ssl,
    /// Users authenticate, in the clear.
    SaslPlaintext,
    /// Users authenticate, over TLS.
    SaslSsl,
}

/// Who may connect, and how.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// What the listener speaks.
    pub protocol: Protocol,
    /// The users of SASL/PLAIN, and their passwords.
    pub users: Arc<BTreeMap<String, String>>,
    /// `ssl.keystore.location`: a file with the key and the certificates, in PEM.
    pub keystore: Option<PathBuf>,
}

impl std::fmt::Debug for Security {
    /// Without the passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let users: Vec<_> = self.users.keys().collect();
        f.debug_struct("Security")
            .field("protocol", &self.protocol)
            .field("users", &users)
            .finish_non_exhaustive()
    }
}

impl Security {
    /// Whether users authenticate.
    pub fn wants_sasl(&self) -> bool {
        matches!(self.protocol, Protocol::SaslPlaintext | Protocol::SaslSsl)
    }

    pub(super) fn wants_tls(&self) -> bool {
        matches!(self.protocol, Protocol::Ssl | Protocol::SaslSsl)
    }

    /// Adds users: a line each, `name=password` or `name:password`; empty lines and those after `#` are left out.
    pub fn read_users(&mut self, text: &str) -> Result<(), PropertyError> {
        let mut users = BTreeMap::clone(&self.users);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let user = line.split_once(['=', ':']).filter(|(name, _)| !name.trim().is_empty());
            let (name, password) = user.ok_or_else(|| wrong("users", "a line", "name=password"))?;
            users.insert(name.trim().to_owned(), password.trim().to_owned());
        }
        self.users = Arc::new(users);
        Ok(())
    }

    /// Sets a property; false if it is none of these.
    pub(super) fn set(
        &mut self,
        property: &str,
        value: &str,
        listen: &mut String,
    ) -> Result<bool, PropertyError> {
        match property {
            "listeners" => self.listen(value, listen)?,
            "ssl.keystore.location" => self.keystore = Some(value.into()),
            "ssl.keystore.type" if value.eq_ignore_ascii_case("PEM") => {}
            "ssl.keystore.type" => return Err(wrong(property, value, "PEM, the only type there is here")),
            "sasl.enabled.mechanisms" if value == "PLAIN" => {}
            "sasl.enabled.mechanisms" => {
                return Err(wrong(property, value, "PLAIN, the only mechanism there is here"));
            }
            login if login.ends_with("plain.sasl.jaas.config") => self.login(property, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn listen(&mut self, value: &str, listen: &mut String) -> Result<(), PropertyError> {
        let expected = "one listener, such as SASL_SSL://127.0.0.1:9093";
        let (protocol, address) =
            value.trim().split_once("://").ok_or_else(|| wrong("listeners", value, expected))?;
        self.protocol = match protocol.to_ascii_uppercase().as_str() {
            "PLAINTEXT" => Protocol::Plaintext,
            "SSL" => Protocol::Ssl,
            "SASL_PLAINTEXT" => Protocol::SaslPlaintext,
            "SASL_SSL" => Protocol::SaslSsl,
            _ => return Err(wrong("listeners", value, expected)),
        };
        // Kafka listens everywhere if no host is named.
        let host = if address.starts_with(':') { "0.0.0.0" } else { "" };
        *listen = format!("{host}{address}");
        Ok(())
    }

    /// `org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";`
    fn login(&mut self, property: &str, value: &str) -> Result<(), PropertyError> {
        let mut users = BTreeMap::clone(&self.users);
        let mut rest = value;
        while let Some((_, user)) = rest.split_once("user_") {
            let found = user.split_once("=\"").and_then(|(name, rest)| Some((name, rest.split_once('"')?)));
            let (name, (password, after)) =
                found.ok_or_else(|| wrong(property, "user_...", "user_NAME=\"PASSWORD\""))?;
            users.insert(name.to_owned(), password.to_owned());
            rest = after;
        }
        self.users = Arc::new(users);
        Ok(())
    }
}

fn wrong(property: &str, value: &str, expected: &str) -> PropertyError {
    let (property, value, expected) = (property.to_owned(), value.to_owned(), expected.to_owned());
    PropertyError::Value { property, value, expected }
}
