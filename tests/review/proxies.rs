//! The way through an HTTP proxy: the real binary, a proxy that takes `CONNECT`, TLS to the end.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::scene::{FILE, REPO, Scene, unsafe_file};

const HOST: &str = "git.acme.example";

/// A proxy behind which [`HOST`] is the fake.
struct Proxy {
    address: SocketAddr,
    /// What clients said before TLS.
    heads: Arc<Mutex<Vec<String>>>,
    /// The certificate of the authority, as PEM.
    authority: String,
    _running: Receiver<()>,
}

fn start(fake: &str) -> Proxy {
    let fake = fake.trim_start_matches("http://").to_owned();
    let issued = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(
        tokio_rustls::rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![issued.cert.der().clone()], key)
    .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (tell, address) = channel();
    let (alive, running) = channel();
    let seen = Arc::clone(&heads);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            while alive.send(()).is_ok() {
                let (client, _) = listener.accept().await.unwrap();
                let (acceptor, fake, seen) = (acceptor.clone(), fake.clone(), Arc::clone(&seen));
                tokio::spawn(async move { serve(client, &acceptor, &fake, &seen).await });
            }
        });
    });
    Proxy {
        address: address.recv().unwrap(),
        heads,
        authority: issued.cert.pem(),
        _running: running,
    }
}

async fn serve(
    mut client: TcpStream,
    acceptor: &TlsAcceptor,
    fake: &str,
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    seen.lock().unwrap().push(String::from_utf8(head).unwrap());
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    let mut inside = acceptor.accept(client).await.ok()?;
    let mut there = TcpStream::connect(fake).await.ok()?;
    copy_bidirectional(&mut inside, &mut there).await.ok()?;
    Some(())
}

#[test]
fn a_proxy_that_the_environment_names_is_gone_through() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    let proxy = start(&scene.hub.url());
    let roots = scene.folder.path().join("roots.pem");
    std::fs::write(&roots, &proxy.authority).unwrap();
    let api = format!("https://{HOST}/api/v3");
    let named = format!("http://ada:secret@{}", proxy.address);
    let run = |no_proxy: &str| {
        let variables = [
            ("HTTPS_PROXY", named.as_str()),
            ("NO_PROXY", no_proxy),
            ("SSL_CERT_FILE", roots.to_str().unwrap()),
        ];
        scene.run_with("opened", &variables, &["--api-url", &api])
    };
    let past = run("acme.example");
    assert_eq!(past.code, 1, "the gate is what was found: {past:#?}");
    assert!(scene.living().is_empty(), "{past:#?}");
    assert!(proxy.heads.lock().unwrap().is_empty());

    let through = run("");
    assert_eq!(
        (through.code, through.on_rung("inline")),
        (1, 2),
        "{through:#?}"
    );
    scene.assert_settled(&through);
    assert_eq!(scene.living()[0].1.path, FILE);
    let heads = proxy.heads.lock().unwrap();
    assert!(!heads.is_empty());
    for head in heads.iter() {
        assert!(head.starts_with(&format!("CONNECT {HOST}:443 ")), "{head}");
        // The proxy is told its own secret, and never GitHub's.
        assert!(
            head.to_lowercase()
                .contains("proxy-authorization: basic ywrhonnly3jlda=="),
            "{head}"
        );
        assert!(!head.contains(&scene.token), "{head}");
    }
    assert!(!format!("{through:?}").contains("secret"), "{through:#?}");
    assert!(
        scene
            .hub
            .log()
            .iter()
            .any(|one| one.path.contains(REPO) && one.enterprise)
    );
}
