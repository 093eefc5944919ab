// SPDX-License-Identifier: GPL-2.0

//! What a job writes to a buffer of its client when it is over.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use kernel_ext::{
    dma_buf::Vmap,
    uapi::{
        drm_mvgal_job_report,
        drm_mvgal_job_traffic, //
    },
};

use crate::reach::Way;

/// Where a job writes its report, and more than that.
pub(crate) struct Report {
    buffer: Arc<Vmap>,
    offset: u64,
    traffic: Option<Traffic>,
}

/// From where to where a job moves data.
#[derive(Clone, Copy)]
pub(crate) struct Traffic {
    /// Id of the member or host whose memory is read.
    pub(crate) exporter: u32,
    /// Id of the member or host whose memory is written; the first of them.
    pub(crate) importer: u32,
    /// How the one's driver gets at the memory of the other.
    pub(crate) way: Way,
    /// How many memories are written.
    pub(crate) copies: u32,
}

impl Report {
    /// Will write to `buffer` at `offset`, where there is room.
    pub(crate) fn new(buffer: Arc<Vmap>, offset: u64) -> Self {
        Self {
            buffer,
            offset,
            traffic: None,
        }
    }

    /// Will write that right behind it, where there is room, too.
    pub(crate) fn add_traffic(&mut self, traffic: Traffic) {
        self.traffic = Some(traffic);
    }

    /// Writes it. `bytes` is what the job has written to all memories. May be called with
    /// interrupts off.
    pub(crate) fn write(&self, report: &drm_mvgal_job_report, bytes: u64) {
        // There is room.
        let _ = self.buffer.write(self.offset, report.as_bytes());
        let Some(traffic) = &self.traffic else {
            return;
        };
        let traffic = drm_mvgal_job_traffic {
            bytes,
            exporter: traffic.exporter,
            importer: traffic.importer,
            reach: traffic.way.reach as u32,
            limit: traffic.way.limit as u32,
            copies: traffic.copies,
            pad: 0,
        };
        let behind = self.offset + size_of::<drm_mvgal_job_report>() as u64;
        let _ = self.buffer.write(behind, traffic.as_bytes());
    }
}
