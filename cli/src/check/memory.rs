//! How much memory a search may take.

use std::fs;

/// A number of bytes, with a unit of 1024 if it has one: `K`, `M`, `G`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(digits) => (digits, &text[digits.len()..]),
        None => (text, ""),
    };
    let factor: u64 = match unit {
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => 1,
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    number.filter(|bytes| *bytes > 0).ok_or_else(|| "expected bytes, as in 500M or 8G".to_owned())
}

/// Three quarters of what the machine has free; `None` where that is not told.
pub(super) fn budget() -> Option<u64> {
    available(&fs::read_to_string("/proc/meminfo").ok()?).map(|bytes| bytes / 4 * 3)
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let read: Vec<_> = ["1", "2K", "500M", "8G"].map(|text| bytes(text).ok()).into();
        assert_eq!(read, [Some(1), Some(2048), Some(524_288_000), Some(8_589_934_592)]);
        for wrong in ["", "0", "G", "8g", "-1", "1.5G", "99999999999G"] {
            assert_eq!(bytes(wrong), Err("expected bytes, as in 500M or 8G".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn what_is_free_is_read() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   2048 kB\n"), Some(2_097_152));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
    }
}
