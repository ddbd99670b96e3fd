"""Linear layers of an encoder, exact and in int8, written where they are wanted."""

import pytest
import torch
import torch.nn.functional as F

from sam_core.encoders import products
from sam_core.encoders.products import ExactProduct, Int8Product, Product, to_uint8

ROUNDING = {ExactProduct: 1e-5, Int8Product: 0.08}
"""At most, in units of the answers' spread. Of int8: steps of 1/63 and 1/255 of the largest numbers make 0.013 on
average."""


@pytest.mark.parametrize("kind", [ExactProduct, Int8Product])
def test_a_product_is_the_linear_layer(kind: type[Product], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(products, "ROWS", 7)
    random = torch.Generator().manual_seed(4)
    x, weight, bias = (torch.randn(*shape, generator=random) for shape in ((20, 32), (24, 32), (24,)))
    weight *= torch.logspace(-3, 1, 24)[:, None]  # channels of very different size
    weight[5] = 0
    expected = F.linear(x, weight, bias)
    unit = expected.std(dim=0) + 1e-3
    product = kind(weight, bias)
    for out in (torch.full((20, 24), 9.0), torch.full((24, 20), 9.0).t()):
        product.into(x, out)
        assert float(((out - expected) / unit).abs().max()) < ROUNDING[kind]
        product.add_to(out, x)
        assert float(((out - 2 * expected) / unit).abs().max()) < 2 * ROUNDING[kind]


@pytest.mark.parametrize("ends", [(-3.0, 5.0), (1.0, 5.0), (-5.0, -1.0), (0.0, 0.0)])
def test_numbers_become_whole_to_half_a_step_and_zero_stays(ends: tuple[float, float]):
    x = torch.cat([torch.linspace(*ends, 1001), torch.zeros(1)])
    whole, scale, zero = to_uint8(x)
    again = (whole.int() - zero) * scale
    assert float((again - x).abs().max()) <= 0.51 * scale
    assert float(again[-1]) == 0


def test_the_largest_weights_and_inputs_do_not_overflow():
    x, weight = torch.ones(4, 256), torch.ones(8, 256)
    out = torch.empty(4, 8)
    Int8Product(weight, torch.zeros(8)).into(x, out)
    torch.testing.assert_close(out, torch.full((4, 8), 256.0), atol=0.01, rtol=0)
