//! Every key of TLS, at every source and sink that has it, and what stands in for those that are missing.

use tempfile::tempdir;

use crate::network::{Agent, sends_to};
use crate::program::{Program, TO_FILES, lines_in};
use crate::tls::{PASSWORD, openssl_sends, server, store};

const NEW: &str = "-tls1_3";
const OLD: &str = "-tls1_2";
const SUITE: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const OTHER: &str = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
/// The same two by their names in openssl.
const BY_SUITE: &str = "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256";
const BY_OTHER: &str = "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384";

/// A source without its keys of TLS.
fn plain(kind: &str) -> String {
    match kind {
        "syslogtcp" => "type = syslogtcp\nhost = 127.0.0.1\nport = 0".to_owned(),
        "multiport_syslogtcp" => "type = multiport_syslogtcp\nhost = 127.0.0.1\nports = 0".to_owned(),
        _ => format!("type = {kind}\nbind = 127.0.0.1\nport = 0"),
    }
}

const SERVERS: [&str; 5] = ["avro", "thrift", "http", "syslogtcp", "multiport_syslogtcp"];

#[test]
fn each_key_of_a_server_does_what_it_says() {
    let trust = format!("truststore = {}\ntruststore-password = {PASSWORD}", store("trust.jks").display());
    let certificate = format!("{OLD} -cert {0} -key {0}", store("own.pem").display());
    let table: [(&str, [(&str, bool); 2]); 6] = [
        ("include-protocols = TLSv1.3", [(NEW, true), (OLD, false)]),
        ("exclude-protocols = SSLv3 TLSv1.3", [(NEW, false), (OLD, true)]),
        (&format!("include-cipher-suites = {SUITE}"), [(BY_SUITE, true), (BY_OTHER, false)]),
        (&format!("exclude-cipher-suites = {OTHER}"), [(BY_SUITE, true), (BY_OTHER, false)]),
        (&format!("client-auth = need\n{trust}"), [(&certificate, true), (OLD, false)]),
        (&format!("client-auth = want\n{trust}"), [(&certificate, true), (OLD, true)]),
    ];
    for kind in SERVERS {
        for (keys, clients) in &table {
            let agent = Agent::start(&format!("{}{}\n{keys}", plain(kind), server("own.p12")));
            let port = agent.addresses(1)[0].port();
            for (words, expected) in clients {
                assert_eq!(openssl_sends(port, words, ""), *expected, "{kind} {keys}: {words}");
            }
            agent.stop();
        }
    }
}

#[test]
fn a_key_store_of_each_type_serves_and_one_of_pem_needs_no_password() {
    for kind in SERVERS {
        for (name, of_type) in [("own.jks", "jks"), ("own.p12", "PKCS12"), ("own.pem", "pem")] {
            let password =
                if of_type == "pem" { String::new() } else { format!("\nkeystore-password = {PASSWORD}") };
            let agent = Agent::start(&format!(
                "{}\nssl = true\nkeystore = {}\nkeystore-type = {of_type}{password}",
                plain(kind),
                store(name).display()
            ));
            assert!(openssl_sends(agent.addresses(1)[0].port(), "", ""), "{kind} {name}");
            agent.stop();
        }
    }
}

/// A sink that speaks TLS and trusts `store`.
fn client(kind: &str, trusted: &str) -> String {
    let trust = store(trusted);
    let trust = format!("truststore = {}\ntruststore-password = {PASSWORD}", trust.display());
    format!("{}\n{trust}", untrusting(kind, "localhost"))
}

/// A sink that speaks TLS to `host`.
fn untrusting(kind: &str, host: &str) -> String {
    match kind {
        "http" => format!(
            "type = http\nendpoint = https://{host}:{{port}}/\nrollback.2XX = false\ndefaultBackoff = false"
        ),
        _ => format!("type = {kind}\nhostname = {host}\nport = {{port}}\nssl = true"),
    }
}

/// A source that a sink of this kind sends to.
fn far(kind: &str, keys: &str) -> Agent {
    let blob = if kind == "http" { "\nhandler = blob" } else { "" };
    Agent::start(&format!("{}{blob}{}\n{keys}", plain(kind), server("own.p12")))
}

const ALL: [&str; 5] = ["0", "1", "2", "3", "4"];
const CLIENTS: [&str; 3] = ["avro", "thrift", "http"];

/// Whether what a sink sends arrives; else its log has the error.
fn arrives(far: &Agent, sink: &str, expected: bool, about: &str) {
    let mut near = sends_to(far, sink);
    if expected {
        far.expect(&ALL);
        near.stop();
    } else {
        near.until(about, || near.log().contains("cannot connect to"));
        assert_eq!(lines_in(&far.program.path("out")), [""; 0], "{about}");
    }
}

