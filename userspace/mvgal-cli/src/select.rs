// SPDX-License-Identifier: MIT OR Apache-2.0

//! Members as the command line names them.

use mvgal::{Device, Member, MemberId, Members};

use crate::failure::Failure;

/// A member, or the host, with the name to show for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its id.
    pub id: MemberId,
    /// "3 (vgem)" or "host".
    pub name: String,
}

/// The name to show for a member.
pub fn name(member: &Member) -> String {
    format!("{} ({})", member.id, member.driver)
}

/// Finds a member by its id, its bus address or its driver.
pub fn find(members: &Members, wanted: &str) -> Result<Chosen, Failure> {
    if wanted == "host" || wanted == "0" {
        return Ok(Chosen {
            id: MemberId::HOST,
            name: "host".to_owned(),
        });
    }
    let found: Vec<&Member> = members
        .iter()
        .filter(|m| m.id.to_string() == wanted || m.bus_address == wanted)
        .collect();
    let found = if found.is_empty() {
        members.iter().filter(|m| m.driver == wanted).collect()
    } else {
        found
    };
    match found[..] {
        [member] => Ok(Chosen {
            id: member.id,
            name: name(member),
        }),
        [] => {
            let all: Vec<String> = members.iter().map(name).collect();
            Err(Failure::Usage(format!(
                "no member is called {wanted:?}; there are: host{}{}",
                if all.is_empty() { "" } else { ", " },
                all.join(", ")
            )))
        }
        _ => {
            let all: Vec<String> = found
                .iter()
                .map(|m| format!("{} at {}", m.id, m.bus_address))
                .collect();
            Err(Failure::Usage(format!(
                "{} members are called {wanted:?}: {}; give the id or the bus address",
                found.len(),
                all.join(", ")
            )))
        }
    }
}

/// Opens a node of a member and attaches it; the host needs neither.
pub fn attach(device: &Device, members: &Members, id: MemberId) -> Result<(), Failure> {
    if let Some(member) = members.get(id) {
        device.attach(id, member.open()?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mvgal::sys;

    use super::*;

    fn members() -> Members {
        let raw = [
            ("virtio_gpu", "0000:00:03.0"),
            ("virtio_gpu", "0000:00:04.0"),
            ("vgem", "vgem"),
        ];
        let raw: Vec<_> = raw
            .iter()
            .zip(1..)
            .map(|((driver, address), id)| {
                let mut raw = sys::drm_mvgal_device {
                    id,
                    ..Default::default()
                };
                raw.driver[..driver.len()].copy_from_slice(driver.as_bytes());
                raw.bus_address[..address.len()].copy_from_slice(address.as_bytes());
                raw
            })
            .collect();
        Members::from_raw(1, &raw)
    }

    #[test]
    fn members_are_found_by_id_address_and_driver() {
        let found = |wanted| find(&members(), wanted).unwrap();
        assert_eq!(found("host").id, MemberId::HOST);
        assert_eq!(found("2").name, "2 (virtio_gpu)");
        assert_eq!(found("0000:00:04.0").id, MemberId::new(2));
        assert_eq!(found("vgem").id, MemberId::new(3));
    }

    #[test]
    fn what_is_not_clear_says_what_there_is() {
        let error = |wanted| find(&members(), wanted).unwrap_err().to_string();
        insta::assert_snapshot!(error("virtio_gpu"), @r#"2 members are called "virtio_gpu": 1 at 0000:00:03.0, 2 at 0000:00:04.0; give the id or the bus address"#);
        insta::assert_snapshot!(error("amdgpu"), @r#"no member is called "amdgpu"; there are: host, 1 (virtio_gpu), 2 (virtio_gpu), 3 (vgem)"#);
    }
}
