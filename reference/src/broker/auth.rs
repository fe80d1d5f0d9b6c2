//! Authentication by SASL/PLAIN (`SaslServerAuthenticator`): until it is done nobody gets past ApiVersions.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::api::Api;
use super::frame::{Header, Refusal};
use super::security::Security;
use super::wire::text;
use crate::coordinator::ErrorCode;

const PLAIN: &str = "PLAIN";

/// Where a connection stands.
#[derive(Debug)]
enum State {
    Done,
    /// The client has to name its mechanism.
    Handshake,
    /// The client has to name itself, in a request, or after version 0 of the handshake in bare bytes.
    Token {
        is_bare: bool,
    },
}

/// What becomes of a frame of a client that is not known yet.
pub(super) enum Step {
    /// It is answered.
    Answer(Bytes),
    /// It is answered, and the connection closed.
    Refuse(Bytes, Refusal),
    /// It is a request like any other, and allowed.
    Pass,
}

/// The authentication of a connection.
#[derive(Debug)]
pub(super) struct Authentication {
    users: Arc<BTreeMap<String, String>>,
    state: State,
}

impl Authentication {
    pub(super) fn new(security: &Security) -> Self {
        let state = if security.wants_sasl() { State::Handshake } else { State::Done };
        Self { users: Arc::clone(&security.users), state }
    }

    /// Whether the client is known, or need not be.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Takes a frame of a client that is not known yet.
    pub(super) fn step(&mut self, frame: &Bytes) -> Result<Step, Refusal> {
        if matches!(self.state, State::Token { is_bare: true }) {
            return self.bare_token(frame);
        }
        let (header, body) = Header::parse(frame)?;
        match (header.api, &self.state) {
            (Api::ApiVersions, _) => Ok(Step::Pass),
            (Api::SaslHandshake, State::Handshake) => self.handshake(&header, body),
            (Api::SaslAuthenticate, State::Token { .. }) => self.token(&header, body),
            (Api::SaslHandshake | Api::SaslAuthenticate, _) => {
                let answer = out_of_place(&header, body)?;
                Ok(Step::Refuse(answer, Refusal::Authentication("a step of it out of place")))
            }
            (api, _) => Err(Refusal::Unauthenticated { api }),
        }
    }

    fn handshake(&mut self, header: &Header, body: Bytes) -> Result<Step, Refusal> {
        let request: SaslHandshakeRequest = header.decode(body)?;
        let answer = SaslHandshakeResponse::default().with_mechanisms(vec![StrBytes::from_static_str(PLAIN)]);
        if request.mechanism.as_str() != PLAIN {
            let error = ErrorCode::UnsupportedSaslMechanism.code();
            let answer = header.encode(&answer.with_error_code(error))?;
            return Ok(Step::Refuse(answer, Refusal::Authentication("only PLAIN is offered")));
        }
        self.state = State::Token { is_bare: header.version == 0 };
        header.encode(&answer).map(Step::Answer)
    }

    fn token(&mut self, header: &Header, body: Bytes) -> Result<Step, Refusal> {
        let request: SaslAuthenticateRequest = header.decode(body)?;
        let answer = SaslAuthenticateResponse::default();
        match self.judge(&request.auth_bytes) {
            Ok(()) => {
                self.state = State::Done;
                header.encode(&answer.with_error_message(None)).map(Step::Answer)
            }
            Err(reason) => {
                let error = ErrorCode::SaslAuthenticationFailed.code();
                let answer = answer.with_error_code(error).with_error_message(Some(text(INVALID)));
                Ok(Step::Refuse(header.encode(&answer)?, Refusal::Authentication(reason)))
            }
        }
    }

    /// Answered with an empty frame, or not at all.
    fn bare_token(&mut self, token: &Bytes) -> Result<Step, Refusal> {
        self.judge(token).map_err(Refusal::Authentication)?;
        self.state = State::Done;
        let mut answer = BytesMut::new();
        answer.put_i32(0);
        Ok(Step::Answer(answer.freeze()))
    }

    /// RFC 4616: on whose behalf, who, password, with a zero between.
    fn judge(&self, token: &[u8]) -> Result<(), &'static str> {
        let parts: Vec<_> = token.split(|byte| *byte == 0).map(std::str::from_utf8).collect();
        let [Ok(behalf), Ok(user), Ok(password)] = parts[..] else { return Err("not a token of PLAIN") };
        if !behalf.is_empty() && behalf != user {
            return Err("on behalf of another user");
        }
        let known = self.users.get(user).is_some_and(|known| is_equal(known.as_bytes(), password.as_bytes()));
        if known { Ok(()) } else { Err("unknown user, or wrong password") }
    }
}

/// What Kafka tells a client.
const INVALID: &str = "Authentication failed: Invalid username or password";

/// Takes as long wherever two texts of one length differ.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differs, (l, r)| differs | (l ^ r)) == 0
}

/// The answer to a step of the authentication where there is none, or where another is due.
pub(super) fn out_of_place(header: &Header, body: Bytes) -> Result<Bytes, Refusal> {
    let error = ErrorCode::IllegalSaslState.code();
    if header.api == Api::SaslHandshake {
        let _: SaslHandshakeRequest = header.decode(body)?;
        return header.encode(&SaslHandshakeResponse::default().with_error_code(error));
    }
    let _: SaslAuthenticateRequest = header.decode(body)?;
    header.encode(&SaslAuthenticateResponse::default().with_error_code(error).with_error_message(None))
}
