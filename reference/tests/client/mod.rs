//! A client that says exactly what a test wants said.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    correlation_id: i32,
}

/// A request as a frame.
pub(crate) fn frame<R: Request>(request: &R, version: i16, correlation_id: i32) -> Vec<u8> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation_id)
        .with_client_id(Some(StrBytes::from_static_str("test")));
    let mut bytes = BytesMut::new();
    header.encode(&mut bytes, R::header_version(version)).unwrap();
    request.encode(&mut bytes, version).unwrap();
    framed(&bytes)
}

/// Bytes with their length in front.
pub(crate) fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut framed = i32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    framed.extend_from_slice(bytes);
    framed
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), correlation_id: 0 }
    }

    /// Sends bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends a request, and tells the correlation id of its answer.
    pub(crate) async fn send<R: Request>(&mut self, request: &R, version: i16) -> i32 {
        self.correlation_id += 1;
        self.write(&frame(request, version, self.correlation_id)).await;
        self.correlation_id
    }

    /// The next frame; none if the broker closed the connection.
    pub(crate) async fn read(&mut self) -> Option<Bytes> {
        let length = self.stream.read_i32().await.ok()?;
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut bytes).await.ok()?;
        Some(bytes.into())
    }

    /// The next answer, which must be to the request of this correlation id.
    pub(crate) async fn receive<R: Request>(&mut self, version: i16, correlation_id: i32) -> R::Response {
        let mut bytes = self.read().await.expect("the broker closed the connection");
        let key = ApiKey::try_from(R::KEY).unwrap();
        let header = ResponseHeader::decode(&mut bytes, key.response_header_version(version)).unwrap();
        assert_eq!(header.correlation_id, correlation_id, "answers come in order");
        let answer = R::Response::decode(&mut bytes, version).unwrap();
        assert!(bytes.is_empty(), "{key:?} version {version}: nothing follows the answer");
        answer
    }

    /// Sends a request and takes its answer.
    pub(crate) async fn ask<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let correlation_id = self.send(request, version).await;
        self.receive::<R>(version, correlation_id).await
    }
}

#[allow(dead_code, reason = "not every test has clients that misbehave")]
impl Client {
    /// Sends bytes as they are; false once the broker has closed the connection.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Closes this end, and reads on.
    pub(crate) async fn end(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}
