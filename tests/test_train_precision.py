"""What `auto` means on each kind of device, and which settings a device refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.errors import InputError
from tests.test_sft_run import make_config
from train.precision import Accelerator, check_device, choose_dtype, choose_precision
from train.sft_run import choose_place
from train.sft_settings import Dtype, Precision

CPU = Accelerator("cpu")
T4 = Accelerator("cuda", "Tesla T4", (7, 5))
A100 = Accelerator("cuda", "NVIDIA A100", (8, 0))


@pytest.mark.parametrize(
    ("device", "dtype", "precision"),
    [
        pytest.param(CPU, "float32", "fp32", id="cpu"),
        pytest.param(T4, "float16", "fp16", id="t4"),
        pytest.param(A100, "bfloat16", "bf16", id="a100"),
    ],
)
def test_auto_is_bf16_only_where_it_is_native(
    device: Accelerator, dtype: Dtype, precision: Precision
) -> None:
    assert choose_dtype("auto", device) == dtype
    assert choose_precision("auto", dtype, device) == precision


def test_bf16_is_refused_on_a_t4_by_name_with_what_to_use() -> None:
    with pytest.raises(InputError) as caught:
        choose_dtype("bfloat16", T4)
    assert str(caught.value) == (
        "dtype: bfloat16: Tesla T4 (compute capability 7.5) has no bf16, only an emulation slower "
        "than fp32; use float16"
    )
    with pytest.raises(InputError, match=r"^training\.precision: bf16: Tesla T4 .* use fp16$"):
        choose_precision("bf16", "float32", T4)


def test_fp16_needs_a_gpu() -> None:
    with pytest.raises(InputError, match=r"^dtype: float16 needs a GPU; on a CPU use float32$"):
        choose_dtype("float16", CPU)
    with pytest.raises(InputError, match=r"^training\.precision: fp16 needs a GPU"):
        choose_precision("fp16", "float32", CPU)


def test_a_base_in_less_is_not_computed_in_more() -> None:
    assert choose_precision("bf16", "float32", A100) == "bf16"
    assert choose_precision("fp32", "float32", A100) == "fp32"
    with pytest.raises(InputError, match="fp32 over a base in bfloat16; leave it out, or set"):
        choose_precision("fp32", "bfloat16", A100)


def test_a_cpu_names_every_setting_that_needs_a_gpu(tmp_path: Path) -> None:
    settings = {
        "quantization": "int8",
        "attn_implementation": "flash_attention_2",
        "device_map": "auto",
    }
    config = make_config(tmp_path, **settings)
    with pytest.raises(InputError) as caught:
        choose_place(config)
    assert caught.value.problems == (
        "quantization: int8 needs a GPU; on a CPU use nf4 or none",
        "attn_implementation: flash_attention_2 needs a GPU; on a CPU use sdpa",
        "device_map: auto needs a GPU; on a CPU use no device_map",
    )
    check_device(config, A100)


def test_every_auto_is_put_in_words_for_the_records(tmp_path: Path) -> None:
    chosen = choose_place(make_config(tmp_path))
    assert chosen.training.precision == "fp32"
    assert chosen.quantization_settings.compute_dtype == "float32"
    plain = choose_place(make_config(tmp_path, quantization="none"))
    assert plain.quantization_settings.compute_dtype == "auto"  # there is nothing to choose
