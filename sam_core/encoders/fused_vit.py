"""The paper's image encoder as torch runs it fastest on a CPU: nothing to train, and the same numbers and the same
weights, or its linear layers in int8.

Nearly all the time should go into products of large matrices. So nothing large is copied between them, tokens are
added to in place, scores stay in the cache, cells that fill up windows cost no products, and memory is used again:
in fresh memory the system fills every page with zeros first, which took a tenth of the time.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

from sam_core.encoders.fused_layers import gelu_
from sam_core.encoders.products import ExactProduct, Product
from sam_core.modeling.image_encoder import Attention, Block, ImageEncoder

TOKENS = 1024
"""At most, per part of a feed-forward layer: of ViT-B 12 MB of hidden channels."""
QUERIES = 256
"""At a time, but at least one row of them, in a global block: with 4096 keys 4 MB of scores."""


class Scratch:
    """Memory by name, the same again in every block, of whatever was there."""

    def __init__(self) -> None:
        self._flat: dict[str, Tensor] = {}

    def __call__(self, name: str, *shape: int) -> Tensor:
        size = prod(shape)
        if name not in self._flat or self._flat[name].numel() < size:
            self._flat[name] = torch.empty(size)
        return self._flat[name][:size].view(shape)


class FusedVit(nn.Module):
    """Shares the weights of `plain`, which stays as it was; `product` may make its own. For one image, without
    gradients."""

    def __init__(self, plain: ImageEncoder, product: type[Product] = ExactProduct) -> None:
        super().__init__()
        self.patch, self.pos_embed, self.neck = plain.patch_embed.proj, plain.pos_embed, plain.neck
        self.blocks = nn.ModuleList(FusedBlock(block, product) for block in plain.blocks if isinstance(block, Block))

    def forward(self, pixels: Tensor) -> Tensor:
        """[1, 3, S, S] → [1, embed_dim, S/16, S/16]"""
        _, height, width, c = self.pos_embed.shape
        side = self.patch.kernel_size[0]
        patches = pixels.view(3, height, side, width, side).permute(1, 3, 0, 2, 4).reshape(height * width, -1)
        assert self.patch.bias is not None
        x = (self.pos_embed + self.patch.bias).view(-1, c)  # [N, C]
        x.addmm_(patches, self.patch.weight.flatten(1).t())
        scratch = Scratch()
        for block in self.blocks:
            block(x, height, width, scratch)
        return self.neck(x.view(1, height, width, c).permute(0, 3, 1, 2))


class FusedBlock(nn.Module):
    """A block of windows goes through in bands as high as a window."""

    def __init__(self, plain: Block, product: type[Product]) -> None:
        super().__init__()
        self.norm1, self.norm2 = plain.norm1, plain.norm2
        self.window, self.hidden = plain.window, plain.mlp.lin1.out_features
        linears = (plain.attn.proj, plain.mlp.lin1, plain.mlp.lin2)
        self.proj, self.lin1, self.lin2 = (product(linear.weight, linear.bias) for linear in linears)
        self.attention: GridAttention = (
            WindowAttention(plain.attn, plain.window, product) if plain.window else GlobalAttention(plain.attn, product)
        )

    def forward(self, x: Tensor, height: int, width: int, scratch: Scratch) -> None:
        """Changes the tokens [N, C] in place."""
        for band in x.split((self.window or height) * width):
            attended = self.attention(self.norm1(band), len(band) // width, width, scratch)
            self.proj.add_to(band, attended)
            for part in band.split(TOKENS):
                hidden = scratch("hidden", len(part), self.hidden)
                self.lin1.into(self.norm2(part), hidden)
                self.lin2.add_to(part, gelu_(hidden))


class GridAttention(nn.Module):
    """What windows and the whole grid have in common."""

    def __init__(self, plain: Attention) -> None:
        super().__init__()
        self.heads, self.dim = plain.heads, plain.qkv.in_features // plain.heads
        self.scale = self.dim**-0.5
        self.rel_pos_h, self.rel_pos_w = plain.rel_pos_h, plain.rel_pos_w

    def terms(self, q: Tensor, height: int, width: int, scratch: Scratch) -> tuple[Tensor, Tensor]:
        """Queries [heads, height*width, D] → their terms for each key's row and column, [heads, height, width, side].

        One product has the terms for every distance, of which each query needs those from its own place on: a view
        in which a query one place further begins one distance earlier.
        """
        tables = torch.cat([self.rel_pos_h.flip(0), self.rel_pos_w.flip(0)])  # from the farthest key before a query
        distances = len(self.rel_pos_h)
        side = (distances + 1) // 2
        found = scratch("terms", len(q), height, width, 2 * distances)
        torch.mm(q.reshape(-1, self.dim), tables.t(), out=found.view(-1, 2 * distances))
        head, row, column, _ = found.stride()
        shape = (len(q), height, width, side)
        by_row = found.as_strided(shape, (head, row - 1, column, 1), side - 1)
        by_column = found.as_strided(shape, (head, row, column - 1, 1), distances + side - 1)
        return by_row[..., None], by_column[..., None, :]


class GlobalAttention(GridAttention):
    """Over the whole grid, one head and some rows of queries at a time."""

    def __init__(self, plain: Attention, product: type[Product]) -> None:
        super().__init__(plain)
        thirds = zip(plain.qkv.weight.chunk(3), plain.qkv.bias.chunk(3), strict=True)
        self.queries, self.keys, self.values = (product(weight, bias) for weight, bias in thirds)

    def forward(self, x: Tensor, height: int, width: int, scratch: Scratch) -> Tensor:
        """[N, C] → the same"""
        n, c = x.shape
        q = self.by_head(self.queries, x, scratch("q", self.heads, n, self.dim), scratch)
        v = self.by_head(self.values, x, scratch("v", self.heads, n, self.dim), scratch)
        k = scratch("k", c, n)  # the layout in which the scores' product reads them
        self.keys.into(x, k.t())
        out = scratch("attended", self.heads, n, self.dim)
        queries = max(1, QUERIES // width) * width
        for head, of_head in enumerate(k.split(self.dim)):
            by_row, by_column = self.terms(q[head, None], height, width, scratch)
            for first in range(0, n, queries):
                here, rows = slice(first, first + queries), slice(first // width, (first + queries) // width)
                scores = scratch("scores", len(q[head, here]), n)
                torch.add(by_row[0, rows], by_column[0, rows], out=scores.view(-1, width, height, width))
                scores.addmm_(q[head, here], of_head, alpha=self.scale)
                torch.softmax(scores, -1, out=scores)
                torch.mm(scores, v[head], out=out[head, here])
        return out.transpose(0, 1).reshape(n, c)

    def by_head(self, projection: Product, x: Tensor, out: Tensor, scratch: Scratch) -> Tensor:
        """[N, C] → out [heads, N, D]"""
        together = scratch("projected", *x.shape)
        projection.into(x, together)
        return out.copy_(together.view(len(x), self.heads, self.dim).transpose(0, 1))


class WindowAttention(GridAttention):
    """Window after window of a band as high as a window, or lower at the bottom edge.

    Windows at the right and bottom edge reach beyond the grid, where the paper fills up with zeros before the
    projection: keys and values there are the projection's bias.
    """

    def __init__(self, plain: Attention, side: int, product: type[Product]) -> None:
        super().__init__(plain)
        self.side, self.bias = side, plain.qkv.bias
        self.qkv = product(plain.qkv.weight, plain.qkv.bias)

    def forward(self, x: Tensor, height: int, width: int, scratch: Scratch) -> Tensor:
        """[N, C] → the same"""
        side, heads, dim = self.side, self.heads, self.dim
        cells = scratch("projected", height, width, 3, heads, dim)
        self.qkv.into(x, cells.view(len(x), -1))
        out = scratch("attended", height, width, heads, dim)
        filled = scratch("window", 3, heads, side, side, dim)
        for here, there in zip(cells.split(side, dim=1), out.split(side, dim=1), strict=True):
            h, w = here.shape[:2]
            if (h, w) != (side, side):
                filled.copy_(self.bias.view(3, heads, 1, 1, dim))
            filled[:, :, :h, :w] = here.permute(2, 3, 0, 1, 4)
            q = filled[0, :, :h, :w].reshape(heads, h * w, dim)
            k, v = filled[1:].view(2, heads, side * side, dim)
            by_row, by_column = self.terms(q, h, w, scratch)
            scores = scratch("scores", heads, h * w, side * side)
            torch.add(by_row, by_column, out=scores.view(heads, h, w, side, side))
            scores.baddbmm_(q, k.transpose(1, 2), alpha=self.scale)
            torch.softmax(scores, -1, out=scores)
            there.copy_(torch.bmm(scores, v).view(heads, h, w, dim).permute(1, 2, 0, 3))
        return out.view(x.shape)
