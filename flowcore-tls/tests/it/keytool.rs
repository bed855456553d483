use std::path::{Path, PathBuf};
use std::process::Command;

/// Of all stores.
pub(crate) const PASSWORD: &str = "changeit";

/// Runs Java's keytool or openssl in a folder.
pub(crate) fn run(folder: &Path, program: &str, arguments: &str) {
    let made = Command::new(program)
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} is not installed: {error}"));
    let said = [made.stdout, made.stderr].concat();
    assert!(made.status.success(), "{program} {arguments}: {}", String::from_utf8_lossy(&said));
}

/// A key with a certificate for `localhost` in a store `file` of this type, made by keytool.
pub(crate) fn store(folder: &Path, file: &str, kind: &str) -> PathBuf {
    let arguments = format!(
        "-genkeypair -alias own -keyalg RSA -keysize 2048 -validity 30 -dname CN=localhost -ext san=dns:localhost \
         -keystore {file} -storetype {kind} -storepass {PASSWORD} -keypass {PASSWORD}"
    );
    run(folder, "keytool", &arguments);
    folder.join(file)
}

/// The certificate of a store alone, as a client's truststore of this type.
pub(crate) fn trust(folder: &Path, from: &str, file: &str, kind: &str) -> PathBuf {
    let export =
        format!("-exportcert -rfc -alias own -keystore {from} -storepass {PASSWORD} -file {file}.pem");
    run(folder, "keytool", &export);
    let import = format!(
        "-importcert -noprompt -alias other -file {file}.pem -keystore {file} -storetype {kind} -storepass {PASSWORD}"
    );
    run(folder, "keytool", &import);
    folder.join(file)
}
