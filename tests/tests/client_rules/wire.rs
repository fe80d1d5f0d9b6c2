//! One connection to a broker, one request at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};

pub(crate) struct Wire(TcpStream);

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

impl Wire {
    pub(crate) fn connect(bootstrap: &str) -> Option<Self> {
        let stream = TcpStream::connect(bootstrap).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        Some(Self(stream))
    }

    /// None: the connection is lost.
    pub(crate) fn ask<R: Request>(&mut self, request: &R, version: i16) -> Option<R::Response> {
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_client_id(Some(text("client")));
        let mut bytes = BytesMut::from(&[0; 4][..]);
        header.encode(&mut bytes, R::header_version(version)).unwrap();
        request.encode(&mut bytes, version).unwrap();
        let length = u32::try_from(bytes.len() - 4).unwrap();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        self.0.write_all(&bytes).ok()?;
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        self.0.read_exact(&mut answer).ok()?;
        let mut answer = Bytes::from(answer);
        let key = ApiKey::try_from(R::KEY).unwrap();
        ResponseHeader::decode(&mut answer, key.response_header_version(version)).unwrap();
        Some(R::Response::decode(&mut answer, version).unwrap())
    }
}
