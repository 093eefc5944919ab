// SPDX-License-Identifier: MIT OR Apache-2.0

//! What this machine has to test with.

use crate::client::Client;
use crate::client::Exported;
use crate::client::PAGE;
use crate::client::text;
use crate::drm::Node;
use crate::job::Job;
use crate::sys::*;
use crate::vendor;
use mvgal::virgl::Features;
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::path::Path;

/// Something a test cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// A member of that driver.
    Driver(&'static str),
    /// A virtio-gpu that renders.
    Virgl,
    /// A virtio-gpu that renders, with blob resources of the host's memory (`scripts/lab/vm --gpus
    /// blob`).
    Blobs,
    /// A virtio-gpu that does not render.
    Virtio2d,
    /// That many members.
    Members(usize),
    /// Stand-ins on PCI: three behind a switch, and one that is not (`scripts/lab/vm --p2p`).
    Switch,
    /// A file of the kernel's, to which the option named belongs.
    File(&'static str),
}

/// Where the stand-ins on PCI are.
pub const PCI_STANDINS: &str = "/sys/bus/pci/drivers/mvgal_fake_vendors";

/// sw_sync is there.
pub const SW_SYNC: Need = Need::File(vendor::SW_SYNC);
/// vgem is there.
pub const VGEM: Need = Need::Driver("vgem");
/// vkms is there.
pub const VKMS: Need = Need::Driver("vkms");
/// A virtio-gpu is there.
pub const VIRTIO: Need = Need::Driver("virtio_gpu");

/// The members, as they were when the run began.
#[derive(Clone)]
pub struct Lab {
    /// What QUERY_DEVICES said.
    pub devices: Vec<drm_mvgal_device>,
    /// What QUERY_CAPABILITIES said.
    pub caps: drm_mvgal_query_capabilities,
}

/// A client with all members attached.
pub struct Attached {
    /// The client.
    pub client: Client,
    /// The files attached, in the order of the members.
    pub nodes: Vec<Node>,
    ids: Vec<u32>,
}

impl Attached {
    /// Has the driver of a member import what was exported for it.
    #[track_caller]
    pub fn imports(&self, member: u32, exported: &Exported) {
        let file = self.file(member);
        let handle = file.prime_import(exported.fd.as_fd());
        let handle = handle.unwrap_or_else(|error| panic!("import on {member}: {error}"));
        file.gem_close(handle).expect("GEM_CLOSE");
    }

    /// The file attached for a member.
    pub fn file(&self, member: u32) -> &Node {
        let index = self.ids.iter().position(|id| *id == member);
        &self.nodes[index.expect("an attached member")]
    }
}

impl std::ops::Deref for Attached {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Lab {
    /// Asks the module.
    pub fn new() -> Self {
        let client = Client::open();
        Self {
            devices: client.devices().1,
            caps: client.capabilities(),
        }
    }

    /// Why the need is not met here, if it is not.
    pub fn lacks(&self, need: Need) -> Option<String> {
        let (met, what) = match need {
            Need::Driver(name) => (self.find(name).is_some(), format!("no {name}")),
            Need::Virgl => (self.virtio(true).is_some(), "no virgl".into()),
            Need::Blobs => (
                self.virtio(true).is_some_and(|device| {
                    let features = Features::query(self.open(device).as_fd());
                    features.is_ok_and(|features| features.host_visible)
                }),
                "no blobs".into(),
            ),
            Need::Virtio2d => (
                self.virtio(false).is_some(),
                "no virtio-gpu without 3D".into(),
            ),
            Need::Members(count) => (
                self.devices.len() >= count,
                format!("under {count} members"),
            ),
            Need::Switch => (
                self.behind_switch(true).len() == 3 && self.behind_switch(false).len() == 1,
                "no stand-ins behind a PCIe switch".into(),
            ),
            Need::File(path) => (Path::new(path).exists(), format!("no {path}")),
        };
        (!met).then_some(what)
    }

    fn find(&self, driver: &str) -> Option<&drm_mvgal_device> {
        self.devices.iter().find(|d| text(&d.driver) == driver)
    }

    fn virtio(&self, virgl: bool) -> Option<&drm_mvgal_device> {
        let mut all = self.devices.iter();
        all.find(|d| text(&d.driver) == "virtio_gpu" && vendor::has_virgl(&self.open(d)) == virgl)
    }

    /// Stand-ins on PCI that are behind the switch, or those that are not. A root port has nothing
    /// above it, and a switch is two bridges.
    pub fn behind_switch(&self, behind: bool) -> Vec<&drm_mvgal_device> {
        let bridges = |address: &str| {
            let path = format!("{PCI_STANDINS}/{address}");
            let path = std::fs::canonicalize(path).ok()?;
            let is_function = |name: &str| name.split(':').count() == 3;
            let names = path.iter().filter_map(|name| name.to_str());
            Some(names.filter(|name| is_function(name)).count() - 1)
        };
        self.devices
            .iter()
            .filter(|device| {
                bridges(&text(&device.bus_address)).is_some_and(|count| (count == 3) == behind)
            })
            .collect()
    }

    /// The first member of a driver.
    pub fn member(&self, driver: &str) -> &drm_mvgal_device {
        self.find(driver).expect("the test needs the driver")
    }

    /// The virtio-gpu that renders.
    pub fn virgl(&self) -> &drm_mvgal_device {
        self.virtio(true).expect("the test needs virgl")
    }

    /// All that render.
    pub fn virgls(&self) -> Vec<&drm_mvgal_device> {
        let virtio = self.devices.iter();
        virtio
            .filter(|device| crate::client::text(&device.driver) == "virtio_gpu")
            .filter(|device| crate::vendor::has_virgl(&self.open(device)))
            .collect()
    }

    /// The virtio-gpu that does not render.
    pub fn virtio_2d(&self) -> &drm_mvgal_device {
        self.virtio(false).expect("the test needs a 2D virtio-gpu")
    }

    /// Opens a member's render node, or else its primary node.
    pub fn open(&self, device: &drm_mvgal_device) -> Node {
        let path = node_path(device);
        Node::open(&path).unwrap_or_else(|error| panic!("open {path}: {error}"))
    }

    /// Opens a member's primary node: render nodes have no dumb buffers.
    pub fn open_primary(&self, device: &drm_mvgal_device) -> Node {
        let path = format!("/dev/dri/card{}", device.primary_minor);
        Node::open(&path).unwrap_or_else(|error| panic!("open {path}: {error}"))
    }

    /// A client with nothing attached.
    pub fn client(&self) -> Client {
        Client::open()
    }

    /// A client with one member attached, and the file attached.
    pub fn with(&self, device: &drm_mvgal_device) -> (Client, Node) {
        let client = self.client();
        let node = self.open(device);
        client
            .attach(device.id, &node)
            .unwrap_or_else(|error| panic!("attach {}: {error}", text(&device.driver)));
        (client, node)
    }

    /// A client with all members attached.
    pub fn attached(&self) -> Attached {
        let client = self.client();
        let mut nodes = Vec::new();
        for device in &self.devices {
            let node = self.open(device);
            client
                .attach(device.id, &node)
                .unwrap_or_else(|error| panic!("attach {}: {error}", text(&device.driver)));
            nodes.push(node);
        }
        Attached {
            client,
            nodes,
            ids: self.devices.iter().map(|device| device.id).collect(),
        }
    }

    /// Ids of the host and of all members.
    pub fn places(&self) -> Vec<u32> {
        let members = self.devices.iter().map(|d| d.id);
        std::iter::once(HOST).chain(members).collect()
    }

    /// Ids of the host and of the members whose memory COPY and FILL reach, which run on the CPU.
    pub fn cpu_places(&self) -> Vec<u32> {
        let reached = |device: &&drm_mvgal_device| {
            device.refusals[DRM_MVGAL_CAN_COPY as usize] == DRM_MVGAL_REFUSAL_NONE
        };
        let members = self.devices.iter().filter(reached).map(|d| d.id);
        std::iter::once(HOST).chain(members).collect()
    }

    /// Those of [`Lab::cpu_places`] on which such jobs may be ordered by their buffers, too. They
    /// may not where a driver wants to know of access by the CPU, which only trying shows.
    pub fn implicit_places(&self) -> Vec<u32> {
        let client = self.attached();
        let takes = |place: &u32| {
            let (buffer, done) = (client.alloc(*place, PAGE), (client.syncobj(), 0));
            let job = Job::fill(&buffer, 0).on(*place).implicit().signals(done);
            match client.submit(vec![job]) {
                Ok(()) => {
                    client.done(done);
                    true
                }
                Err(Errno::EOPNOTSUPP) => false,
                Err(error) => panic!("FILL on {place}: {error}"),
            }
        };
        self.cpu_places().into_iter().filter(takes).collect()
    }

    /// An id that no member has ever had.
    pub fn no_member(&self) -> u32 {
        0x7fff_fff0
    }

    /// The slots of all members.
    pub fn all_slots(&self) -> u64 {
        self.devices.iter().fold(0, |mask, d| mask | 1 << d.slot)
    }
}

/// Path of a member's render node, or else of its primary node.
pub fn node_path(device: &drm_mvgal_device) -> String {
    if device.render_minor == DRM_MVGAL_MINOR_NONE {
        format!("/dev/dri/card{}", device.primary_minor)
    } else {
        format!("/dev/dri/renderD{}", device.render_minor)
    }
}
