use std::path::Path;

use super::Failure;
use crate::cli::PasswordOptions;
use crate::password::{VARIABLE, pump_password};

/// The password that was given; if none was, the one of the program's folder, which is made if need be.
pub(super) fn own_password(options: &PasswordOptions, dir: &Path) -> Result<String, Failure> {
    let variable = from_environment();
    Ok(pump_password(options.password_file.as_deref(), variable.as_deref(), dir)?)
}

/// The password that was given, for a broker that somebody else runs.
pub(super) fn given_password(options: &PasswordOptions) -> Result<Option<String>, Failure> {
    let variable = from_environment();
    if options.password_file.is_none() && variable.is_none() {
        return Ok(None);
    }
    // Something was given: the folder is not looked at.
    Ok(Some(pump_password(options.password_file.as_deref(), variable.as_deref(), Path::new("."))?))
}

fn from_environment() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|password| !password.is_empty())
}
