"""Open the files of a kubeconfig beside the event loop, and not for ever."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from controller.clusters.file_questions import FileQuestions, FilesSilent
from controller.clusters.kubeconfig import read_kubeconfig
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.region_manager import RegionManager
from controller.clusters.settings import FleetSettings
from controller.errors import KubeconfigError
from controller.reasons import Code

#: Seconds until a program without an answer of its kubeconfig ends. Long for any disk that answers at all; arbitrary.
OPEN_PATIENCE_S = 30.0


async def open_regions(paths: Sequence[Path], settings: FleetSettings) -> RegionManager:
    """Return the manager of the files' contexts, not yet entered.

    Raises: KubeconfigError, also where the files give no answer.
    """
    try:
        return await FileQuestions().ask(OPEN_PATIENCE_S, _open, paths, settings)
    except FilesSilent:
        silent = KubeconfigCode.FILE_SILENT.because(seconds=OPEN_PATIENCE_S)
        label = os.pathsep.join(map(str, paths))
        raise KubeconfigError(Code.KUBECONFIG_REFUSED.because(path=label, problem=silent)) from None


def _open(paths: Sequence[Path], settings: FleetSettings) -> RegionManager:
    return RegionManager(read_kubeconfig(paths), settings)