#[test]
fn each_key_of_a_client_does_what_it_says() {
    let at_old = |suite: &str| format!("include-protocols = TLSv1.2\ninclude-cipher-suites = {suite}");
    // Keys of the server and of the client, and whether they agree.
    let table = [
        ("include-protocols = TLSv1.3".to_owned(), "include-protocols = TLSv1.2".to_owned(), false),
        ("include-protocols = TLSv1.2".to_owned(), "include-protocols = TLSv1.2".to_owned(), true),
        ("include-protocols = TLSv1.3".to_owned(), "exclude-protocols = SSLv3 TLSv1.3".to_owned(), false),
        (at_old(SUITE), format!("include-cipher-suites = {OTHER}"), false),
        (at_old(SUITE), format!("include-cipher-suites = {SUITE}"), true),
        (at_old(SUITE), format!("exclude-cipher-suites = {SUITE}"), false),
        (at_old(SUITE), format!("exclude-cipher-suites = {OTHER}"), true),
    ];
    for kind in CLIENTS {
        for (theirs, ours, expected) in &table {
            let far = far(kind, theirs);
            let about = format!("{kind} {ours} at {theirs}");
            arrives(&far, &format!("{}\n{ours}", client(kind, "trust.jks")), *expected, &about);
            far.stop();
        }
    }
}

#[test]
fn a_trust_store_of_each_type_is_read_and_none_of_pem_needs_a_password() {
    for kind in CLIENTS {
        let far = far(kind, "");
        for (name, of_type) in [("trust.jks", "JKS"), ("trust.p12", "pkcs12")] {
            let sink = format!("{}\ntruststore-type = {of_type}", client(kind, name));
            let wrong = sink.replace(PASSWORD, "other!");
            let mut refused = sends_to(&far, &wrong);
            assert_eq!(refused.wait(), 3, "{kind} {name}: {}", refused.log());
            assert!(refused.log().contains("the password is wrong"), "{}", refused.log());
        }
        let trust = format!("truststore = {}\ntruststore-type = PEM", store("trust.pem").display());
        arrives(&far, &format!("{}\n{trust}", untrusting(kind, "localhost")), true, kind);
        far.stop();
        let far = self::far(kind, "");
        let sink = format!("{}\ntruststore-type = PKCS12", client(kind, "trust.p12"));
        arrives(&far, &sink, true, kind);
        far.stop();
    }
}

#[test]
fn the_name_of_a_server_must_be_in_its_certificate_unless_it_is_not_looked_at() {
    let trust = format!("truststore = {}\ntruststore-password = {PASSWORD}", store("trust.jks").display());
    for kind in CLIENTS {
        let blob = if kind == "http" { "\nhandler = blob" } else { "" };
        let source = plain(kind).replace("127.0.0.1", "127.0.0.2");
        let far = Agent::start(&format!("{source}{blob}{}", server("own.p12")));
        // The certificate has 127.0.0.1 alone.
        let sink = format!("{}\n{trust}", untrusting(kind, "127.0.0.2"));
        let stranger = sends_to(&far, &sink);
        stranger.until("the refusal", || stranger.log().contains("not valid for name"));
        drop(stranger);
        arrives(&far, &format!("{sink}\nverify-hostname = false"), true, kind);
        far.stop();
    }
}

