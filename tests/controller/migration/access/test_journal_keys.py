"""A journal that cannot be signed is not written, and one that cannot be checked is not acted upon."""

from __future__ import annotations

from pathlib import Path

from controller.contract.snapshots import MigrationStage
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.lease import find_place
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.signing import Journal
from controller.reasons import Code
from oracle.key_ring_file import RingFile
from oracle.reasons import OracleCode
from tests.controller.migration.keys import KEYS, OTHER_KEYS
from tests.controller.migration.moves import Moves, simulate_moves, wait_until_over
from tests.controller.migration.records import record
from tests.controller.refusals import refuses

HERE = find_place("cluster-a", "shop", "checkout")


def test_a_journal_is_known_where_the_ring_is_the_same() -> None:
    journal = KEYS.sign(HERE, "words")
    assert KEYS.find_doubt(HERE, journal, record()) is None
    doubt = OTHER_KEYS.find_doubt(HERE, journal, record())
    assert doubt is not None
    assert doubt.code is Code.JOURNAL_FOREIGN


def test_a_ring_that_is_not_there_signs_and_knows_nothing(tmp_path: Path) -> None:
    keys = JournalKeys(RingFile(tmp_path / "mounted", may_make=False))
    for ask in (keys.prepare, lambda: keys.sign(HERE, "words")):
        with refuses(JournalError, Code.JOURNAL_KEYS_UNUSABLE):
            ask()
    doubt = keys.find_doubt(HERE, KEYS.sign(HERE, "words"), record())
    assert doubt is not None
    assert doubt["why"].code is OracleCode.KEY_RING_MISSING


def test_to_check_a_journal_makes_no_ring(tmp_path: Path) -> None:
    path = tmp_path / "key-ring"
    keys = JournalKeys(RingFile(path, may_make=True))
    assert keys.find_doubt(HERE, Journal("words"), record()) is not None
    assert not path.exists()
    keys.prepare()
    assert path.exists()


def test_a_move_whose_journal_cannot_be_signed_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        controller.keys = JournalKeys(RingFile(tmp_path / "mounted", may_make=False))
        migration_id = await controller.start(world.dry_run())
        await wait_until_over(controller, migration_id)
        [view] = controller.views()
        assert view.stage is MigrationStage.REFUSED
        assert view.reason is not None
        assert view.reason.code is Code.JOURNAL_KEYS_UNUSABLE
        written = [
            one for cluster in world.clusters.values() for one in cluster.history if one.request.is_write
        ]
        assert written == []

    simulate_moves(scenario, 1, tmp_path)
