use std::error::Error;

use flowcore::event::Event;
use flowcore::ingest::{EncryptionKey, FileChannelBuilder};

use crate::registry::settings::at_home;
use crate::registry::{SettingError, Settings};

const ACTIVE: &str = "encryption.activeKey";
const PROVIDER: &str = "encryption.keyProvider";
const KEYS: &str = "encryption.keyProvider.keys";

/// The channel with its keys: of those listed, the active one encrypts, all of them decrypt.
pub(super) fn encrypted(
    channel: FileChannelBuilder<Event>,
    settings: &Settings<'_>,
) -> Result<FileChannelBuilder<Event>, SettingError> {
    let active = settings.text(ACTIVE);
    match settings.text(PROVIDER) {
        None if active.is_none() => return Ok(channel),
        None => return Err(settings.error(PROVIDER, "is missing: FILE is there")),
        Some(provider) if provider.eq_ignore_ascii_case("FILE") => {}
        Some(_) => return Err(settings.error(PROVIDER, "is not FILE, the only one there is")),
    }
    let mut channel = channel;
    let mut is_active_there = false;
    for name in settings.required(KEYS)?.split_ascii_whitespace() {
        let key = read(settings, name)?;
        channel = if active == Some(name) {
            is_active_there = true;
            channel.encrypt_with(key)
        } else {
            channel.decrypt_with([key])
        };
    }
    match active {
        Some(name) if !is_active_there => {
            Err(settings.error(ACTIVE, format!("names `{name}`, which `{KEYS}` does not list")))
        }
        _ => Ok(channel),
    }
}

fn read(settings: &Settings<'_>, name: &str) -> Result<EncryptionKey, SettingError> {
    let setting = format!("{KEYS}.{name}.file");
    let path = at_home(settings.required(&setting)?);
    EncryptionKey::read(name, path).map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        settings.error(&setting, format!("cannot be followed: {error}{cause}"))
    })
}