/// An agent with these variables in its environment.
fn start(source: &str, sink: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Agent {
    let rest: Vec<&str> =
        TO_FILES.lines().filter(|line| sink.is_empty() || !line.contains("k1.type")).collect();
    let keys = |name: &str, keys: &str| {
        let lines: Vec<String> = keys.lines().map(|line| format!("a1.{name}.{line}")).collect();
        lines.join("\n")
    };
    let conf = format!("{}\n{}\n{}\n", rest.join("\n"), keys("sources.r1", source), keys("sinks.k1", sink));
    Agent { program: Program::start_with(tempdir().unwrap(), &conf, arguments, variables) }
}

/// What stands in for a key: a property, a variable.
const STAND_INS: [(&str, &str); 10] = [
    ("javax.net.ssl.keyStore", "FLUME_SSL_KEYSTORE_PATH"),
    ("javax.net.ssl.keyStorePassword", "FLUME_SSL_KEYSTORE_PASSWORD"),
    ("javax.net.ssl.keyStoreType", "FLUME_SSL_KEYSTORE_TYPE"),
    ("javax.net.ssl.trustStore", "FLUME_SSL_TRUSTSTORE_PATH"),
    ("javax.net.ssl.trustStorePassword", "FLUME_SSL_TRUSTSTORE_PASSWORD"),
    ("javax.net.ssl.trustStoreType", "FLUME_SSL_TRUSTSTORE_TYPE"),
    ("flume.ssl.include.protocols", "FLUME_SSL_INCLUDE_PROTOCOLS"),
    ("flume.ssl.exclude.protocols", "FLUME_SSL_EXCLUDE_PROTOCOLS"),
    ("flume.ssl.include.cipherSuites", "FLUME_SSL_INCLUDE_CIPHERSUITES"),
    ("flume.ssl.exclude.cipherSuites", "FLUME_SSL_EXCLUDE_CIPHERSUITES"),
];

/// The settings as words of the command line or as variables.
fn stand_ins(settings: &[(&str, &str)], as_variables: bool) -> (Vec<String>, Vec<(&'static str, String)>) {
    let known = |name: &str| *STAND_INS.iter().find(|(property, _)| *property == name).unwrap();
    if as_variables {
        let of = |(name, value): &(&str, &str)| (known(name).1, (*value).to_owned());
        return (Vec::new(), settings.iter().map(of).collect());
    }
    (settings.iter().map(|(name, value)| format!("-D{}={value}", known(name).0)).collect(), Vec::new())
}

fn started(source: &str, sink: &str, settings: &[(&str, &str)], as_variables: bool) -> Agent {
    let (arguments, variables) = stand_ins(settings, as_variables);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    start(source, sink, &arguments, &variables)
}

#[test]
fn properties_and_variables_stand_in_for_the_keys_of_a_server() {
    let (own, pem) = (store("own.p12").display().to_string(), store("own.pem").display().to_string());
    let keys = [("javax.net.ssl.keyStore", own.as_str()), ("javax.net.ssl.keyStorePassword", PASSWORD)];
    let with = |more| [keys.as_slice(), &[more]].concat();
    let lists = [OTHER, "TLS_AES_128_GCM_SHA256"].join(",");
    let table = [
        (with(("javax.net.ssl.keyStoreType", "PKCS12")), [(NEW, true), (OLD, true)]),
        (with(("flume.ssl.include.protocols", "TLSv1.1,TLSv1.3")), [(NEW, true), (OLD, false)]),
        (with(("flume.ssl.exclude.protocols", "SSLv3,TLSv1.3")), [(NEW, false), (OLD, true)]),
        (with(("flume.ssl.include.cipherSuites", &lists)), [(BY_OTHER, true), (BY_SUITE, false)]),
        (with(("flume.ssl.exclude.cipherSuites", &lists)), [(BY_OTHER, false), (BY_SUITE, true)]),
        // Without its type a password would be missed.
        (
            vec![("javax.net.ssl.keyStore", &pem), ("javax.net.ssl.keyStoreType", "PEM")],
            [(NEW, true), (OLD, true)],
        ),
    ];
    for (settings, clients) in &table {
        for as_variables in [false, true] {
            let source = format!("{}\nssl = true", plain("syslogtcp"));
            let agent = started(&source, "", settings, as_variables);
            let port = agent.addresses(1)[0].port();
            for (words, expected) in clients {
                assert_eq!(openssl_sends(port, words, ""), *expected, "{settings:?} {words}");
            }
            agent.stop();
        }
    }
    for kind in SERVERS {
        let agent = started(&format!("{}\nssl = true", plain(kind)), "", &keys, true);
        assert!(openssl_sends(agent.addresses(1)[0].port(), "", ""), "{kind}");
        agent.stop();
    }
}

#[test]
fn properties_and_variables_stand_in_for_the_keys_of_a_client() {
    let source = "type = seq\ntotalEvents = 5";
    let (jks, pem) = (store("trust.jks").display().to_string(), store("trust.pem").display().to_string());
    let store = [("javax.net.ssl.trustStore", jks.as_str()), ("javax.net.ssl.trustStorePassword", PASSWORD)];
    let of_pem = [("javax.net.ssl.trustStore", pem.as_str()), ("javax.net.ssl.trustStoreType", "PEM")];
    for kind in CLIENTS {
        for (settings, as_variables) in [(&store, false), (&store, true), (&of_pem, true)] {
            let far = far(kind, "");
            let port = far.addresses(1)[0].port().to_string();
            let sink = untrusting(kind, "localhost").replace("{port}", &port);
            let near = started(source, &sink, settings, as_variables);
            far.expect(&ALL);
            near.stop();
            far.stop();
        }
    }
    // A list holds for clients too.
    let far = far("avro", "include-protocols = TLSv1.2");
    let port = far.addresses(1)[0].port().to_string();
    let sink = untrusting("avro", "localhost").replace("{port}", &port);
    let settings = [store.as_slice(), &[("flume.ssl.exclude.protocols", "TLSv1.2")]].concat();
    let near = started(source, &sink, &settings, true);
    near.program.until("the refusal", || near.program.log().contains("cannot connect to"));
    drop(near);
    far.stop();
}

#[test]
fn a_key_goes_before_a_property_and_that_before_a_variable() {
    let good = format!("-Djavax.net.ssl.keyStore={}", store("own.p12").display());
    let variables = [("FLUME_SSL_KEYSTORE_PATH", "/nowhere"), ("FLUME_SSL_KEYSTORE_PASSWORD", PASSWORD)];
    let source = format!("{}\nssl = true", plain("syslogtcp"));
    let agent = start(&source, "", &[&good], &variables);
    assert!(openssl_sends(agent.addresses(1)[0].port(), "", ""));
    agent.stop();
    let source = format!("{source}\nkeystore = {}", store("own.jks").display());
    let agent = start(&source, "", &["-Djavax.net.ssl.keyStore=/nowhere"], &variables);
    assert!(openssl_sends(agent.addresses(1)[0].port(), "", ""));
    agent.stop();
    // Without TLS nothing is filled in.
    let agent = start(&plain("syslogtcp"), "", &["-Djavax.net.ssl.keyStore=/nowhere"], &variables);
    assert!(agent.connect().peer_addr().is_ok());
    agent.stop();
}
