// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers of members, against the drivers' own ioctls: allocated, exported, and freed.

use mvgal::{Member, sys};

use crate::Result;
use crate::client::Client;
use crate::clock;
use crate::figures::Figures;
use crate::vendor::Vendor;

/// Drivers that are compared, and whether mvgal clears their memory, by the CPU: what
/// they allocate has what was in it before.
pub const DRIVERS: [(&str, bool); 9] = [
    ("virtio_gpu", false),
    ("vgem", false),
    ("vkms", false),
    ("amdgpu", false),
    ("i915", false),
    ("xe", false),
    ("nouveau", false),
    ("nvidia-drm", true),
    ("mtgpu", true),
];

/// KiB of a buffer.
pub const SIZES: [u64; 3] = [4, 64, 1024];

/// The name of a figure.
pub fn figure(driver: &str, of: &str, kib: u64) -> String {
    format!("vendor_alloc_{driver}_{of}_{kib}")
}

/// Measures the first member of each driver that is there.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let client = Client::open()?;
    let members = client.device().members()?;
    let mut measured = 0;
    for (driver, _) in DRIVERS {
        if let Some(member) = members.iter().find(|member| member.driver == driver) {
            one(rounds, &client, member, figures).map_err(|error| format!("{driver}: {error}"))?;
            measured += 1;
        }
    }
    if measured == 0 {
        return Err("there is no member".into());
    }
    Ok(())
}

fn one(rounds: u32, client: &Client, member: &Member, figures: &mut Figures) -> Result<()> {
    let clock = clock::cost();
    let node = member.open()?;
    client.device().attach(member.id, &node)?;
    let vendor = Vendor::open(member)?;
    for kib in SIZES {
        let size = kib << 10;
        // What interrupts of a device break in upon is not what is asked here.
        let own = clock::undisturbed_of(rounds, || {
            clock::time(clock, || {
                let handle = vendor.alloc(size)?;
                drop(vendor.export(handle)?);
                Ok(vendor.close(handle)?)
            })
        })?;
        figures.add(figure(&member.driver, "vendor", kib), own)?;

        let ours = clock::undisturbed_of(rounds, || {
            clock::time(clock, || {
                let flags = sys::DRM_MVGAL_BUFFER_DMA_BUF;
                let handle = client.alloc(member.id.get(), size, flags)?;
                drop(client.export(handle, None)?);
                client.free(handle)
            })
        })?;
        figures.add(figure(&member.driver, "mvgal", kib), ours)?;
    }
    Ok(())
}
