// SPDX-License-Identifier: GPL-2.0

//! Tests of how members get at one another's memory.

use super::*;

/// Tries with an answer for each kind of importer, and returns what was tried, too.
fn try_with(
    from: Way,
    system: Result<Mapped>,
    peer: Result<Mapped>,
) -> Result<(Way, Lesson, KVec<Importer>)> {
    let mut tried = KVec::new();
    let (way, lesson) = from.tried(Importer::Static, |importer| {
        tried.push(importer, GFP_KERNEL)?;
        match importer {
            Importer::Static => system,
            Importer::Dynamic => Err(EIO),
            Importer::PeerToPeer => peer,
        }
    })?;
    Ok((way, lesson, tried))
}

const P2P: Way = Way::new(Reach::PeerToPeer, Limit::None);
const IMPORT: Way = Way::new(Reach::Import, Limit::Pci);
const COPY: Way = Way::new(Reach::Copy, Limit::Import);

#[kunit_tests(mvgal_reach)]
mod tests {
    use super::*;

    #[test]
    fn best_first() -> Result {
        let works = Ok(Mapped::System);
        let (way, lesson, tried) = try_with(P2P, works, Ok(Mapped::PeerToPeer))?;
        assert_eq!((way, lesson), (P2P, Lesson::ForAll));
        assert_eq!(&*tried, [Importer::PeerToPeer]);

        let (way, lesson, tried) = try_with(IMPORT, works, Err(EIO))?;
        assert_eq!((way, lesson), (IMPORT, Lesson::ForAll));
        assert_eq!(&*tried, [Importer::Static]);

        // There is nothing to try.
        let (way, _, tried) = try_with(COPY, Err(EIO), Err(EIO))?;
        assert_eq!(way, COPY);
        assert!(tried.is_empty());
        Ok(())
    }

    #[test]
    fn no_copy_without_the_cpu() {
        assert_eq!(COPY.of_memory(true), COPY);
        assert_eq!(COPY.of_memory(false), Way::new(Reach::None, Limit::Import));
        assert_eq!(IMPORT.of_memory(false), IMPORT);
        assert_eq!(Way::OWN.of_memory(false), Way::OWN);
    }

    #[test]
    fn next_best() -> Result {
        // The exporter turned peer-to-peer down, and has mapped it all the same: this time.
        let (way, lesson, tried) = try_with(P2P, Err(EIO), Ok(Mapped::System))?;
        assert_eq!((way.reach, way.limit), (Reach::Import, Limit::Attach));
        assert_eq!(way.refusal, None);
        assert_eq!(lesson, Lesson::None);
        assert_eq!(tried.len(), 1);

        let (way, lesson, _) = try_with(P2P, Ok(Mapped::System), Err(EOPNOTSUPP))?;
        assert_eq!((way.reach, way.limit), (Reach::Import, Limit::Attach));
        assert_eq!(way.refusal, Some(EOPNOTSUPP));
        assert_eq!(lesson, Lesson::ForClient);

        let (way, lesson, tried) = try_with(P2P, Err(EOPNOTSUPP), Err(EOPNOTSUPP))?;
        assert_eq!((way.reach, way.limit), (Reach::Copy, Limit::Attach));
        assert_eq!(way.refusal, Some(EOPNOTSUPP));
        assert_eq!(lesson, Lesson::ForClient);
        assert_eq!(&*tried, [Importer::PeerToPeer, Importer::Static]);
        Ok(())
    }

    #[test]
    fn what_passes() -> Result {
        // Of two refusals that which tells less counts.
        for err in [ENOMEM, ENOSPC, EBUSY, EIO, EINVAL] {
            for (system, peer) in [(err, EOPNOTSUPP), (EOPNOTSUPP, err)] {
                let (way, lesson, _) = try_with(P2P, Err(system), Err(peer))?;
                assert_eq!((way.reach, lesson), (Reach::Copy, Lesson::None));
            }
        }
        for err in [EINTR, ERESTARTSYS, ENODEV] {
            let failed = try_with(IMPORT, Err(err), Err(EIO)).map(|_| ());
            assert_eq!(failed, Err(err));
            let failed = try_with(P2P, Ok(Mapped::System), Err(err)).map(|_| ());
            assert_eq!(failed, Err(err));
        }
        Ok(())
    }

    #[test]
    fn remembered() -> Result {
        let ways = KBox::pin_init(Ways::new(), GFP_KERNEL)?;
        assert_eq!(ways.get(1, 2), None);
        ways.remember(1, 2, IMPORT, |_| true)?;
        ways.remember(2, 1, COPY, |_| true)?;
        ways.remember(0, 2, IMPORT, |_| true)?;
        assert_eq!(ways.get(1, 2), Some(IMPORT));
        assert_eq!(ways.get(2, 1), Some(COPY));
        assert_eq!(ways.get(2, 3), None);

        // The last counts.
        ways.remember(1, 2, Way::REFUSED, |_| true)?;
        assert_eq!(ways.get(1, 2), Some(Way::REFUSED));
        assert_eq!(ways.pairs.lock().len(), 3);

        // Of members that are gone nothing is kept.
        ways.remember(2, 3, IMPORT, |id| id != 1)?;
        assert_eq!(ways.get(1, 2), None);
        assert_eq!(ways.get(2, 1), None);
        assert_eq!(ways.get(0, 2), Some(IMPORT));
        assert_eq!(ways.pairs.lock().len(), 2);
        Ok(())
    }
}
