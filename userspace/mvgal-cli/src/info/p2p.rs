// SPDX-License-Identifier: MIT OR Apache-2.0

//! How members get at the buffers of others, and why in no better way.

use comfy_table::Table;
use mvgal::{Allocation, BufferFlags, Device, MemberId, Members, P2p, Reach, ReachLimit};

use crate::{output, select};

/// Ways as a matrix: from the member of a row to that of a column.
pub fn matrix(members: &Members, pairs: &[P2p]) -> Table {
    let mut table = output::table([""], &[]);
    table.set_header(
        std::iter::once(String::new()).chain(members.iter().map(|member| member.id.to_string())),
    );
    for from in members {
        let cells = members.iter().map(|to| cell(pairs, from.id, to.id));
        table.add_row(std::iter::once(from.id.to_string()).chain(cells));
    }
    table
}

fn cell(pairs: &[P2p], exporter: MemberId, importer: MemberId) -> String {
    if exporter == importer {
        return "·".to_owned();
    }
    match find(pairs, exporter, importer) {
        Some(pair) => match (pair.reach, pair.distance) {
            (Reach::P2p, Some(distance)) => format!("p2p {distance}"),
            (reach, _) => reach.to_string(),
        },
        None => "?".to_owned(),
    }
}

fn find(pairs: &[P2p], exporter: MemberId, importer: MemberId) -> Option<&P2p> {
    pairs
        .iter()
        .find(|pair| (pair.exporter, pair.importer) == (exporter, importer))
}

/// What became of the trial of all ways.
#[derive(Debug, Default)]
pub struct Trial {
    /// What could not be tried, and why.
    pub failures: Vec<String>,
    /// By exporter and importer, what was found.
    found: Vec<(MemberId, MemberId, Reach, ReachLimit)>,
}

impl Trial {
    /// Tells what was found of the pairs of which the module does not remember it, as it may be
    /// different the next time.
    pub fn tell(&self, pairs: &mut [P2p]) {
        for pair in pairs.iter_mut().filter(|pair| !pair.tried) {
            let of_pair = |(from, to, ..): &&(MemberId, MemberId, _, _)| {
                (*from, *to) == (pair.exporter, pair.importer)
            };
            if let Some(&(_, _, reach, limit)) = self.found.iter().find(of_pair)
                && (reach, limit) != (pair.reach, pair.limit)
            {
                (pair.reach, pair.limit, pair.tried) = (reach, limit, true);
            }
        }
    }
}

/// Has the module try the ways between all members, but those that there are not.
pub fn try_all(device: &Device, members: &Members, known: &[P2p]) -> Trial {
    let mut trial = Trial::default();
    let failures = &mut trial.failures;
    let mut there = Vec::new();
    for member in members {
        match member
            .open()
            .and_then(|node| device.attach(member.id, node))
        {
            Ok(_) => there.push(member),
            Err(error) => failures.push(format!("{}: {error}", select::name(member))),
        }
    }
    for from in there.iter().filter(|from| from.features.can_allocate()) {
        let page = Allocation::linear(4096)
            .member(from.id)
            .flags(BufferFlags::GPU_VALID | BufferFlags::DMA_BUF);
        let page = match device.alloc(&page) {
            Ok(page) => page,
            Err(error) => {
                failures.push(format!("{}: {error}", select::name(from)));
                continue;
            }
        };
        for to in there.iter().filter(|to| to.id != from.id) {
            if find(known, from.id, to.id).is_some_and(|pair| pair.reach == Reach::None) {
                continue;
            }
            match page.export_for(to.id) {
                Ok(way) => trial.found.push((from.id, to.id, way.reach, way.limit)),
                Err(error) => {
                    let (from, to) = (select::name(from), select::name(to));
                    failures.push(format!("from {from} to {to}: {error}"));
                }
            }
        }
    }
    trial
}

/// Each pair with the reason for its way.
pub fn reasons(members: &Members, pairs: &[P2p]) -> Table {
    let mut table = output::table(["from", "to", "by", "tried", "distance", "because"], &[4]);
    for pair in pairs {
        let name = |id: MemberId| members.get(id).map_or_else(|| id.to_string(), select::name);
        table.add_row([
            name(pair.exporter),
            name(pair.importer),
            pair.reach.to_string(),
            tried(pair).to_owned(),
            pair.distance
                .map_or_else(|| "-".to_owned(), |distance| distance.to_string()),
            reason(pair),
        ]);
    }
    table
}

/// Whether the way was tried; what is copied in any case is not.
fn tried(pair: &P2p) -> &'static str {
    match (pair.tried, pair.reach) {
        (true, _) => "yes",
        (false, Reach::Copy) => "-",
        (false, _) => "no",
    }
}

/// Why the importer gets at the exporter's buffers in no better way, as the kernel says.
pub fn reason(pair: &P2p) -> String {
    let reason = limit(pair);
    match pair.reach {
        Reach::None => format!("{reason}, and the CPU cannot copy what is there"),
        _ => reason,
    }
}

