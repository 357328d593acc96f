"""``model.tar.gz`` as SageMaker's XGBoost container reads it."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import Final

MODEL_FILE: Final = "xgboost-model"
"""What the container looks for at the archive's root (aws/sagemaker-xgboost-container, algorithm mode)."""


def pack(model: bytes) -> bytes:
    """The archive of ``model``; equal models give equal archives, as it holds no time and no owner."""
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(MODEL_FILE)
        entry.size = len(model)
        entry.mode = 0o644
        archive.addfile(entry, io.BytesIO(model))
    return gzip.compress(tarred.getvalue(), compresslevel=6, mtime=0)
