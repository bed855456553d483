use std::path::Path;

use flowcore_tls::{is_cipher_suite, is_protocol};

use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::model::{ComponentConfig, Group, Setting};
use crate::tls_defaults::tls_switch;

/// What Java knows beside TLS 1.2 and 1.3.
const OLD_PROTOCOLS: [&str; 5] = ["SSLv2Hello", "SSLv2", "SSLv3", "TLSv1", "TLSv1.1"];

impl<'a> Checker<'a> {
    /// What a component needs that speaks TLS, and names that mean nothing here.
    pub(super) fn tls(&mut self) {
        for group in [Group::Sources, Group::Sinks] {
            for (component, kind) in self.declared(group) {
                if tls_switch(kind, component).is_none() {
                    continue;
                }
                if group == Group::Sources {
                    self.key_stores(component);
                }
                self.missing_stores(component);
                self.protocols(component);
                self.cipher_suites(component);
                self.no_trust(component);
            }
        }
    }

    fn key_stores(&mut self, component: &'a ComponentConfig) {
        let is_pem =
            self.value(component, "keystore-type").is_some_and(|kind| kind.eq_ignore_ascii_case("PEM"));
        let has_password = is_pem
            || ["keystore-password", "keystorePassword"].iter().any(|key| component.get(key).is_some());
        let asks = component.value("client-auth").is_some_and(|auth| !auth.eq_ignore_ascii_case("none"));
        let wanted = [
            ("keystore", component.get("keystore").is_some()),
            ("keystore-password", has_password),
            ("truststore", !asks || component.get("truststore").is_some()),
        ];
        for (key, _) in wanted.into_iter().filter(|(_, is_there)| !is_there) {
            let message = format!("{} speaks TLS and needs `{key}`", component.title());
            let span = component.get("ssl").or(component.get("enableSSL")).map(Setting::span);
            let error = Diagnostic::error("missing-key", message).at(span);
            self.say(component, error.help("in PEM, a keystore needs no password: keystore-type = PEM"));
        }
    }

    /// The folder of a key store may be that of the machine where the agent will run.
    fn missing_stores(&mut self, component: &'a ComponentConfig) {
        for setting in ["keystore", "truststore"].iter().filter_map(|key| component.get(key)) {
            if self.surroundings.file_exists(Path::new(setting.value())) == Some(false) {
                let message = format!("the file {} is not there", setting.value());
                let warning = Diagnostic::warning("missing-file", message).at(setting.value_span());
                let help =
                    format!("without it {} cannot be made, and the agent does not start", component.title());
                self.say(component, warning.help(help));
            }
        }
    }

    fn protocols(&mut self, component: &'a ComponentConfig) {
        for key in ["include-protocols", "exclude-protocols", "excludeProtocols"] {
            let Some(setting) = component.get(key) else { continue };
            for (word, span) in setting.words() {
                let is_old = OLD_PROTOCOLS.iter().any(|old| old.eq_ignore_ascii_case(word));
                // To exclude what is never spoken is what everybody does.
                if is_protocol(word) || (is_old && !key.starts_with("include")) {
                    continue;
                }
                let message = format!("{}: {word} is not spoken", component.title());
                let warning = Diagnostic::warning("unknown-protocol", message).at(span);
                self.say(component, warning.help("there are TLSv1.2 and TLSv1.3"));
            }
        }
    }

    fn cipher_suites(&mut self, component: &'a ComponentConfig) {
        let Some(setting) = component.get("include-cipher-suites") else { return };
        for (word, span) in setting.words().into_iter().filter(|(word, _)| !is_cipher_suite(word)) {
            let message = format!("{}: there is no cipher suite {word}", component.title());
            let warning = Diagnostic::warning("unknown-cipher-suite", message).at(span);
            self.say(component, warning.help("suites without forward secrecy are not spoken"));
        }
    }

    fn no_trust(&mut self, component: &'a ComponentConfig) {
        let Some(setting) = component.get("trust-all-certs") else { return };
        if setting.value().eq_ignore_ascii_case("true") {
            let message = format!("{} trusts whoever answers", component.title());
            let warning = Diagnostic::warning("trusts-all", message).at(setting.span());
            self.say(
                component,
                warning.help("what is sent can be read and changed on its way; set a truststore"),
            );
        }
    }
}
