//! SCRAM (RFC 5802, RFC 7677), the client's side.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::{digest, hmac, pbkdf2};

/// RFC 7677 and Kafka: not fewer.
const ITERATIONS_MIN: u32 = 4_096;
/// More would only keep the client busy.
const ITERATIONS_MAX: u32 = 10_000_000;

/// The hash of the mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

impl Hash {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// One authentication.
pub(super) struct Scram {
    hash: Hash,
    nonce: String,
    first_bare: String,
    /// What the server must sign.
    signature: Option<Vec<u8>>,
}

impl Scram {
    /// `nonce`: never used before, without a comma.
    pub(super) fn new(hash: Hash, user: &str, nonce: &str) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={user},r={nonce}");
        Self { hash, nonce: nonce.to_owned(), first_bare, signature: None }
    }

    /// The client's first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first_bare)
    }

    /// The client's final message, to the server's first.
    pub(super) fn proof(&mut self, challenge: &str, password: &str) -> Result<String, String> {
        let field = |name: &str| challenge.split(',').find_map(|field| field.strip_prefix(name));
        let missing =
            || format!("SCRAM: the server's challenge is incomplete: '{}'", challenge.escape_debug());
        let nonce = field("r=").ok_or_else(missing)?;
        let salt = BASE64.decode(field("s=").ok_or_else(missing)?).map_err(|_| missing())?;
        let iterations: u32 = field("i=").and_then(|i| i.parse().ok()).ok_or_else(missing)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("SCRAM: the server's nonce does not continue the client's".to_owned());
        }
        let count =
            NonZeroU32::new(iterations).filter(|_| (ITERATIONS_MIN..=ITERATIONS_MAX).contains(&iterations));
        let count = count
            .ok_or_else(|| format!("SCRAM: {iterations} iterations, expected at least {ITERATIONS_MIN}"))?;
        let mut salted = vec![0; self.hash.digest().output_len()];
        pbkdf2::derive(self.hash.pbkdf2(), count, &salt, password.as_bytes(), &mut salted);
        let final_bare = format!("c=biws,r={nonce}");
        let signed = format!("{},{challenge},{final_bare}", self.first_bare);
        let client_key = self.mac(&salted, b"Client Key");
        let stored_key = digest::digest(self.hash.digest(), &client_key);
        let client_signature = self.mac(stored_key.as_ref(), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(client_signature).map(|(key, mask)| key ^ mask).collect();
        let server_key = self.mac(&salted, b"Server Key");
        self.signature = Some(self.mac(&server_key, signed.as_bytes()));
        Ok(format!("{final_bare},p={}", BASE64.encode(proof)))
    }

    /// Whether the server knows the password too.
    pub(super) fn verify(&self, last: &str) -> Result<(), String> {
        if let Some(error) = last.strip_prefix("e=") {
            return Err(format!("SCRAM: the server says {}", error.escape_debug()));
        }
        let signature = last.split(',').find_map(|field| field.strip_prefix("v="));
        let signature = signature.and_then(|text| BASE64.decode(text).ok());
        if signature.is_some() && signature == self.signature {
            Ok(())
        } else {
            Err("SCRAM: the server does not prove that it knows the password".to_owned())
        }
    }

    fn mac(&self, key: &[u8], text: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(self.hash.hmac(), key), text).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7677, section 3.
    const CHALLENGE: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn scram() -> Scram {
        Scram::new(Hash::Sha256, "user", "rOprNGfwEbeRWgbNEkqO")
    }

    #[test]
    fn it_is_the_exchange_of_the_rfc() {
        let mut scram = scram();
        assert_eq!(scram.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = scram.proof(CHALLENGE, "pencil").unwrap();
        assert_eq!(
            proof,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(scram.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_not_believed() {
        let mut scram = scram();
        scram.proof(CHALLENGE, "pencil").unwrap();
        for wrong in ["v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=", "", "e=other-error"] {
            assert!(scram.verify(wrong).is_err(), "{wrong}");
        }
        let other_nonce = CHALLENGE.replace("r=rOpr", "r=xOpr");
        let few = CHALLENGE.replace("4096", "1");
        for wrong in ["", "r=x", other_nonce.as_str(), few.as_str()] {
            assert!(scram.proof(wrong, "pencil").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_may_have_any_letter() {
        assert_eq!(Scram::new(Hash::Sha512, "a=b,c", "x").first(), "n,,n=a=3Db=2Cc,r=x");
    }
}
