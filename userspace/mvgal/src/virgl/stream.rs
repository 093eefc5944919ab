// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether words are a command stream.

use super::commands::command;
use super::error::{Error, Result};

/// Checks that words are a row of commands that are known, each as long as its
/// header says. The host loses a context to which it is sent anything else.
pub(super) fn check(words: &[u32]) -> Result<()> {
    let mut at = 0;
    while let Some(header) = words.get(at) {
        let (command, length) = (header & 0xff, (header >> 16) as usize);
        let malformed = |reason| Err(Error::Malformed { at, reason });
        if command > command::LAST {
            return malformed(format!("{header:#010x} is a command {command}, unknown"));
        }
        let left = words.len() - at - 1;
        if length > left {
            return malformed(format!(
                "{header:#010x} is a command of {length} words, and {left} are left"
            ));
        }
        at += 1 + length;
    }
    Ok(())
}