fn limit(pair: &P2p) -> String {
    let (from, to) = (pair.exporter, pair.importer);
    match pair.limit {
        ReachLimit::None => "PCI lets the one reach the other's memory".to_owned(),
        ReachLimit::Export => format!("the driver of member {from} does not export buffers"),
        ReachLimit::Import => format!("the driver of member {to} does not import buffers"),
        ReachLimit::ExporterBus => format!("member {from} is not on PCI"),
        ReachLimit::ImporterBus => format!("member {to} is not on PCI"),
        ReachLimit::Pci => "PCI does not let the one reach the other's memory".to_owned(),
        ReachLimit::Attach => match pair.error {
            Some(error) => format!(
                "the driver of member {from} refused when it was tried: {}",
                error.desc()
            ),
            None => format!("the driver of member {from} moved the memory when it was tried"),
        },
        ReachLimit::Drivers => {
            format!("not both drivers, of members {from} and {to}, do peer-to-peer by dma-bufs")
        }
        ReachLimit::Map => {
            format!("the driver of member {from} maps its memory for no other device")
        }
        ReachLimit::Iommu => format!(
            "the driver of member {from} gives out physical addresses, and an IOMMU translates \
             those of member {to} (it would not with iommu=pt on the kernel's command line)"
        ),
        ReachLimit::Refused => format!("the driver of member {to} refused to import it"),
        ReachLimit::Other(limit) => {
            format!("of a reason that this program is too old for ({limit})")
        }
        _ => "of an unknown reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use mvgal::sys;

    use super::*;

    fn members() -> Members {
        let raw = [
            (
                "amdgpu",
                sys::DRM_MVGAL_BUS_PCI,
                sys::DRM_MVGAL_FEATURE_P2PMEM,
            ),
            ("xe", sys::DRM_MVGAL_BUS_PCI, 0),
            ("vgem", sys::DRM_MVGAL_BUS_OTHER, 0),
        ];
        let raw: Vec<_> = raw
            .iter()
            .zip(1..)
            .map(|(&(driver, bus, features), id)| {
                let mut raw = sys::drm_mvgal_device {
                    id,
                    bus,
                    features: features.into(),
                    ..Default::default()
                };
                raw.driver[..driver.len()].copy_from_slice(driver.as_bytes());
                raw
            })
            .collect();
        Members::from_raw(1, &raw)
    }

    #[test]
    fn each_pair_has_a_reason() {
        let pair = |exporter, importer, reach, limit| {
            let raw = sys::drm_mvgal_p2p {
                exporter,
                importer,
                distance: if reach == sys::DRM_MVGAL_REACH_P2P {
                    8
                } else {
                    -1
                },
                path: 0,
                reach,
                limit,
                ..Default::default()
            };
            P2p::from(&raw)
        };
        let members = members();
        let pairs = [
            pair(
                1,
                2,
                sys::DRM_MVGAL_REACH_P2P,
                sys::DRM_MVGAL_REACH_LIMIT_NONE,
            ),
            pair(
                2,
                1,
                sys::DRM_MVGAL_REACH_IMPORT,
                sys::DRM_MVGAL_REACH_LIMIT_PCI,
            ),
            pair(
                1,
                3,
                sys::DRM_MVGAL_REACH_COPY,
                sys::DRM_MVGAL_REACH_LIMIT_IMPORT,
            ),
            pair(
                3,
                1,
                sys::DRM_MVGAL_REACH_IMPORT,
                sys::DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS,
            ),
            pair(
                2,
                3,
                sys::DRM_MVGAL_REACH_IMPORT,
                sys::DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS,
            ),
        ];
        insta::assert_snapshot!(output::lines(matrix(&members, &pairs)));
        insta::assert_snapshot!(output::lines(reasons(&members, &pairs)));
        assert_eq!(
            reason(&pair(1, 2, 0, sys::DRM_MVGAL_REACH_LIMIT_EXPORT)),
            "the driver of member 1 does not export buffers"
        );
        assert!(reason(&pair(1, 2, 0, 99)).contains("99"));
        let (none, import) = (sys::DRM_MVGAL_REACH_NONE, sys::DRM_MVGAL_REACH_LIMIT_IMPORT);
        assert_eq!(
            reason(&pair(1, 2, none, import)),
            "the driver of member 2 does not import buffers, and the CPU cannot copy what is there"
        );
        let mut seen = [pair(1, 2, sys::DRM_MVGAL_REACH_IMPORT, 0)];
        let found = (seen[0].exporter, seen[0].importer);
        Trial {
            failures: Vec::new(),
            found: vec![(found.0, found.1, Reach::Copy, ReachLimit::Attach)],
        }
        .tell(&mut seen);
        assert_eq!((seen[0].reach, seen[0].tried), (Reach::Copy, true));
        let moved = pair(
            1,
            2,
            sys::DRM_MVGAL_REACH_IMPORT,
            sys::DRM_MVGAL_REACH_LIMIT_ATTACH,
        );
        assert_eq!(
            reason(&moved),
            "the driver of member 1 moved the memory when it was tried"
        );
        let refused = P2p::from(&sys::drm_mvgal_p2p {
            exporter: 1,
            limit: sys::DRM_MVGAL_REACH_LIMIT_ATTACH,
            tried: 1,
            error: -(mvgal::Errno::EBUSY as i32),
            ..Default::default()
        });
        assert_eq!(
            reason(&refused),
            "the driver of member 1 refused when it was tried: Device or resource busy"
        );
    }
}
