"""Train the embedded base model: `python -m train tiny`.

Data parallel over processes of one thread each (on CPU two of them are 1.7 times one process of two
threads), Muon for the matrices and AdamW for the rest, bf16 autocast, warm-up then constant then
linear decay. Resumable: it goes on from the last checkpoint in the run folder.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import Qwen2ForCausalLM

    from train.corpus import Encoded


CHECKPOINT = "checkpoint.pt"

REPEATED_KEY_WEIGHT = 3.0
"""What a token that would repeat a key counts against one right token: a used key can be told from
an unused one by the answer alone, and a model of this size says one twice in 2 of 100 answers.
Measured over 40 M tokens it changed little: on prompts unlike those of training, where the model is
unsure which words are keys, 8 of 200 answers repeat one, and 9 did before."""


@dataclass(frozen=True, slots=True)
class TinyConfig:
    """Everything that decides the weights."""

    tokens: int = 56_000_000
    """Training tokens in all, padding included."""
    batch_tokens: int = 6144
    """Tokens per process and step, padding included."""
    length: int = 512
    """Longest row, tokens."""
    workers: int = 2
    learning_rate: float = 3e-3
    warmup_steps: int = 100
    decay_share: float = 0.6
    """Share of the steps over which the learning rate falls to zero, at the end."""
    weight_decay: float = 0.01
    seed: int = 0
    start: str = ""
    """Folder of an earlier model whose weights to start from; random weights when empty."""
    layers: int = 6
    hidden: int = 256
    intermediate: int = 768
    heads: int = 4
    kv_heads: int = 2
    vocabulary: int = 2048
    sample_every: int = 500
    save_every: int = 200

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return self.tokens // (self.batch_tokens * self.workers)

    def rate(self, step: int) -> float:
        """Learning-rate factor at `step`: trapezoid."""
        decay = max(1, int(self.steps * self.decay_share))
        return min(1.0, (step + 1) / self.warmup_steps, max(0.0, (self.steps - step) / decay))


def build_model(config: TinyConfig) -> Qwen2ForCausalLM:
    """A Qwen2 with random weights and explicit special tokens."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(config.seed)
    qwen = Qwen2Config(
        vocab_size=config.vocabulary,
        hidden_size=config.hidden,
        intermediate_size=config.intermediate,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=[2, 3],
        attn_implementation="sdpa",
    )
    return Qwen2ForCausalLM(qwen)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as tensors."""

    ids: torch.Tensor
    """(rows, longest), padded on the right."""
    weights: torch.Tensor
    """(rows, longest), the loss weight of predicting each id."""
    banned: torch.Tensor
    """(3, any): row, place and token of each id that must not stand there."""


def make_batch(rows: list[Encoded]) -> Batch:
    """Right-pad rows."""
    import torch

    width = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    weights = torch.zeros(len(rows), width)
    for index, row in enumerate(rows):
        ids[index, : len(row.ids)] = torch.tensor(row.ids)
        weights[index, : len(row.ids)] = torch.tensor(row.weights)
    banned = [
        (index, each.place, each.token) for index, row in enumerate(rows) for each in row.banned
    ]
    return Batch(ids, weights, torch.tensor(banned, dtype=torch.long).view(-1, 3).T)


def make_optimizers(model: Qwen2ForCausalLM, config: TinyConfig) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024, RMS-matched as in Liu et al. 2025) for matrices, AdamW for the rest."""
    import torch

    matrices, rest = [], []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "embed" not in name else rest).append(parameter)
    return [
        torch.optim.Muon(
            matrices,
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(
            rest, lr=config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True
        ),
    ]


def batches(
    tokenizer: Tokenizer, config: TinyConfig, rank: int, skip: int
) -> Iterator[list[Encoded]]:
    """This process's batches, step by step, from step `skip` on."""
    from train.corpus import batch_by_length, stream

    # one seed per block of steps, so that resuming does not replay the stream from its start
    for block in itertools.count(skip // config.save_every):
        seed = f"{config.seed}/{rank}/{block}"
        rows = batch_by_length(
            stream(tokenizer, seed), config.batch_tokens, config.length, random.Random(seed)
        )
        for step in range(block * config.save_every, (block + 1) * config.save_every):
            batch = next(rows)
            if step >= skip:
                yield batch


def _average_gradients(parameters: list[Any], workers: int) -> None:
    import torch
    import torch.distributed as dist

    flat = torch.cat([parameter.grad.view(-1) for parameter in parameters])
    dist.all_reduce(flat)
    flat /= workers
    for parameter, part in zip(
        parameters, flat.split([p.numel() for p in parameters]), strict=True
    ):
        parameter.grad.copy_(part.view_as(parameter))


def weighted_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy of the next token, each weighted, plus the unlikelihood of the banned.

    `-log(1 - p)` of every banned token (Welleck et al. 2020, "Neural Text Generation with
    Unlikelihood Training", eq. 2). bf16 autocast. Positions of weight 0 get no logits: on CPU
    these are a fifth of a step.
    """
    import torch

    learned = batch.weights[:, 1:] > 0
    row, place, token = batch.banned
    with torch.autocast("cpu", torch.bfloat16):
        hidden = model.model(input_ids=batch.ids, use_cache=False).last_hidden_state
        logits = model.lm_head(hidden[:, :-1][learned])
        rivals = model.lm_head(hidden[row, place - 1])
    loss = torch.nn.functional.cross_entropy(
        logits.float(), batch.ids[:, 1:][learned], reduction="none"
    )
    chance = rivals.float().softmax(-1).gather(1, token[:, None])
    unlikely = -torch.log1p(-chance.clamp(max=1 - 1e-6)).sum()
    weight = batch.weights[:, 1:][learned]
    return ((loss * weight).sum() + REPEATED_KEY_WEIGHT * unlikely) / weight.sum()


def train_worker(rank: int, config: TinyConfig, run: str) -> None:
    """One process of the data-parallel training; rank 0 logs, samples and saves."""
    import torch
    import torch.distributed as dist
    from tokenizers import Tokenizer

    from train.tiny_start import start_from

    folder = Path(run)
    torch.set_num_threads(1 if config.workers > 1 else torch.get_num_threads())
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder.resolve()}/rendezvous",
        rank=rank,
        world_size=config.workers,
    )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = build_model(config)
    if config.start and not (folder / CHECKPOINT).exists():
        start_from(model, tokenizer, Path(config.start))
    optimizers = make_optimizers(model, config)
    step = _load_checkpoint(folder, model, optimizers)
    parameters = list(model.parameters())
    started, first = time.monotonic(), step
    for rows in batches(tokenizer, config, rank, step):
        if step >= config.steps:
            break
        loss = weighted_loss(model, make_batch(rows))
        loss.backward()
        _average_gradients(parameters, config.workers)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * config.rate(step)
            optimizer.step()
            optimizer.zero_grad()
        step += 1
        if rank == 0:
            _report(
                config,
                model,
                tokenizer,
                folder,
                step,
                loss.item(),
                (step - first) / (time.monotonic() - started),
            )
            if step % config.save_every == 0 or step == config.steps:
                _save_checkpoint(folder, model, optimizers, step)
    dist.barrier()
    dist.destroy_process_group()


def _report(
    config: TinyConfig,
    model: Any,
    tokenizer: Tokenizer,
    folder: Path,
    step: int,
    loss: float,
    pace: float,
) -> None:
    from train.tiny_samples import show_samples

    if step % 25 == 0 or step == 1:
        tokens = config.batch_tokens * config.workers
        left = (config.steps - step) / pace / 60
        line = (
            f"step {step}/{config.steps}  loss {loss:.3f}  {pace * tokens:,.0f} tokens/s  "
            f"{step * tokens / 1e6:.1f} M tokens  {left:.0f} min left"
        )
        print(line, flush=True)
        with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(
                json.dumps({"step": step, "loss": round(loss, 4), "tokens": step * tokens}) + "\n"
            )
    if step % config.sample_every == 0 or step == config.steps:
        show_samples(model, tokenizer, folder, step)


def _save_checkpoint(folder: Path, model: Any, optimizers: list[Any], step: int) -> None:
    import torch

    temporary = folder / "checkpoint.tmp"
    torch.save(
        {
            "model": model.state_dict(),
            "optimizers": [o.state_dict() for o in optimizers],
            "step": step,
        },
        temporary,
    )
    temporary.replace(folder / CHECKPOINT)


def _load_checkpoint(folder: Path, model: Any, optimizers: list[Any]) -> int:
    import torch

    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"])


def prepare_tokenizer(config: TinyConfig, run: Path) -> None:
    """Train the tokenizer on rows of the corpus unless the run folder has one."""
    from train.corpus import base_row
    from train.tokenizer import train_tokenizer

    if (run / "tokenizer.json").exists():
        return
    rng = random.Random(f"{config.seed}/tokenizer")
    rows = (base_row(rng) for _ in range(20_000))
    texts = (
        text for row in rows for text in (*(content for _, content in row.messages), row.answer)
    )
    train_tokenizer(texts, config.vocabulary).save(str(run / "tokenizer.json"))


def train_tiny(config: TinyConfig, run: Path, out: Path) -> None:
    """Train (or go on training) in `run`, then write the model folder `out`."""
    import torch.multiprocessing as mp

    from train.tiny_export import export
    from train.tiny_start import pin_start

    run.mkdir(parents=True, exist_ok=True)
    pin_start(run, config.start, begun=(run / CHECKPOINT).exists())
    (run / "rendezvous").unlink(missing_ok=True)
    prepare_tokenizer(config, run)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    mp.spawn(train_worker, (config, str(run)), nprocs=config.workers)
    export(config, run, out)
    print(f"written: {out}")
