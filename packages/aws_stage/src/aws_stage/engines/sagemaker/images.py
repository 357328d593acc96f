"""Which server a container image stands for. No image is pulled: its repository's name says what it would run."""

from __future__ import annotations

from aws_stage.engines.sagemaker.arns import unsupported

XGBOOST, SCIKIT_LEARN, PYTORCH = "xgboost", "scikit-learn", "pytorch"
FRAMEWORKS = (XGBOOST, SCIKIT_LEARN, PYTORCH)


def framework_of(image: str) -> str:
    """The framework of ``[registry/]repository[:tag][@digest]``; raises ValidationException for any other image."""
    repository = image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()
    for framework in FRAMEWORKS:
        if framework in repository:
            return framework
    raise unsupported(
        f"Container image {image}: there are servers for repositories whose name holds {', '.join(FRAMEWORKS)}. "
        "Any other image"
    )
