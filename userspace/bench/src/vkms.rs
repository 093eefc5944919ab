// SPDX-License-Identifier: MIT OR Apache-2.0

//! Devices of vkms, made by configfs.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::Result;

const VKMS: &str = "/sys/kernel/config/vkms";

/// A device, which goes away when this is dropped.
pub struct Vkms {
    dir: PathBuf,
}

impl Vkms {
    /// Makes one with a single pipe. Needs vkms and configfs.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        let vkms = Vkms {
            dir: PathBuf::from(VKMS).join(name),
        };
        vkms.make()
            .map_err(|error| format!("{}: {error}", vkms.dir.display()))?;
        Ok(vkms)
    }

    fn make(&self) -> io::Result<()> {
        let dir = &self.dir;
        fs::create_dir(dir)?;
        for part in ["planes/p", "crtcs/c", "encoders/e", "connectors/n"] {
            fs::create_dir(dir.join(part))?;
        }
        fs::write(dir.join("planes/p/type"), "1")?;
        symlink(dir.join("crtcs/c"), dir.join("planes/p/possible_crtcs/c"))?;
        symlink(dir.join("crtcs/c"), dir.join("encoders/e/possible_crtcs/c"))?;
        symlink(
            dir.join("encoders/e"),
            dir.join("connectors/n/possible_encoders/e"),
        )?;
        fs::write(dir.join("enabled"), "1")
    }
}

impl Drop for Vkms {
    fn drop(&mut self) {
        // What is left behind does nobody harm: the guest ends with the program.
        let _ = fs::write(self.dir.join("enabled"), "0");
    }
}
