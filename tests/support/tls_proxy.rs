//! A proxy with TLS as the documentation sets it up: nginx, with the file that souk's archive has for it.

use std::path::PathBuf;

use tempfile::TempDir;
use tokio::process::Command;

use crate::built::existing;
use crate::{PATIENCE, Process, http_client, until};

/// The name that the file is about.
const NAME: &str = "souk.example";
/// Souk, as the file has it.
const UPSTREAM: &str = "http://127.0.0.1:8808";

/// A running nginx before a host. It ends when it is dropped.
#[derive(Debug)]
pub struct TlsProxy {
    port: u16,
    certificate: reqwest::Certificate,
    _process: Process,
    _directory: TempDir,
}

impl TlsProxy {
    /// With `packaging/proxy/nginx.conf`, of which only addresses and paths are others, before the host
    /// at this address (`http://127.0.0.1:PORT`).
    ///
    /// # Panics
    /// When nginx or openssl is not installed, or it does not start.
    pub async fn before(host: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let (certificate, key) = (path("souk.pem"), path("souk.key"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-nodes", "-days", "2", "-subj", "/CN=souk.example"])
            .args(["-addext", "subjectAltName=DNS:souk.example"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-out", &certificate, "-keyout", &key])
            .output()
            .await
            .expect("openssl is installed: apt-get install openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/proxy/nginx.conf");
        let mut server = std::fs::read_to_string(file).unwrap();
        for (documented, here) in [
            ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
            ("/etc/ssl/souk.example.pem", certificate.clone()),
            ("/etc/ssl/private/souk.example.key", key),
            (UPSTREAM, host.to_owned()),
        ] {
            assert!(server.contains(documented), "`{documented}` is not in nginx.conf");
            server = server.replace(documented, &here);
        }
        // Where nginx keeps what it keeps, below a directory of the test's own.
        let server = server.replace("/var/log/nginx/", &format!("{}/", path("")));
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {};\n", path(kind)))
            .collect();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {};\nerror_log stderr notice;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{server}\n}}\n",
            path("nginx.pid")
        );
        std::fs::write(path("nginx.conf"), whole).unwrap();
        let program = PathBuf::from("/usr/sbin/nginx");
        let mut command = Command::new(existing(program, "apt-get install nginx-light"));
        command.args(["-p", &path(""), "-c", &path("nginx.conf"), "-e", "stderr"]);
        let process = Process::start(command);
        until("nginx listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        let pem = std::fs::read(certificate).unwrap();
        let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
        Self { port, certificate, _process: process, _directory: directory }
    }

    /// Its name as a browser writes it. The port that it has here is left out, as a browser leaves out
    /// the usual one.
    #[must_use]
    pub const fn origin() -> &'static str {
        "https://souk.example"
    }

    /// Where its name is reached here.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{NAME}:{}", self.port)
    }

    /// A client that finds it there, and trusts its certificate alone.
    ///
    /// # Panics
    /// When there can be none.
    #[must_use]
    pub fn client(&self) -> reqwest::Client {
        let _ = http_client();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .resolve(NAME, ([127, 0, 0, 1], self.port).into())
            .add_root_certificate(self.certificate.clone())
            .timeout(PATIENCE)
            .build()
            .unwrap()
    }
}
