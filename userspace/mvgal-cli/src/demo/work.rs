// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is done to pictures, by the CPU or by a member's engine.

use mvgal::engine::{EngineBuffer, EngineCopy, Span};
use mvgal::transfer::{By, Way};
use mvgal::{CopyEngine, Deadline, Device, Error, Job, MemberId, Pattern, Transfer};

use super::pattern::Rect;
use super::stage::{Picture, ROW, SIDE, Stop};
use crate::jobs::Label;

/// Who does it.
pub enum Doer<'a> {
    /// The CPU.
    Cpu(Job<'a>),
    /// The engine of the member.
    Engine(EngineCopy),
}

/// A job that is to be.
pub struct Work<'a> {
    pub label: Label,
    pub member: MemberId,
    pub doer: Doer<'a>,
}

/// All of a picture, as an engine copies it.
fn picture_span(src: &Picture, dst: &Picture) -> Span {
    Span::Rows {
        width: ROW.into(),
        height: SIDE,
        src_pitch: src.pitch,
        dst_pitch: dst.pitch,
    }
}

fn label(kind: &'static str, from: Option<&str>, to: &str, bytes: usize) -> Label {
    Label {
        kind,
        from: from.map(str::to_owned),
        to: to.to_owned(),
        bytes: bytes as u64,
    }
}

const PICTURE: usize = ROW as usize * SIDE as usize;

/// Copies a picture to that of another stop: by an engine, where the kernel cannot map one of
/// them, and by the CPU otherwise.
pub fn copy<'a>(
    device: &Device,
    (from, src): (&Stop, &'a Picture),
    (to, dst): (&Stop, &'a Picture),
) -> Result<Vec<Work<'a>>, Error> {
    let mut works = Vec::new();
    // The engine of the target sees both, or else that of the source.
    for (stop, picture) in [(to, dst), (from, src)] {
        if let (Some(by), Some(side)) = (&stop.engine, &picture.by_engine) {
            let other = if std::ptr::eq(picture, dst) { src } else { dst };
            if let Some(import) = sees(device, by, (src, dst), other)? {
                let (source, target) = if std::ptr::eq(picture, dst) {
                    (&import, &side.picture)
                } else {
                    (&side.picture, &import)
                };
                let span = picture_span(src, dst);
                works.push(Work {
                    label: label("engine copy", Some(&from.name), &to.name, PICTURE),
                    member: stop.id,
                    doer: Doer::Engine(by.copy((source, 0), (target, 0), span)?),
                });
                return Ok(works);
            }
        }
    }
    // From the source to the host, and from there to the target.
    let mut at = (from.name.as_str(), src, &src.buffer);
    if let (Some(by), Some(side)) = (&from.engine, &src.by_engine) {
        works.push(Work {
            label: label("engine copy", Some(&from.name), "host", PICTURE),
            member: from.id,
            doer: Doer::Engine(by.copy(
                (&side.picture, 0),
                (&side.host_import, 0),
                picture_span(src, src),
            )?),
        });
        at = ("host", src, &side.host);
    }
    let (name, target, queue) = match &dst.by_engine {
        Some(side) => (
            "host",
            &side.host,
            if from.engine.is_some() {
                MemberId::HOST
            } else {
                from.id
            },
        ),
        None => (to.name.as_str(), &dst.buffer, to.id),
    };
    works.push(Work {
        label: label("copy", Some(at.0), name, PICTURE),
        member: queue,
        doer: Doer::Cpu(Job::copy(at.2, target).rows(ROW.into(), SIDE, at.1.pitch, dst.pitch)),
    });
    if let (Some(by), Some(side)) = (&to.engine, &dst.by_engine) {
        works.push(Work {
            label: label("engine copy", Some("host"), &to.name, PICTURE),
            member: to.id,
            doer: Doer::Engine(by.copy(
                (&side.host_import, 0),
                (&side.picture, 0),
                picture_span(dst, dst),
            )?),
        });
    }
    Ok(works)
}

/// Fills a rectangle of a picture. An engine copies it from memory of the host.
pub fn fill<'a>(
    stop: &Stop,
    picture: &'a Picture,
    rect: Rect,
    pattern: Pattern,
) -> Result<Vec<Work<'a>>, Error> {
    let bytes = rect.width * rect.height;
    let job = |buffer| {
        Job::fill(buffer, pattern)
            .dst_offset(rect.offset as u64)
            .rows(rect.width as u64, rect.height as u32, 0, picture.pitch)
    };
    let (Some(by), Some(side)) = (&stop.engine, &picture.by_engine) else {
        return Ok(vec![Work {
            label: label("fill", None, &stop.name, bytes),
            member: stop.id,
            doer: Doer::Cpu(job(&picture.buffer)),
        }]);
    };
    let span = Span::Rows {
        width: rect.width as u64,
        height: rect.height as u32,
        src_pitch: picture.pitch,
        dst_pitch: picture.pitch,
    };
    let offset = rect.offset as u64;
    let copy = by.copy((&side.host_import, offset), (&side.picture, offset), span)?;
    Ok(vec![
        Work {
            label: label("fill", None, "host", bytes),
            member: MemberId::HOST,
            doer: Doer::Cpu(job(&side.host)),
        },
        Work {
            label: label("engine copy", Some("host"), &stop.name, bytes),
            member: stop.id,
            doer: Doer::Engine(copy),
        },
    ])
}

/// The other picture as an engine sees it, if it does and the rows are in its units.
fn sees(
    device: &Device,
    engine: &CopyEngine,
    (src, dst): (&Picture, &Picture),
    other: &Picture,
) -> Result<Option<EngineBuffer>, Error> {
    let unit = engine.unit();
    if [src.pitch, dst.pitch]
        .iter()
        .any(|&pitch| u64::from(pitch) % unit != 0)
    {
        return Ok(None);
    }
    let transfer = Transfer::new(device, &src.buffer, &dst.buffer).by(By::Engine);
    match transfer.engines([engine]).route(Deadline::NEVER) {
        Ok(route) if matches!(route.way(), Way::Engine { .. }) => {
            engine.import(&other.buffer).map(Some)
        }
        Ok(_) | Err(Error::NoEngine(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
