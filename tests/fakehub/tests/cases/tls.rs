//! The fake over TLS, for clients that trust its authority and for those that do not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::sync::Arc;

use fakehub::FakeHub;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

use crate::client::REPO;

fn list_remote(hub: &FakeHub, trusting: bool) -> Output {
    let mut command = Command::new("git");
    command.args(["ls-remote", &hub.clone_url(REPO)]);
    for name in ["GIT_SSL_NO_VERIFY", "SSL_CERT_FILE", "GIT_SSL_CAINFO"] {
        command.env_remove(name);
    }
    if trusting {
        command.env("GIT_SSL_CAINFO", hub.ca_file());
    }
    command.output().unwrap()
}

fn exchange(hub: &FakeHub, roots: RootCertStore) -> std::io::Result<String> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = hub.url().replace("https://", "");
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(&address)?);
    write!(
        stream,
        "GET /repos/{REPO} HTTP/1.1\r\nhost: {address}\r\nuser-agent: test\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn those_who_trust_the_authority_are_served() {
    let hub = FakeHub::start_tls();
    hub.add_repository(REPO);
    hub.commit_files(REPO, "main", &[("pump.c", "int a;\n")]);
    assert!(hub.url().starts_with("https://127.0.0.1:"));
    let listed = list_remote(&hub, true);
    assert!(listed.status.success(), "{listed:?}");
    assert!(String::from_utf8_lossy(&listed.stdout).contains("refs/heads/main"));
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(hub.ca_file()).unwrap())
        .unwrap();
    let answer = exchange(&hub, roots).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The URLs in answers are of the same scheme.
    assert!(answer.contains(&hub.clone_url(REPO)), "{answer}");
    hub.assert_clean();
}

#[test]
fn those_who_do_not_are_not() {
    let hub = FakeHub::start_tls();
    hub.add_repository(REPO);
    assert!(!list_remote(&hub, false).status.success());
    assert!(exchange(&hub, RootCertStore::empty()).is_err());
    assert!(hub.log().is_empty());
    // Another run's authority is another one.
    let other = FakeHub::start_tls();
    let theirs = std::fs::read(other.ca_file()).unwrap();
    assert_ne!(theirs, std::fs::read(hub.ca_file()).unwrap());
}
