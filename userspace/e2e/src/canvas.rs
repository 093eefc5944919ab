// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client that renders on the virgl GPU.

use crate::client::Client;
use crate::drm::Node;
use crate::job::Job;
use crate::lab::Lab;
use crate::sys::drm_mvgal_device;
use crate::vendor::SwSync;
use crate::virgl;
use crate::virgl::Commands;
use crate::virgl::EXECBUFFER;
use crate::virgl::Exec;
use crate::virgl::Resource;
use crate::virgl::TRANSFER_FROM_HOST;
use crate::virgl::in_buffer;
use crate::virgl::in_syncobj;
use crate::virgl::pixel;
use std::os::fd::AsFd;

/// A colour: red, green, blue, alpha.
pub const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
/// Another one.
pub const TEAL: [f32; 4] = [0.0, 0.6, 0.6, 1.0];

/// A client with the virgl GPU attached, and an image there.
pub struct Canvas {
    pub client: Client,
    pub node: Node,
    pub member: u32,
    pub image: Resource,
    /// A timeline of the member's file, for the fences of command streams.
    pub vendor: u32,
    pub done: u64,
}

impl Canvas {
    pub fn new(lab: &Lab) -> Self {
        Self::sized(lab, 64)
    }

    pub fn sized(lab: &Lab, side: u32) -> Self {
        Self::on(lab, lab.virgl(), side)
    }

    /// On one of several.
    pub fn on(lab: &Lab, member: &drm_mvgal_device, side: u32) -> Self {
        let (client, node) = lab.with(member);
        Self {
            image: Resource::image(&node, side, side),
            vendor: node.syncobj(),
            done: 0,
            member: member.id,
            client,
            node,
        }
    }

    /// The commands as a stream that signals the next point of `vendor`.
    pub fn exec(&mut self, commands: Commands, handles: &[u32]) -> (Exec, (u32, u64)) {
        self.done += 1;
        let fence = (self.vendor, self.done);
        (Exec::new(commands, handles, Some(fence)), fence)
    }

    /// A stream that clears the image.
    pub fn clear(&mut self, color: [f32; 4]) -> (Exec, (u32, u64)) {
        let name = 1000 + self.done as u32;
        let commands = Commands::default()
            .target(&self.image, name)
            .clear(color)
            .forget(name);
        let handle = self.image.handle;
        self.exec(commands, &[handle])
    }

    pub fn render(&self, (exec, fence): &(Exec, (u32, u64))) -> Job {
        virgl::job(self.member, EXECBUFFER, &exec.arg, in_syncobj(*fence))
    }

    /// A job that brings the image's pixels into the guest.
    pub fn download(&self) -> Job {
        // The argument is read at submission, which is after this returns.
        let arg = Box::leak(Box::new(self.image.transfer()));
        virgl::job(
            self.member,
            TRANSFER_FROM_HOST,
            arg,
            in_buffer(self.image.handle),
        )
    }

    #[track_caller]
    pub fn all(&self, color: [f32; 4]) {
        let pixels = self.image.pixels();
        let wrong = pixels.iter().position(|found| *found != pixel(color));
        if let Some(at) = wrong {
            panic!(
                "pixel {at} of {} is {:#x}, wanted {:#x}",
                pixels.len(),
                pixels[at],
                pixel(color)
            );
        }
    }

    /// A job whose fence comes when `sw` signals. It is in the `dma_resv` of an image.
    pub fn late_job(&mut self, sw: &mut SwSync) -> (Resource, Box<Exec>, Job) {
        let image = Resource::image(&self.node, 64, 64);
        let shared = self.node.prime_export(image.handle).expect("export");
        let late = sw.fence();
        crate::vendor::import_sync_file(shared.as_fd(), late.as_fd());
        // The job points at it.
        let exec = Box::new(self.clear(RED).0);
        let job = virgl::job(self.member, EXECBUFFER, &exec.arg, in_buffer(image.handle));
        (image, exec, job)
    }
}
