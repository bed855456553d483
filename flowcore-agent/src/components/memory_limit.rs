use std::fs;
use std::sync::OnceLock;

use flowcore::ingest::ByteBudget;

/// What all channels in memory of this process may have together that have no `byteCapacity` of their own: 80 % of
/// its memory.
pub(crate) fn memory_budget() -> &'static ByteBudget {
    static BUDGET: OnceLock<ByteBudget> = OnceLock::new();
    BUDGET.get_or_init(|| ByteBudget::new(memory_limit() / 5 * 4))
}

/// How many bytes of memory this process may have: its control group's limit, else the machine's memory;
/// 1 GiB if neither can be read.
fn memory_limit() -> usize {
    let group =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let machine = || fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    group.or_else(machine).unwrap_or(1 << 30)
}

/// `MemTotal:       24581560 kB`
fn total(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn the_memory_of_the_machine_is_read() {
        assert_eq!(total("MemFree: 1 kB\nMemTotal:    24581560 kB\n"), Some(24_581_560 * 1024));
        assert_eq!(total("nothing"), None);
    }
}
