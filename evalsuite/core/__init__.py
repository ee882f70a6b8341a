"""The model: the only place that imports torch, transformers, trl and vllm."""
