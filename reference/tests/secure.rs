//! SASL/PLAIN and TLS: nobody who is not known gets past ApiVersions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod client;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use client::{Client, framed};
use kafka_protocol::messages::{
    ApiVersionsRequest, MetadataRequest, SaslAuthenticateRequest, SaslHandshakeRequest,
};
use kafka_protocol::protocol::StrBytes;
use muster_reference::broker::{Broker, BrokerConfig, StartError};
use tokio::process::Command;
use tokio::time::timeout;

fn config(protocol: &str) -> BrokerConfig {
    let mut config = BrokerConfig::default();
    config.set("listeners", &format!("{protocol}://127.0.0.1:0")).unwrap();
    config.topics.insert("t".into(), 1);
    let login = "org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"secret\";";
    config.set("listener.name.sasl_ssl.plain.sasl.jaas.config", login).unwrap();
    config.security.read_users("# others\nbob:hunter2\n").unwrap();
    config
}

fn handshake(mechanism: &'static str) -> SaslHandshakeRequest {
    SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism))
}

fn token(text: &str) -> SaslAuthenticateRequest {
    SaslAuthenticateRequest::default().with_auth_bytes(Bytes::copy_from_slice(text.as_bytes()))
}

async fn is_closed(client: &mut Client) -> bool {
    matches!(timeout(Duration::from_secs(10), client.read()).await, Ok(None))
}

#[tokio::test]
async fn only_users_get_in() {
    let broker = Broker::start(config("SASL_PLAINTEXT")).await.unwrap();
    let metadata = MetadataRequest::default().with_topics(None);

    let mut nobody = Client::connect(broker.address()).await;
    assert_eq!(nobody.ask(&ApiVersionsRequest::default(), 3).await.error_code, 0);
    nobody.send(&metadata, 12).await;
    assert!(is_closed(&mut nobody).await, "Metadata before authentication");

    for (user, version) in [("\0alice\0secret", 2), ("bob\0bob\0hunter2", 0)] {
        let mut client = Client::connect(broker.address()).await;
        assert_eq!(client.ask(&handshake("PLAIN"), 1).await.error_code, 0);
        assert_eq!(client.ask(&token(user), version).await.error_code, 0);
        assert_eq!(client.ask(&metadata, 12).await.topics.len(), 1);
        assert_eq!(client.ask(&handshake("PLAIN"), 1).await.error_code, 34, "ILLEGAL_SASL_STATE");
    }
    for wrong in ["\0alice\0wrong", "\0alice\0", "\0mallory\0secret", "bob\0alice\0secret", "alice", ""] {
        let mut client = Client::connect(broker.address()).await;
        client.ask(&handshake("PLAIN"), 1).await;
        let refused = client.ask(&token(wrong), 2).await;
        assert_eq!(refused.error_code, 58, "SASL_AUTHENTICATION_FAILED for {wrong:?}");
        assert!(is_closed(&mut client).await);
    }
    let mut client = Client::connect(broker.address()).await;
    let refused = client.ask(&handshake("GSSAPI"), 1).await;
    assert_eq!((refused.error_code, refused.mechanisms[0].as_str()), (33, "PLAIN"));
    assert!(is_closed(&mut client).await);
    let mut client = Client::connect(broker.address()).await;
    assert_eq!(client.ask(&token("\0alice\0secret"), 2).await.error_code, 34, "without a handshake");
    assert!(is_closed(&mut client).await);
    broker.shutdown().await;
}

/// Version 0 of the handshake, which kafka-go and older clients speak, is followed by the token without a header.
#[tokio::test]
async fn a_bare_token_is_taken() {
    let broker = Broker::start(config("SASL_PLAINTEXT")).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    assert_eq!(client.ask(&handshake("PLAIN"), 0).await.error_code, 0);
    client.write(&framed(b"\0alice\0secret")).await;
    assert_eq!(client.read().await, Some(Bytes::new()));
    assert_eq!(client.ask(&MetadataRequest::default().with_topics(None), 12).await.topics.len(), 1);
    let mut client = Client::connect(broker.address()).await;
    client.ask(&handshake("PLAIN"), 0).await;
    client.write(&framed(b"\0alice\0wrong")).await;
    assert!(is_closed(&mut client).await);
    broker.shutdown().await;
}

/// A key and a certificate for 127.0.0.1, in one file.
async fn keystore(folder: &Path) -> std::path::PathBuf {
    let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .await
        .expect("openssl is installed (apt-get install openssl)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let both = [std::fs::read(key).unwrap(), std::fs::read(&certificate).unwrap()].concat();
    let path = folder.join("keystore.pem");
    std::fs::write(&path, both).unwrap();
    path
}

/// What kcat says of the cluster.
async fn kcat(broker: &Broker, more: &[&str], certificate: &Path) -> (bool, String) {
    let mut command = Command::new("kcat");
    command.arg("-b").arg(broker.address().to_string()).args(["-L", "-m", "4"]);
    command.arg("-X").arg(format!("ssl.ca.location={}", certificate.display()));
    for setting in more {
        command.args(["-X", setting]);
    }
    let ran = command.stdin(Stdio::null()).output().await.expect("kcat is installed (apt-get install kcat)");
    (
        ran.status.success(),
        String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn kcat_speaks_tls_and_plain() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("SASL_SSL");
    config.set("ssl.keystore.type", "PEM").unwrap();
    let refused = Broker::start(config.clone()).await;
    assert!(
        matches!(&refused, Err(StartError::Tls(why)) if why.contains("ssl.keystore.location")),
        "{refused:?}"
    );
    let keystore = keystore(folder.path()).await;
    config.set("ssl.keystore.location", &keystore.display().to_string()).unwrap();
    let broker = Broker::start(config).await.unwrap();
    let certificate = folder.path().join("cert.pem");
    let sasl = ["security.protocol=SASL_SSL", "sasl.mechanisms=PLAIN", "sasl.username=alice"];
    let (ok, said) = kcat(&broker, &[&sasl[..], &["sasl.password=secret"]].concat(), &certificate).await;
    assert!(ok && said.contains("topic \"t\" with 1 partitions"), "{said}");
    let (ok, said) = kcat(&broker, &[&sasl[..], &["sasl.password=wrong"]].concat(), &certificate).await;
    assert!(!ok && said.contains("Invalid username or password"), "{said}");
    let (ok, said) = kcat(&broker, &["security.protocol=SSL"], &certificate).await;
    assert!(!ok, "without authentication: {said}");
    let mut plain = Client::connect(broker.address()).await;
    plain.write(&framed(&[0; 20])).await;
    while plain.read().await.is_some() {}
    broker.shutdown().await;
}

#[tokio::test]
async fn users_must_be_there() {
    let mut config = config("SASL_PLAINTEXT");
    config.security.users = std::sync::Arc::default();
    assert!(matches!(Broker::start(config).await, Err(StartError::NoUsers)));
    assert!(BrokerConfig::default().set("listeners", "KERBEROS://x:1").is_err());
    assert!(BrokerConfig::default().set("ssl.keystore.type", "JKS").is_err());
}
