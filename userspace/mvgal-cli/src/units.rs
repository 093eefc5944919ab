// SPDX-License-Identifier: MIT OR Apache-2.0

//! Numbers as people read them.

use std::time::Duration;

/// Bytes with a binary unit: exact where they are a multiple of it.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = bytes.max(1).ilog2() / 10;
    let unit = UNITS[power as usize];
    let divisor = 1_u64 << (10 * power);
    if bytes.is_multiple_of(divisor) {
        format!("{} {unit}", bytes / divisor)
    } else {
        format!("{:.1} {unit}", bytes as f64 / divisor as f64)
    }
}

/// A frequency, to three digits behind the point.
pub fn hertz(hertz: u64) -> String {
    let (value, unit) = match hertz {
        0..1_000 => return format!("{hertz} Hz"),
        1_000..1_000_000 => (hertz as f64 / 1e3, "kHz"),
        _ => (hertz as f64 / 1e6, "MHz"),
    };
    format!("{} {unit}", (value * 1000.0).round() / 1000.0)
}

/// Nanoseconds as microseconds, to a tenth below 100.
pub fn micros(ns: u64) -> String {
    let us = ns as f64 / 1000.0;
    if us < 100.0 {
        format!("{us:.1}")
    } else {
        format!("{us:.0}")
    }
}

/// Bytes in a second.
pub fn rate(bytes: u64, time: Duration) -> String {
    let secs = time.as_secs_f64().max(1e-9);
    format!("{:.1} MiB/s", bytes as f64 / secs / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_exact_or_rounded() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1 KiB");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(256 << 20), "256 MiB");
        assert_eq!(bytes((1 << 30) + 1), "1.0 GiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
    }

    #[test]
    fn hertz_keep_what_matters() {
        assert_eq!(hertz(0), "0 Hz");
        assert_eq!(hertz(32_768), "32.768 kHz");
        assert_eq!(hertz(19_200_000), "19.2 MHz");
        assert_eq!(hertz(2_304_000_000), "2304 MHz");
    }

    #[test]
    fn micros_keep_what_matters() {
        assert_eq!(micros(1_234), "1.2");
        assert_eq!(micros(123_456), "123");
    }
}
