"""A worker of the crawlers: ``python -m aws_stage.engines.glue_crawler.worker``, started by the engine alone.

It looks at one object at a time, of anybody's making, with Arrow's native reader among others.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.glue_crawler import profile
from aws_stage.engines.glue_crawler.hive_types import is_too_deep
from aws_stage.engines.glue_crawler.json_lines import ArrayError
from aws_stage.engines.glue_crawler.objects import Bucket, StoredObject
from aws_stage.engines.glue_crawler.profile_documents import encoded
from aws_stage.kernel.clients import Clients
from aws_stage.kernel.settings import Settings
from aws_stage.workers.loop import serve

logger = logging.getLogger("aws_stage.glue_crawler")

MEMORY_BYTES = 3 * 1024**3
"""Address space of a worker, of which Arrow's allocator reserves 1 GB."""


class _Reading:
    """One object being read; who wants to stop it ends the worker."""

    def cancel(self) -> None:
        """Nothing: a read takes no time worth asking for."""


def look(request: dict[str, Any], clients: Clients) -> dict[str, Any]:
    """The ``profile`` of an object (None: unknown), why it is ``unreadable``, or what S3 ``refused``."""
    item = StoredObject(request["key"], request["size"], request["etag"])
    try:
        found = profile.read(Bucket(clients("s3"), request["bucket"]), item)
    except ClientError as error:
        return {"refused": str(error)}
    except ArrayError as error:
        return {"unreadable": str(error)}
    except MemoryError:
        return {"unreadable": "it takes more memory than a crawler has"}
    except RecursionError:
        return {"unreadable": "it is nested too deeply"}
    except Exception as error:  # whatever a decoder raises is about this object, and not about the others
        logger.exception("reading s3://%s/%s", request["bucket"], item.key)
        return {"unreadable": f"{type(error).__name__}: {error}"}
    if found is not None and any(is_too_deep(kind) for _, kind in found.columns):
        return {"unreadable": "it is nested too deeply"}
    return {"profile": None if found is None else encoded(found)}


def main() -> None:
    """Answer the engine's requests until the stage ends."""
    clients = Clients(Settings.from_env(os.environ))
    serve(_Reading, lambda request, _: look(request, clients), MEMORY_BYTES)


if __name__ == "__main__":
    main()
