"""What a framework's container does where ``inference.py`` has no function for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from aws_stage.engines.sagemaker.serving import arrays
from aws_stage.engines.sagemaker.serving.media_types import CSV, LIBSVM


class Defaults(Protocol):
    """The functions of SageMaker's inference toolkits; ``content_type`` and ``accept`` are bare media types."""

    def model_fn(self, model_dir: str) -> Any: ...

    def input_fn(self, input_data: str | bytes, content_type: str) -> Any: ...

    def predict_fn(self, input_data: Any, model: Any) -> Any: ...

    def output_fn(self, prediction: Any, accept: str) -> str | bytes: ...


class _ArrayDefaults:
    """Arrays in, arrays out; a script must load its model itself."""

    def model_fn(self, model_dir: str) -> Any:
        raise NotImplementedError(f"inference.py must have a model_fn that loads the model of {model_dir}")

    def input_fn(self, input_data: str | bytes, content_type: str) -> Any:
        values = arrays.decode(input_data, content_type)
        return values.astype(np.float32) if content_type in arrays.TEXT else values

    def predict_fn(self, input_data: Any, model: Any) -> Any:
        return model.predict(input_data)

    def output_fn(self, prediction: Any, accept: str) -> str | bytes:
        return arrays.encode(prediction, accept)


class ScikitLearnDefaults(_ArrayDefaults):
    """Those of sagemaker-scikit-learn-container."""


class XGBoostDefaults(_ArrayDefaults):
    """Those of sagemaker-xgboost-container in script mode: a DMatrix is what is scored."""

    def input_fn(self, input_data: str | bytes, content_type: str) -> Any:
        import xgboost

        from aws_stage.engines.sagemaker.serving.feature_rows import read_rows

        if content_type != CSV and content_type not in LIBSVM:
            raise arrays.unsupported(content_type)
        body = input_data.encode() if isinstance(input_data, str) else input_data
        return xgboost.DMatrix(read_rows(body, content_type))

    def predict_fn(self, input_data: Any, model: Any) -> Any:
        return model.predict(input_data, validate_features=False)


class PyTorchDefaults(_ArrayDefaults):
    """Those of sagemaker-pytorch-inference-toolkit: the one TorchScript file, tensors on the CPU."""

    def model_fn(self, model_dir: str) -> Any:
        import torch

        files = sorted(path for path in Path(model_dir).iterdir() if path.suffix in (".pt", ".pth"))
        if len(files) != 1:
            raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {[f.name for f in files]}")
        return torch.jit.load(str(files[0]), map_location=torch.device("cpu"))

    def input_fn(self, input_data: str | bytes, content_type: str) -> Any:
        import torch

        return torch.from_numpy(super().input_fn(input_data, content_type))

    def predict_fn(self, input_data: Any, model: Any) -> Any:
        import torch

        with torch.no_grad():
            model.eval()
            return model(input_data)

    def output_fn(self, prediction: Any, accept: str) -> str | bytes:
        plain = prediction.detach().cpu().numpy() if hasattr(prediction, "detach") else prediction
        return super().output_fn(plain, accept)
