// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel has allocated.

use crate::Result;

const SLABINFO: &str = "/proc/slabinfo";

/// Bytes of all objects that are allocated from slabs.
///
/// # Errors
///
/// If `/proc/slabinfo` is not there or is not for us, or not as it was.
pub fn in_slabs() -> Result<u64> {
    let text = std::fs::read_to_string(SLABINFO).map_err(|error| format!("{SLABINFO}: {error}"))?;
    parse(&text).ok_or_else(|| format!("{SLABINFO} is not of version 2.1").into())
}

fn parse(text: &str) -> Option<u64> {
    let mut lines = text.lines();
    if lines.next()? != "slabinfo - version: 2.1" {
        return None;
    }
    let mut bytes = 0;
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut fields = line.split_whitespace().skip(1);
        let active: u64 = fields.next()?.parse().ok()?;
        let size: u64 = fields.nth(1)?.parse().ok()?;
        bytes += active * size;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize>\n";

    #[test]
    fn active_objects_count() {
        let text = format!("{HEAD}a 2 10 100 40 1 : tunables 0 0 0\nb 3 3 8 512 1 : tunables\n");
        assert_eq!(parse(&text), Some(224));
    }

    #[test]
    fn another_format_is_refused() {
        assert_eq!(parse("slabinfo - version: 3.0\n"), None);
        assert_eq!(parse(&format!("{HEAD}a x 1 2\n")), None);
        assert_eq!(parse(&format!("{HEAD}a 1 1\n")), None);
    }
}
