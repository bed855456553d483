//! Keys of TLS, which mean the same for every type that has them.

use flowcore::base::with_causes;
use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};

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
    tls.acceptor().map_err(|error| settings.error("keystore", with_causes(&error)))?;
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
        tls.connector().map_err(|error| settings.error("truststore", with_causes(&error)))?;
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

fn store(settings: &Settings<'_>, key: &str, password: &str) -> Result<KeyStore, SettingError> {
    let path = settings.path(key)?;
    let refused =
        |why: String| settings.error(key, format!("names {}, which cannot be used: {why}", path.display()));
    let bytes = std::fs::read(&path).map_err(|error| refused(error.to_string()))?;
    KeyStore::read(&bytes, settings.text(password)).map_err(|error| refused(with_causes(&error)))
}

fn words<'s>(settings: &'s Settings<'_>, key: &str) -> impl Iterator<Item = &'s str> + use<'s> {
    settings.text(key).unwrap_or("").split_ascii_whitespace()
}
