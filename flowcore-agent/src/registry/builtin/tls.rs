//! Keys of TLS, which mean the same for every type that has them.

use flowcore::base::with_causes;
use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsError, TlsSelection};

use crate::registry::{SettingError, Settings};

/// TLS of a source; none when `ssl` is off.
pub(super) fn server(settings: &Settings<'_>) -> Result<Option<ServerTls>, SettingError> {
    // The http source has older names too; a key that is not written is the first.
    if !settings.boolean(settings.written_of(&["ssl", "enableSSL"]))? {
        return Ok(None);
    }
    let password = settings.written_of(&["keystore-password", "keystorePassword"]);
    let exclude = settings.written_of(&["exclude-protocols", "excludeProtocols"]);
    let tls = ServerTls::from_store(store(settings, "keystore", password)?)
        .allow(selection(settings, exclude))
        .client_auth(client_auth(settings)?);
    // What does not fit is said before anything starts.
    tls.acceptor().map_err(|error| unusable(settings, "keystore", &error))?;
    Ok(Some(tls))
}

/// TLS of a sink; none when `ssl` is off.
pub(super) fn client(settings: &Settings<'_>) -> Result<Option<ClientTls>, SettingError> {
    if settings.boolean("ssl")? { trusting(settings).map(Some) } else { Ok(None) }
}

/// Which servers a sink trusts that speaks TLS.
pub(super) fn trusting(settings: &Settings<'_>) -> Result<ClientTls, SettingError> {
    let trusts_all = settings.boolean("trust-all-certs")?;
    let tls = ClientTls::new()
        .trust_all_certs(trusts_all)
        .verify_hostname(settings.boolean("verify-hostname")?)
        .allow(selection(settings, "exclude-protocols"));
    let tls = match settings.text("truststore").filter(|_| !trusts_all) {
        Some(_) => tls.truststore(store(settings, "truststore", "truststore-password")?),
        None => tls,
    };
    if !trusts_all {
        tls.connector().map_err(|error| unusable(settings, "truststore", &error))?;
    }
    Ok(tls)
}

fn selection(settings: &Settings<'_>, exclude: &str) -> TlsSelection {
    TlsSelection::new()
        .include_protocols(words(settings, "include-protocols"))
        .exclude_protocols(words(settings, exclude))
        .include_cipher_suites(words(settings, "include-cipher-suites"))
        .exclude_cipher_suites(words(settings, "exclude-cipher-suites"))
}

fn client_auth(settings: &Settings<'_>) -> Result<ClientAuth, SettingError> {
    let store = || store(settings, "truststore", "truststore-password");
    match settings.required("client-auth")? {
        auth if auth.eq_ignore_ascii_case("want") => store().map(ClientAuth::Want),
        auth if auth.eq_ignore_ascii_case("need") => store().map(ClientAuth::Need),
        _ => Ok(ClientAuth::None),
    }
}

/// Names the key that is at fault: that of the store, unless nothing is left of versions or suites.
fn unusable(settings: &Settings<'_>, store: &str, error: &TlsError) -> SettingError {
    let keys: &[&'static str] = match error {
        TlsError::NoProtocol => &["include-protocols", "exclude-protocols", "excludeProtocols"],
        TlsError::NoCipherSuite => &["include-cipher-suites", "exclude-cipher-suites"],
        _ => return of_store(settings, store, with_causes(error).as_str()),
    };
    settings.error(settings.written_of(keys), format!("cannot be so: {error}"))
}

fn of_store(settings: &Settings<'_>, key: &str, why: &str) -> SettingError {
    match settings.path(key) {
        Ok(path) => settings.error(key, format!("names {}, which cannot be used: {why}", path.display())),
        Err(_) => settings.error(key, format!("is missing, and the system's cannot be used: {why}")),
    }
}

fn store(settings: &Settings<'_>, key: &str, password: &str) -> Result<KeyStore, SettingError> {
    let path = settings.path(key)?;
    let bytes = std::fs::read(&path).map_err(|error| of_store(settings, key, &error.to_string()))?;
    let read = KeyStore::read(&bytes, settings.text(password));
    read.map_err(|error| of_store(settings, key, with_causes(&error).as_str()))
}

fn words<'s>(settings: &'s Settings<'_>, key: &str) -> impl Iterator<Item = &'s str> + use<'s> {
    settings.text(key).unwrap_or("").split_ascii_whitespace()
}
