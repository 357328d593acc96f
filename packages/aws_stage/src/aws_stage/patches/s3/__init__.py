"""S3: what is acknowledged is on disk whole, what is on disk is read whole, and requests are answered as on AWS."""

from __future__ import annotations

import os
from pathlib import Path

from aws_stage.storage.manifest.manifest import Manifest


def apply(manifest: Manifest) -> None:
    """Patch ministack's module before it has read the objects' folder, and let it read that then."""
    from aws_stage.patches.s3 import files, hadoop, listing, objects, requests, uploads

    folder = Path(os.environ["S3_DATA_DIR"])
    objects.finish_interrupted_writes(folder)
    objects.check_metadata(folder)
    s3 = objects.import_without_loading(folder)
    objects.apply(s3, manifest)
    files.apply(s3, manifest)
    uploads.apply(s3, folder.with_name("s3-uploads"), manifest)
    s3._load_persisted_data()
    listing.apply(s3)
    requests.apply(s3)
    hadoop.apply(s3)
