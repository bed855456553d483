//! TLS of sources and sinks: key stores of Java's keytool, clients of openssl.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::network::Agent;
use crate::program::{Program, TO_FILES};

pub(crate) const PASSWORD: &str = "changeit";

/// Stores with a certificate of `localhost`, made once: `own.p12`, `own.jks` and `own.pem` have the key, the
/// same names with `trust` the certificate alone.
fn stores() -> &'static Path {
    static STORES: OnceLock<TempDir> = OnceLock::new();
    STORES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = |program, words: &str| run(folder.path(), program, words);
        run(
            "keytool",
            "-genkeypair -alias own -keyalg RSA -keysize 2048 -validity 30 -dname CN=localhost \
             -ext san=dns:localhost,ip:127.0.0.1 -keystore own.p12 -storetype PKCS12 \
             -storepass changeit -keypass changeit",
        );
        let import =
            "-importkeystore -noprompt -srckeystore own.p12 -srcstorepass changeit -deststorepass changeit";
        run("keytool", &format!("{import} -destkeystore own.jks -deststoretype JKS"));
        run("keytool", "-exportcert -rfc -alias own -keystore own.p12 -storepass changeit -file trust.pem");
        for kind in ["p12 -storetype PKCS12", "jks -storetype JKS"] {
            let import = "-importcert -noprompt -alias other -file trust.pem -storepass changeit";
            run("keytool", &format!("{import} -keystore trust.{kind}"));
        }
        run("openssl", "pkcs12 -in own.p12 -passin pass:changeit -nodes -out own.pem");
        folder
    });
    STORES.get().unwrap().path()
}

fn run(folder: &Path, program: &str, words: &str) {
    let made = Command::new(program).args(words.split_whitespace()).current_dir(folder).output();
    let made = made.unwrap_or_else(|error| panic!("{program} is not installed: {error}"));
    assert!(made.status.success(), "{program} {words}: {}", String::from_utf8_lossy(&made.stderr));
}

pub(crate) fn store(name: &str) -> PathBuf {
    stores().join(name)
}

/// The keys of a server with its key store in this file.
pub(crate) fn server(name: &str) -> String {
    let kind = if name.ends_with("pem") { "PEM" } else { "JKS" };
    let password = if kind == "PEM" { String::new() } else { format!("\nkeystore-password = {PASSWORD}") };
    format!("\nssl = true\nkeystore = {}\nkeystore-type = {kind}{password}", store(name).display())
}

/// Whether `openssl s_client` with `words` shakes hands at `port` and sends `text`.
pub(crate) fn openssl_sends(port: u16, words: &str, text: &str) -> bool {
    let mut client = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error"])
        .arg("-CAfile")
        .arg(store("trust.pem"))
        .args(["-connect", &format!("localhost:{port}")])
        .args(words.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("setpriv and openssl are installed");
    // A client that was refused does not read it.
    let _ = client.stdin.take().unwrap().write_all(text.as_bytes());
    client.wait().unwrap().success()
}

#[test]
fn syslog_over_tls_comes_from_each_kind_of_key_store() {
    for name in ["own.p12", "own.jks", "own.pem"] {
        let agent = Agent::start(&format!("type = syslogtcp\nhost = 127.0.0.1\nport = 0{}", server(name)));
        let port = agent.addresses(1)[0].port();
        // Who says nothing, and who speaks something else, hold up nobody.
        let _silent = agent.connect();
        agent.connect().write_all(b"<13>1 - - open\n").unwrap();
        assert!(openssl_sends(port, "", "<13>1 - - sealed\n"), "{name}");
        agent.expect(&["sealed"]);
        agent.stop();
    }
}

#[test]
fn multiport_syslog_and_http_speak_tls_too() {
    let agent = Agent::start(&format!(
        "type = multiport_syslogtcp\nhost = 127.0.0.1\nports = 0 0{}",
        server("own.p12")
    ));
    for (address, word) in agent.addresses(2).iter().zip(["one", "two"]) {
        assert!(openssl_sends(address.port(), "", &format!("<13>1 2003-10-11T22:14:15Z h {word}\n")));
    }
    agent.expect(&["one", "two"]);
    agent.stop();
    // By the old names of the keys.
    let agent = Agent::start(&format!(
        "type = http\nbind = 127.0.0.1\nport = 0\nenableSSL = true\nkeystore = {}\nkeystorePassword = {PASSWORD}\n\
         excludeProtocols = SSLv3 TLSv1.2",
        store("own.jks").display()
    ));
    let port = agent.addresses(1)[0].port();
    let request =
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 16\r\n\r\n[{\"body\":\"one\"}]";
    assert!(!openssl_sends(port, "-tls1_2", request));
    assert!(openssl_sends(port, "-tls1_3 -ign_eof", request));
    agent.expect(&["one"]);
    agent.stop();
}

/// An agent whose avro sink sends one event to `port`.
fn sending(port: u16, keys: &str) -> Program {
    let lines = TO_FILES.lines().filter(|line| !line.contains(".k1."));
    let sink = format!("type = avro\nchannel = c1\nhostname = localhost\nport = {port}\nssl = true\n{keys}");
    let mut conf: Vec<String> = lines.map(str::to_owned).collect();
    conf.extend(sink.lines().map(|line| format!("a1.sinks.k1.{line}")));
    conf.push("a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 1\n".to_owned());
    Program::start(&conf.join("\n"), &[])
}

#[test]
fn an_avro_sink_trusts_each_kind_of_store_and_nobody_else() {
    for (own, trust) in [("own.p12", "trust.jks"), ("own.jks", "trust.p12"), ("own.pem", "trust.pem")] {
        let far = Agent::start(&format!("type = avro\nbind = 127.0.0.1\nport = 0{}", server(own)));
        let port = far.addresses(1)[0].port();
        let stranger = sending(port, "");
        stranger.until("the refusal", || stranger.log().contains("certificate"));
        let store = store(trust);
        let keys = format!("truststore = {}\ntruststore-password = {PASSWORD}", store.display());
        let mut near = sending(port, &keys);
        far.expect(&["0"]);
        near.stop();
        far.stop();
    }
    let far = Agent::start(&format!("type = avro\nbind = 127.0.0.1\nport = 0{}", server("own.p12")));
    let mut near = sending(far.addresses(1)[0].port(), "trust-all-certs = true");
    far.expect(&["0"]);
    near.stop();
    far.stop();
}

#[test]
fn a_key_store_that_cannot_be_used_keeps_the_agent_from_starting() {
    let wrong = server("own.p12").replace(PASSWORD, "wrong!");
    for (keys, expected) in [
        (wrong, "own.p12, which cannot be used: the password is wrong, or the file is damaged"),
        (server("nowhere.p12"), "nowhere.p12, which cannot be used: No such file"),
        (server("nowhere.p12"), "warning[missing-file]: the file "),
        (server("trust.pem"), "trust.pem, which cannot be used: there is no private key"),
        (
            format!("{}\ninclude-protocols = TLSv1.1", server("own.jks")),
            "`include-protocols` cannot be so: neither TLSv1.2 nor TLSv1.3 is allowed",
        ),
        ("\nssl = true".to_owned(), "source r1 speaks TLS and needs `keystore`"),
    ] {
        let mut agent = Agent::start(&format!("type = syslogtcp\nhost = 127.0.0.1\nport = 0{keys}"));
        assert_eq!(agent.program.wait(), 3, "{}", agent.program.log());
        let log = agent.program.log();
        assert!(log.contains(expected), "{expected}: {log}");
        assert!(!log.contains("wrong!"), "{log}");
        assert!(log.contains("flume.conf:"), "{log}");
    }
}
