"""Images side by side on a CPU: the answers are those of one by one, and nothing is left of the threads."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from sam_core.checkpoints import LoadedModel
from sam_core.encoders.fused_encoder import FusedEncoder
from sam_core.encoders.side_by_side import MOST_AT_ONCE, batch_for, side_by_side


@pytest.fixture
def four_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def threads_of_a_new_thread() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_each_image_has_its_share_of_the_threads(four_threads: None):
    together = threading.Barrier(2, timeout=10)

    def run(image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        together.wait()  # breaks if the other image waits for this one to end
        return (image, torch.tensor(torch.get_num_threads()))

    answers = side_by_side(run, [torch.tensor(1), torch.tensor(2)])
    assert [(int(image), int(threads)) for image, threads in answers] == [(1, 2), (2, 2)]


def test_an_image_alone_has_all_threads(four_threads: None):
    ((threads, here),) = side_by_side(
        lambda image: (torch.tensor(torch.get_num_threads()), torch.tensor(threading.get_ident())), [torch.zeros(1)]
    )
    assert (int(threads), int(here)) == (4, threading.get_ident())


def test_afterwards_all_is_as_before(four_threads: None):
    together = threading.Barrier(3, timeout=10)

    def fails_on_two(image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        together.wait()
        if int(image) == 2:
            raise MemoryError("of the second image")
        ended.append(int(image))
        return (image,)

    before = threading.active_count()
    ended: list[int] = []
    side_by_side(lambda image: (image,), [torch.tensor(n) for n in range(3)])
    assert (torch.get_num_threads(), threads_of_a_new_thread(), threading.active_count()) == (4, 4, before)
    with pytest.raises(MemoryError, match="second"):
        side_by_side(fails_on_two, [torch.tensor(n) for n in (1, 2, 3)])
    assert sorted(ended) == [1, 3]  # its neighbours ran to their end
    assert (torch.get_num_threads(), threads_of_a_new_thread(), threading.active_count()) == (4, 4, before)


def test_more_threads_do_not_mean_more_memory_without_end():
    assert [batch_for(threads) for threads in (1, 2, 4, 96)] == [1, 2, 4, MOST_AT_ONCE]


def test_a_batch_answers_as_its_images_one_by_one(four_threads: None, tiny: LoadedModel):
    encoder = FusedEncoder(tiny.sam)
    assert encoder.batch == 4
    side = tiny.config.image_size
    pixels = torch.randn(5, 3, side, side, generator=torch.Generator().manual_seed(1))  # one more than at once
    together = encoder(pixels)
    alone = [encoder(image[None]) for image in pixels]
    for tensor, each in zip(together, zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(tensor, torch.cat(each), atol=1e-5, rtol=0)
