"""Which photo a crop is made of: one of the data sets', with or without something pasted onto it, or a made-up one."""

from __future__ import annotations

import numpy as np

from sam_core.label_maps import Photo
from sam_core.training.made_up import made_up
from sam_core.training.paste import cut_out, paste

TRIES = 5  # at an object that can be cut out


class Photos:
    """The photos of a run. Those without label maps are backgrounds: seen only with objects pasted onto them."""

    def __init__(self, photos: list[Photo]) -> None:
        """Raises ValueError if none has label maps."""
        self.labelled = [photo for photo in photos if photo.labels]
        self.backgrounds = [photo for photo in photos if not photo.labels]
        if not self.labelled:
            raise ValueError("no photo with label maps in the data: NAME.jpg needs NAME_*.png beside it")
        weights = np.array([photo.weight for photo in self.labelled])
        self.shares = weights / weights.sum()

    def one(self, rng: np.random.Generator) -> Photo:
        """Any photo with label maps, by the weights of the data sets."""
        return self.labelled[rng.choice(len(self.labelled), p=self.shares)]

    def draw(self, rng: np.random.Generator, pasted: float = 0.0, made_up_share: float = 0.0) -> Photo:
        """A photo to make a crop of. With both shares 0 nothing else is drawn from `rng`."""
        if made_up_share and rng.random() < made_up_share:
            return made_up(rng)
        photo = self.one(rng)
        if not pasted or rng.random() >= pasted:
            return photo
        count = int(rng.integers(1, 3))
        if self.backgrounds and rng.random() < 0.5:
            photo = self.backgrounds[rng.integers(len(self.backgrounds))]
            count += 1
        before = photo
        for _ in range(count * TRIES):
            cutout = cut_out(rng, self.one(rng))
            if cutout is None:
                continue
            photo = paste(rng, cutout, photo)
            count -= 1
            if not count:
                break
        return photo if photo is not before else self.one(rng)
