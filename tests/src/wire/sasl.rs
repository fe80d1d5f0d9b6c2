//! SASL over Kafka's protocol: `SaslHandshake` names the mechanism, `SaslAuthenticate` carries its messages.
//!
//! Nothing is read or written here: a frame goes out, its answer comes in, until there is nothing more to say.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes, encode_request_header_into_buffer};

use super::decode::error_name;
use super::scram::Scram;
use super::security::{Credentials, Mechanism};

/// An answer of a handshake is short.
pub(crate) const FRAME_MAX: usize = 1024 * 1024;
const VERSION: i16 = 1;

/// What was said last.
enum Said {
    Handshake,
    /// PLAIN: the one message.
    Plain,
    /// SCRAM: the first message.
    First,
    /// SCRAM: the proof.
    Proof,
}

/// An authentication under way.
pub(crate) struct Conversation {
    credentials: Credentials,
    scram: Option<Scram>,
    said: Said,
    correlation: i32,
}

impl Conversation {
    /// Begins; gives the first frame, with its length.
    pub(crate) fn start(credentials: &Credentials) -> (Self, Vec<u8>) {
        let credentials = credentials.clone();
        let mechanism = StrBytes::from_static_str(credentials.mechanism.name());
        let mut this = Self { credentials, scram: None, said: Said::Handshake, correlation: 0 };
        let handshake = SaslHandshakeRequest::default().with_mechanism(mechanism);
        // Both fields can be sent at this version.
        let frame = this.frame(ApiKey::SaslHandshake, &handshake).unwrap_or_default();
        (this, frame)
    }

    /// Takes the answer to the frame before, without its length; gives the next frame, or none when it is done.
    pub(crate) fn next(&mut self, answer: &[u8]) -> Result<Option<Vec<u8>>, String> {
        match self.said {
            Said::Handshake => {
                let answer: SaslHandshakeResponse = self.read(ApiKey::SaslHandshake, answer)?;
                if answer.error_code != 0 {
                    let offered: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
                    return Err(format!(
                        "SASL: {} is refused ({}); the broker offers {}",
                        self.credentials.mechanism.name(),
                        error_name(answer.error_code),
                        if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") }
                    ));
                }
                self.begin()
            }
            Said::Plain => self.token(answer).map(|_nothing| None),
            Said::First => {
                let challenge = self.token(answer)?;
                let scram = self.scram.as_mut().ok_or("SASL: a challenge to no message")?;
                let proof = scram.proof(&challenge, &self.credentials.password)?;
                self.said = Said::Proof;
                self.authenticate(proof.into_bytes())
            }
            Said::Proof => {
                let signature = self.token(answer)?;
                let scram = self.scram.as_ref().ok_or("SASL: a signature to no proof")?;
                scram.verify(&signature)?;
                Ok(None)
            }
        }
    }

    fn begin(&mut self) -> Result<Option<Vec<u8>>, String> {
        let Credentials { mechanism, user, password } = &self.credentials;
        let hash = match mechanism {
            Mechanism::Plain => {
                let token = format!("\0{user}\0{password}").into_bytes();
                self.said = Said::Plain;
                return self.authenticate(token);
            }
            Mechanism::Scram(hash) => *hash,
        };
        let scram = Scram::new(hash, user, &uuid::Uuid::new_v4().simple().to_string());
        let first = scram.first();
        (self.scram, self.said) = (Some(scram), Said::First);
        self.authenticate(first.into_bytes())
    }

    fn authenticate(&mut self, token: Vec<u8>) -> Result<Option<Vec<u8>>, String> {
        let request = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(token));
        self.frame(ApiKey::SaslAuthenticate, &request).map(Some)
    }

    /// What the broker says to a message, if it does not refuse it.
    fn token(&self, answer: &[u8]) -> Result<String, String> {
        let answer: SaslAuthenticateResponse = self.read(ApiKey::SaslAuthenticate, answer)?;
        if answer.error_code != 0 {
            let said = answer.error_message.as_ref().map_or("", StrBytes::as_str);
            let error = error_name(answer.error_code);
            let user = &self.credentials.user;
            return Err(format!("SASL: user '{}' is refused: {error} {said}", user.escape_debug())
                .trim()
                .to_owned());
        }
        String::from_utf8(answer.auth_bytes.to_vec())
            .map_err(|_| "SASL: an answer that is no text".to_owned())
    }

    fn frame(&mut self, api: ApiKey, request: &impl Encodable) -> Result<Vec<u8>, String> {
        self.correlation += 1;
        let header = RequestHeader::default()
            .with_request_api_key(api as i16)
            .with_request_api_version(VERSION)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(StrBytes::from_static_str("muster")));
        let mut frame = BytesMut::new();
        frame.put_i32(0);
        encode_request_header_into_buffer(&mut frame, &header).map_err(|error| error.to_string())?;
        request.encode(&mut frame, VERSION).map_err(|error| error.to_string())?;
        let length = i32::try_from(frame.len() - 4).map_err(|error| error.to_string())?;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        Ok(frame.to_vec())
    }

    fn read<A: Decodable>(&self, api: ApiKey, answer: &[u8]) -> Result<A, String> {
        let mut bytes = Bytes::copy_from_slice(answer);
        let wrong = |why: String| format!("SASL: {api:?} is answered wrongly: {why}");
        let header = ResponseHeader::decode(&mut bytes, api.response_header_version(VERSION))
            .map_err(|error| wrong(error.to_string()))?;
        if header.correlation_id != self.correlation {
            return Err(wrong(format!("correlation id {}", header.correlation_id)));
        }
        let answer = A::decode(&mut bytes, VERSION).map_err(|error| wrong(error.to_string()))?;
        if bytes.has_remaining() { Err(wrong("bytes too many".to_owned())) } else { Ok(answer) }
    }
}
