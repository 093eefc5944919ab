// SPDX-License-Identifier: MIT OR Apache-2.0

//! The members that take part, and a picture on each for either direction.

use std::time::Duration;

use mvgal::engine::EngineBuffer;
use mvgal::virgl::{Context, Error as VirglError};
use mvgal::{
    Allocation, Buffer, BufferFlags, CopyEngine, Deadline, Device, DrmFourcc, Errno, Error, Job,
    Member, MemberId, Pattern, WaitMode,
};

use super::pattern::{Model, Rect};
use super::virgl::{self, Color};

/// Pixels of a picture, either way.
pub const SIDE: u32 = 256;
/// Bytes of a row of pixels.
pub const ROW: u32 = SIDE * 4;
/// What the first picture is rendered or filled with.
pub const COLOR: Color = Color {
    red: 0xff,
    green: 0x80,
    blue: 0x20,
    alpha: 0xff,
};

/// A member that takes part, or the host.
pub struct Stop {
    pub id: MemberId,
    /// "1 virtio_gpu" or "host".
    pub name: String,
    pub bus_address: String,
    /// Where it renders, if it does.
    gpu: Option<Context>,
    /// The error of the vendor's calls, if rendering was tried and failed.
    pub render_failure: Option<String>,
    /// What copies for it, if the kernel cannot map its buffers.
    pub engine: Option<CopyEngine>,
}

/// A member that does not take part, and why.
pub struct LeftOut {
    pub id: MemberId,
    pub driver: String,
    pub bus_address: String,
    pub reason: String,
}

/// A buffer and the bytes it must have.
pub struct Picture {
    /// For people: "1 virtio_gpu, there".
    pub name: String,
    /// Index of the stop it is on.
    pub stop: usize,
    pub buffer: Buffer,
    pub pitch: u32,
    pub model: Model,
    /// As the engine of its stop sees it.
    pub by_engine: Option<Seen>,
}

/// A picture as an engine sees it, with memory of the host for what the CPU does to it.
pub struct Seen {
    pub picture: EngineBuffer,
    pub host: Buffer,
    pub host_import: EngineBuffer,
}

impl Seen {
    fn new(device: &Device, engine: &CopyEngine, picture: &Buffer) -> Result<Self, Error> {
        let host = Allocation::linear(picture.size()).flags(BufferFlags::DMA_BUF);
        let host = device.alloc(&host)?;
        Ok(Seen {
            picture: engine.import(picture)?,
            host_import: engine.import(&host)?,
            host,
        })
    }
}

impl Picture {
    /// All of its pixels.
    pub const ALL: Rect = Rect {
        offset: 0,
        width: ROW as usize,
        height: SIDE as usize,
    };

    fn new(
        device: &Device,
        name: String,
        (index, stop): (usize, &Stop),
        buffer: Buffer,
    ) -> Result<Self, Error> {
        let pitch = buffer.image().map_or(ROW, |image| image.pitch);
        let seen = |engine| Seen::new(device, engine, &buffer);
        Ok(Picture {
            name,
            stop: index,
            model: Model::new(buffer.size() as usize, pitch as usize),
            by_engine: stop.engine.as_ref().map(seen).transpose()?,
            buffer,
            pitch,
        })
    }
}

/// Everything that takes part.
pub struct Stage {
    pub stops: Vec<Stop>,
    pub left_out: Vec<LeftOut>,
    /// In the order of the chain: there over all stops, and back.
    pub path: Vec<Picture>,
    /// Whether the first picture was rendered.
    pub rendered: bool,
}

impl Stage {
    /// Attaches all members and allocates on each; the host joins if there are
    /// fewer than two, or none whose memory the CPU can copy to.
    ///
    /// A member that renders comes first, so that the chain starts with it, and those that
    /// only engines copy to come last.
    pub fn set(device: &Device) -> Result<Self, Error> {
        let mut stops: Vec<(Stop, [Buffer; 2])> = Vec::new();
        let mut left_out = Vec::new();
        for member in device.members()? {
            match join(device, &member) {
                Ok(joined) => stops.push(joined),
                Err(reason) => left_out.push(LeftOut {
                    id: member.id,
                    driver: member.driver,
                    bus_address: member.bus_address,
                    reason,
                }),
            }
        }
        if stops.len() < 2 || stops.iter().all(|(stop, _)| stop.engine.is_some()) {
            let host = || device.alloc(&linear().flags(BufferFlags::HOST_VALID));
            let stop = Stop {
                id: MemberId::HOST,
                name: "host".to_owned(),
                bus_address: String::new(),
                gpu: None,
                render_failure: None,
                engine: None,
            };
            stops.push((stop, [host()?, host()?]));
        }
        stops.sort_by_key(|(stop, _)| (stop.engine.is_some(), stop.gpu.is_none()));

        let mut there = Vec::new();
        let mut back = Vec::new();
        let mut kept = Vec::new();
        for (index, (stop, [first, second])) in stops.into_iter().enumerate() {
            let at = (index, &stop);
            there.push(Picture::new(
                device,
                format!("{}, there", stop.name),
                at,
                first,
            )?);
            back.push(Picture::new(
                device,
                format!("{}, back", stop.name),
                at,
                second,
            )?);
            kept.push(stop);
        }
        there.extend(back.into_iter().rev());
        Ok(Stage {
            stops: kept,
            left_out,
            path: there,
            rendered: false,
        })
    }

