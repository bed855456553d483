use super::Family;
use crate::components::SetHeader;
use crate::registry::{SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register: |registry| registry.interceptor("timestamp", timestamp).interceptor("static", fixed),
    parts: &[],
    not_yet: &[],
};

fn timestamp(settings: &Settings<'_>) -> Result<SetHeader, SettingError> {
    Ok(SetHeader::time(settings.required("headerName")?, settings.boolean("preserveExisting")?))
}

fn fixed(settings: &Settings<'_>) -> Result<SetHeader, SettingError> {
    let (name, value) = (settings.required("key")?, settings.required("value")?);
    Ok(SetHeader::fixed(name, value, settings.boolean("preserveExisting")?))
}
