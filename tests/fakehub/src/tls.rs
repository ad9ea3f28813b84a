//! TLS with a certificate of an authority that is made for the run.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, crypto::aws_lc_rs};
use tokio_rustls::server::TlsStream;

/// A client that does not finish its handshake in this time is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Makes an authority and a certificate for `localhost` and 127.0.0.1; writes the authority's
/// certificate into the folder and returns its path.
pub(crate) fn prepare(folder: &Path) -> (PathBuf, Arc<rustls::ServerConfig>) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "fakehub test authority");
    let key = KeyPair::generate().expect("the system makes keys");
    let root = authority
        .self_signed(&key)
        .expect("a certificate signs itself");
    let file = folder.join("ca.pem");
    std::fs::write(&file, root.pem()).expect("the folder takes a file");
    let issuer = Issuer::new(authority, key);
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = CertificateParams::new(names).expect("names of a host");
    let own_key = KeyPair::generate().expect("the system makes keys");
    let issued = own
        .signed_by(&own_key, &issuer)
        .expect("the authority signs");
    let chain: Vec<CertificateDer<'static>> = vec![issued.der().clone()];
    let private = PrivateKeyDer::try_from(own_key.serialize_der()).expect("a key just made");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the versions")
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .expect("key and certificate fit");
    (file, Arc::new(config))
}

/// Hands out connections whose handshake is done; a slow client holds nobody up.
pub(crate) struct TlsListener<Io> {
    ready: mpsc::Receiver<(TlsStream<Io>, SocketAddr)>,
    address: io::Result<SocketAddr>,
}

impl<Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsListener<Io> {
    pub(crate) fn new<L>(mut listener: L, config: Arc<rustls::ServerConfig>) -> Self
    where
        L: Listener<Io = Io, Addr = SocketAddr>,
    {
        let address = listener.local_addr();
        let (sender, ready) = mpsc::channel(64);
        let acceptor = TlsAcceptor::from(config);
        tokio::spawn(async move {
            loop {
                let (socket, from) = listener.accept().await;
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(socket)).await;
                    // Clients that trust nobody are what some tests are about.
                    if let Ok(Ok(stream)) = shaken {
                        let _ = sender.send((stream, from)).await;
                    }
                });
            }
        });
        Self { ready, address }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Listener for TlsListener<Io> {
    type Io = TlsStream<Io>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The task that accepts never ends before the runtime does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.address {
            Ok(address) => Ok(*address),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}
