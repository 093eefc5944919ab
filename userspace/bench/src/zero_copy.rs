// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers of one member that another one uses in place: exported for it, and imported by
//! its own driver.

use std::collections::BTreeMap;

use mvgal::{Member, sys};

use crate::Result;
use crate::client::{Batch, Client, Steps, Work};
use crate::clock;
use crate::figures::Figures;
use crate::vendor::Vendor;

/// Whose memory, who imports it, and whether the driver of the latter maps each page for
/// its device when it does.
pub const PAIRS: [(&str, &str, bool); 4] = [
    ("vgem", "vkms", false),
    ("vgem", "amdgpu", false),
    ("amdgpu", "xe", false),
    ("vgem", "nouveau", true),
];

/// KiB of a buffer.
pub const SIZES: [u64; 4] = [64, 1 << 10, 16 << 10, 64 << 10];

/// The parts of it: what mvgal does, what the importing driver does, and both.
pub const PARTS: [&str; 3] = ["mvgal", "driver", "all"];

/// The name of the figures of a pair, without the size.
pub fn figure(from: &str, to: &str, part: &str) -> String {
    format!("zero_copy_{from}_{to}_{part}")
}

/// Measures all pairs.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let client = Client::open()?;
    let members = client.device().members()?;
    let mut attached = BTreeMap::new();
    for driver in PAIRS.iter().flat_map(|(from, to, _)| [*from, *to]) {
        if !attached.contains_key(driver) {
            let member = members
                .iter()
                .find(|member| member.driver == driver)
                .ok_or_else(|| format!("there is no member with the driver {driver}"))?;
            client.device().attach(member.id, &member.open()?)?;
            attached.insert(driver, member);
        }
    }
    for (from, to, _) in PAIRS {
        one(rounds, &client, attached[from], attached[to], figures)
            .map_err(|error| format!("{from} to {to}: {error}"))?;
    }
    Ok(())
}

fn one(
    rounds: u32,
    client: &Client,
    from: &Member,
    to: &Member,
    figures: &mut Figures,
) -> Result<()> {
    let clock = clock::cost();
    let importer = Vendor::open(to)?;
    // The way between the two is tried with the first buffer, whose mapping is given up for that.
    let first = client.alloc(from.id.get(), 4096, sys::DRM_MVGAL_BUFFER_DMA_BUF)?;
    drop(client.export(first, Some(to.id.get()))?);
    client.free(first)?;
    for kib in SIZES {
        let buffer = client.alloc(from.id.get(), kib << 10, sys::DRM_MVGAL_BUFFER_DMA_BUF)?;
        fill(client, buffer, kib << 10)?;
        let mut parts = [const { Vec::new() }; PARTS.len()];
        // The first one does not count.
        for _ in 0..=rounds {
            let mut dma_buf = None;
            let exporting = clock::time(clock, || {
                dma_buf = Some(client.export(buffer, Some(to.id.get()))?);
                Ok(())
            })?;
            let dma_buf = dma_buf.ok_or("nothing was exported")?;
            let mut handle = 0;
            let importing = clock::time(clock, || {
                handle = importer.import(&dma_buf)?;
                Ok(())
            })?;
            let closing = clock::time(clock, || {
                drop(dma_buf);
                Ok(())
            })?;
            let releasing = clock::time(clock, || Ok(importer.close(handle)?))?;
            let (ours, theirs) = (exporting + closing, importing + releasing);
            for (part, cost) in parts.iter_mut().zip([ours, theirs, ours + theirs]) {
                part.push(cost);
            }
        }
        for (part, mut costs) in PARTS.iter().zip(parts) {
            costs.remove(0);
            let name = figure(&from.driver, &to.driver, part);
            figures.add(format!("{name}_{kib}"), clock::median(costs))?;
        }
        client.free(buffer)?;
    }
    Ok(())
}

/// Writes all of a buffer, so that it has all of its pages.
fn fill(client: &Client, dst: u32, size: u64) -> Result<()> {
    let fill = Work::Fill(sys::drm_mvgal_fill {
        dst,
        pattern_size: 1,
        pattern: 0x5a,
        width: size,
        height: 1,
        ..Default::default()
    });
    let mut batch = Batch::new(fill, 1, sys::DRM_MVGAL_MEMBER_HOST);
    let done = Steps::new(client)?.next();
    batch.signals(done);
    client.submit(&batch)?;
    client.wait(done)
}
