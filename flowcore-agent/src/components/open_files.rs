use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Has as many files open as the system lets this process have: what it begins with is often a thousand, for the
/// sake of programs that cannot have more. A Java machine does so too.
pub(crate) fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::debug!(%error, "no more open files than it began with");
    }
}

/// How many files one source may have open at a time: the others, channels and connections have theirs.
pub(crate) fn open_files_of_a_source() -> usize {
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(most / 4).unwrap_or(usize::MAX).clamp(16, 4096)
}
