//! TLS and SASL on the way to a broker.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use muster_conformance::attempt::Verdict;
use muster_conformance::kafka::Settings;
use muster_conformance::runner::Runner;
use muster_conformance::wire::{Access, Broker, Security};
use muster_conformance::{Trouble, suite};
use muster_model::trace::{Release, Trace};
use muster_reference::broker::{Broker as ReferenceBroker, BrokerConfig};
use muster_reference::coordinator::Config;

/// A key and a certificate of 127.0.0.1 in one file, and the certificate alone.
fn keystore(folder: &Path) -> (PathBuf, PathBuf) {
    let (key, certificate) = (folder.join("key.pem"), folder.join("ca.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is installed (apt-get install openssl)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let both = [std::fs::read(key).unwrap(), std::fs::read(&certificate).unwrap()].concat();
    let path = folder.join("keystore.pem");
    std::fs::write(&path, both).unwrap();
    (path, certificate)
}

fn properties(folder: &Path, name: &str, text: &str) -> Security {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    Security::load(&file).unwrap()
}

const LOGIN: &str = "sasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
                     required username=\"bob\" password=\"hunter2\";\n";

fn reach(address: &str, security: Security) -> Result<Broker, Trouble> {
    let profile = Settings { group_max_size: None, max_wait_ms: 10_000 }.profile();
    Broker::reach("B", address, profile, Access { security, ..Access::default() })
}

#[test]
fn a_listener_with_tls_and_sasl_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (keystore, _ca) = keystore(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let profile = Settings { group_max_size: None, max_wait_ms: 10_000 }.profile();
    let coordinator = Config {
        group_initial_rebalance_delay_ms: i32::try_from(profile.initial_delay_ms).unwrap(),
        ..Config::default()
    };
    let mut config = BrokerConfig { coordinator, ..BrokerConfig::default() };
    config.set("listeners", "SASL_SSL://127.0.0.1:0").unwrap();
    config.set("ssl.keystore.type", "PEM").unwrap();
    config.set("ssl.keystore.location", &keystore.display().to_string()).unwrap();
    config.security.read_users("bob:hunter2\n").unwrap();
    let served = runtime.block_on(ReferenceBroker::start(config)).unwrap();
    let address = served.address().to_string();
    let tls = "security.protocol=SASL_SSL\nssl.truststore.type=PEM\nssl.truststore.location=ca.pem\n";
    let good = properties(folder.path(), "good.properties", &format!("{tls}{LOGIN}"));
    let broker = reach(&address, good).unwrap();
    let all = suite::written(Release::V4_3).unwrap();
    let traces: Vec<&Trace> =
        all.iter().filter(|t| ["join-alone", "commit-and-fetch"].contains(&t.name.as_str())).collect();
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 2, stop: &never, confirm: 1, progress: &|_| {} }.run(&broker, &traces);
    assert_eq!(run.judged.len(), 2);
    assert!(run.judged.iter().all(|judged| judged.verdict == Verdict::Conforms), "{:?}", run.judged);
    drop(broker);

    let wrong = format!("{tls}{}", LOGIN.replace("hunter2", "hunter3"));
    let refused = [
        (properties(folder.path(), "wrong", &wrong), "user 'bob' is refused: SASL_AUTHENTICATION_FAILED"),
        (
            properties(
                folder.path(),
                "scram",
                &format!("{tls}{}", LOGIN.replace("=PLAIN", "=SCRAM-SHA-256")),
            ),
            "SCRAM-SHA-256 is refused (UNSUPPORTED_SASL_MECHANISM); the broker offers PLAIN",
        ),
        (properties(folder.path(), "plain", &format!("security.protocol=SASL_PLAINTEXT\n{LOGIN}")), "SASL: "),
    ];
    for (security, named) in refused {
        let said = reach(&address, security).err().unwrap().to_string();
        assert!(said.contains(named) && !said.contains("hunter3"), "{said}");
    }
    // A certificate of nobody that is trusted.
    std::fs::create_dir(folder.path().join("other")).unwrap();
    let (_, _other) = self::keystore(&folder.path().join("other"));
    let other = tls.replace("ca.pem", "other/ca.pem");
    let said = reach(&address, properties(folder.path(), "other.properties", &format!("{other}{LOGIN}")));
    let said = said.err().unwrap().to_string();
    assert!(said.contains("TLS: invalid peer certificate"), "{said}");
    runtime.block_on(served.shutdown());
}

#[test]
fn a_file_that_cannot_be_used_says_why_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("security.protocol=KERBEROS\n", "security.protocol 'KERBEROS' is none of"),
        ("security.protocol=SASL_PLAINTEXT\n", "sasl.mechanism '' is none of"),
        ("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n", "sasl.jaas.config is not set"),
        ("security.protocol=SSL\n", "ssl.truststore.location is not set"),
        ("security.protocol=SSL\nssl.truststore.location=absent.pem\n", "cannot read"),
        ("security.protocol=SSL\nssl.truststore.location=it\n", "no certificate in it"),
        ("security.protocol=SSL\nssl.truststore.type=JKS\n", "'JKS' is not PEM"),
        ("security.protocol=SSL\nssl.keystore.location=x\n", "client certificates are not supported"),
        ("security.protocol\n", "is not KEY=VALUE"),
    ];
    for (text, named) in cases {
        let file = folder.path().join("it");
        std::fs::write(&file, text).unwrap();
        let said = Security::load(&file).unwrap_err().to_string();
        assert!(said.contains(named) && said.lines().count() == 1, "{said}");
    }
}
