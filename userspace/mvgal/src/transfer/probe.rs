// SPDX-License-Identifier: MIT OR Apache-2.0

//! Trying what an engine sees. Some drivers map what they import when it is first used, and only
//! then find that they cannot.

use crate::buffer::{Allocation, BufferFlags};
use crate::deadline::Deadline;
use crate::device::Device;
use crate::engine::{CopyEngine, EngineBuffer, Span};
use crate::error::{Error, Result};

/// Has an engine copy the first bytes of what it has imported to memory of the host.
pub(super) fn to_host(
    device: &Device,
    engine: &CopyEngine,
    import: &EngineBuffer,
    deadline: Deadline,
) -> Result<()> {
    let host = Allocation::linear(engine.unit()).flags(BufferFlags::DMA_BUF);
    let host = device.alloc(&host)?;
    let host = engine.import_until(&host, deadline)?;
    copy(device, engine, import, (&host, 0), deadline)
}

/// Has an engine copy the first bytes of what it has imported to somewhere else.
pub(super) fn copy(
    device: &Device,
    engine: &CopyEngine,
    import: &EngineBuffer,
    to: (&EngineBuffer, u64),
    deadline: Deadline,
) -> Result<()> {
    let span = Span::Bytes(engine.unit());
    let copy = engine.copy_until((import, 0), to, span, deadline)?;
    let timeline = device.timeline()?;
    let jobs = copy.jobs(&[], timeline.point(1));
    device.batch().jobs(jobs).submit()?;
    let step = || {
        let by = engine.member();
        format!("reading the first bytes of what was imported by the engine of member {by}")
    };
    timeline.wait(1, deadline).map_err(|error| match error {
        Error::Fence { errno, .. } => Error::Step {
            step: step(),
            engine: Some(engine.member()),
            errno,
        },
        Error::TimedOut { .. } => Error::TimedOut { what: step() },
        error => error,
    })
}
