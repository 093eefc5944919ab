// SPDX-License-Identifier: MIT OR Apache-2.0

//! How data gets from one member to another, and why that way.

use comfy_table::Table;
use mvgal::{Bus, Features, MemberId, Members, P2p, Path};

use crate::{output, select};

/// Paths as a matrix: from the member of a row to that of a column.
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
        Some(pair) => match (pair.path, pair.distance) {
            (Path::P2p, Some(distance)) => format!("p2p {distance}"),
            (path, _) => path.to_string(),
        },
        None => "?".to_owned(),
    }
}

fn find(pairs: &[P2p], exporter: MemberId, importer: MemberId) -> Option<&P2p> {
    pairs
        .iter()
        .find(|pair| (pair.exporter, pair.importer) == (exporter, importer))
}

/// Each pair with the reason for its path.
pub fn reasons(members: &Members, pairs: &[P2p]) -> Table {
    let mut table = output::table(["from", "to", "path", "distance", "because"], &[3]);
    for pair in pairs {
        let name = |id: MemberId| members.get(id).map_or_else(|| id.to_string(), select::name);
        table.add_row([
            name(pair.exporter),
            name(pair.importer),
            pair.path.to_string(),
            pair.distance
                .map_or_else(|| "-".to_owned(), |distance| distance.to_string()),
            reason(members, pair),
        ]);
    }
    table
}

/// Why a pair has its path, by what the kernel says of its members.
pub fn reason(members: &Members, pair: &P2p) -> String {
    let (Some(exporter), Some(importer)) = (members.get(pair.exporter), members.get(pair.importer))
    else {
        return "a member has gone".to_owned();
    };
    let off_pci = [exporter, importer]
        .into_iter()
        .find(|member| member.bus != Bus::Pci);
    match (pair.path, off_pci) {
        (Path::P2p, _) => "PCI lets the one reach the other's memory".to_owned(),
        (_, Some(member)) => format!("member {} is not on PCI", member.id),
        _ if !exporter.features.contains(Features::P2PMEM) => {
            format!("member {} provides no peer-to-peer memory", exporter.id)
        }
        _ => "PCI does not let the one reach the other's memory".to_owned(),
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
    fn each_path_has_a_reason() {
        let pair = |exporter, importer, distance: Option<i32>| {
            let raw = sys::drm_mvgal_p2p {
                exporter,
                importer,
                distance: distance.unwrap_or(-1),
                path: match distance {
                    Some(_) => sys::DRM_MVGAL_PATH_P2P,
                    None => sys::DRM_MVGAL_PATH_HOST,
                },
            };
            P2p::from(&raw)
        };
        let members = members();
        let pairs = [
            pair(1, 2, Some(8)),
            pair(2, 1, None),
            pair(1, 3, None),
            pair(3, 1, None),
            pair(2, 3, None),
        ];
        insta::assert_snapshot!(matrix(&members, &pairs).trim_fmt());
        insta::assert_snapshot!(reasons(&members, &pairs).trim_fmt());
        assert_eq!(
            reason(&members, &pair(1, 2, None)),
            "PCI does not let the one reach the other's memory"
        );
        assert_eq!(reason(&members, &pair(1, 9, None)), "a member has gone");
    }
}