    /// Renders the first picture, if its member can: all of it in one colour.
    pub fn render(&mut self) {
        let (Some(stop), Some(picture)) = (self.stops.first_mut(), self.path.first_mut()) else {
            return;
        };
        let Some(gpu) = &stop.gpu else {
            return;
        };
        let rendered = picture
            .buffer
            .export()
            .map_err(|error| error.to_string())
            .and_then(|image| {
                virgl::clear(gpu, &image, (SIDE, SIDE), COLOR).map_err(|error| error.to_string())
            });
        match rendered {
            Ok(()) => {
                picture
                    .model
                    .fill(Picture::ALL, &COLOR.argb8888().to_le_bytes());
                self.rendered = true;
            }
            Err(failure) => stop.render_failure = Some(failure),
        }
    }
}

impl Stage {
    /// The name of a stop, for messages.
    pub fn name_of(&self, id: MemberId) -> String {
        self.stops
            .iter()
            .find(|stop| stop.id == id)
            .map_or_else(|| id.to_string(), |stop| stop.name.clone())
    }
}

fn linear() -> Allocation {
    Allocation::linear(u64::from(ROW) * u64::from(SIDE))
}

/// Attaches a member and allocates its pictures, or says why not.
fn join(device: &Device, member: &Member) -> Result<(Stop, [Buffer; 2]), String> {
    if !member.features.can_allocate() {
        return Err("its driver cannot allocate buffers that can be shared".to_owned());
    }
    let node = member.open().map_err(|error| error.to_string())?;
    device
        .attach(member.id, &node)
        .map_err(|error| error.to_string())?;
    let gpu = match member.driver.as_str() {
        "virtio_gpu" => match Context::new(node) {
            Ok(gpu) => Some(gpu),
            Err(VirglError::No3d { .. }) => None,
            Err(error) => return Err(error.to_string()),
        },
        // mvgal keeps the file that was attached.
        _ => None,
    };
    let picture = || allocate(device, member.id).map_err(|error| error.to_string());
    let pictures = [picture()?, picture()?];
    let engine = match try_fill(device, member.id, &pictures[0]) {
        Ok(()) => None,
        // Not all drivers let the kernel map their buffers, to copy and fill there.
        Err(Error::Call(error)) if error.errno == Errno::EOPNOTSUPP => {
            let engine = CopyEngine::attach(device, member).map_err(|error| {
                format!("its driver does not let the kernel map buffers, and {error}")
            })?;
            Some(engine)
        }
        Err(error) => return Err(error.to_string()),
    };
    let stop = Stop {
        id: member.id,
        name: format!("{} {}", member.id, member.driver),
        bus_address: member.bus_address.clone(),
        gpu,
        render_failure: None,
        engine,
    };
    Ok((stop, pictures))
}

/// Fills four bytes with what they are, zero.
fn try_fill(device: &Device, member: MemberId, picture: &Buffer) -> Result<(), Error> {
    let end = device.syncobj(false)?;
    let job = Job::fill(picture, Pattern::U32(0))
        .bytes(4)
        .member(member)
        .signal(end.binary());
    device.batch().job(job).submit()?;
    let deadline = Deadline::after(Duration::from_secs(10));
    device.wait(&[end.binary()], WaitMode::All, deadline)?;
    Ok(())
}

/// Allocates an image; or else a linear buffer, and one that cannot be mapped.
fn allocate(device: &Device, member: MemberId) -> Result<Buffer, Error> {
    let image = Allocation::image(SIDE, SIDE, DrmFourcc::Argb8888).member(member);
    let linear = linear().member(member);
    let shared = BufferFlags::GPU_VALID | BufferFlags::DMA_BUF;
    let mapped = shared | BufferFlags::HOST_VALID;
    let mut failure = None;
    for allocation in [
        image.flags(mapped),
        image.flags(shared),
        linear.flags(mapped),
        linear.flags(shared),
    ] {
        match device.alloc(&allocation) {
            Err(error) if matches!(error.errno(), Some(Errno::EOPNOTSUPP | Errno::EINVAL)) => {
                failure.get_or_insert(error);
            }
            other => return other,
        }
    }
    // Four were tried, so there is one.
    failure.map_or_else(|| device.alloc(&linear), Err)
}
