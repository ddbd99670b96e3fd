from django.db import models

from annotator.accounts.models import Project, User
from annotator.lib.jobs import Job
from annotator.model_registry.models import ModelVersion
from sam_core.crops import CropBox


class Image(models.Model):
    """A photo in its oriented frame: width, height, masks, embedding and export all speak of that frame."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, help_text="Of the uploaded bytes: the image's identity")
    display_sha256 = models.CharField(max_length=64, help_text="Of the oriented picture that the browser shows")
    display_type = models.CharField(max_length=20)
    thumbnail_sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    exif_orientation = models.PositiveSmallIntegerField(default=1)
    bytes = models.PositiveBigIntegerField()
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="a_photo_once_per_project")]

    def __str__(self) -> str:
        return self.file_name


class Encoding(Job):
    """What both kinds of embedding tell of their file, which is write-once. The row is the encoding job."""

    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    encode_ms = models.FloatField(null=True, blank=True)

    class Meta:
        abstract = True


class ImageEmbedding(Encoding):
    """One image encoded by one model version."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="embeddings")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="embeddings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "model_version"], name="one_embedding_per_image_and_model")
        ]


class CropEmbedding(Encoding):
    """A part of an image encoded by itself, for whoever looks at it closely; soon forgotten (crops.py)."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="crops")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="crops")
    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(help_text="The last time: cleaning up goes by it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "model_version", "x", "y", "width", "height"], name="one_embedding_per_crop_and_model"
            )
        ]
        indexes = [models.Index(fields=["asked_by", "queued_at"], name="crops_of_person_in_time")]

    def __str__(self) -> str:
        return f"{self.width}×{self.height} at {self.x}, {self.y} of image {self.image_id}"

    @property
    def box(self) -> CropBox:
        return CropBox(self.x, self.y, self.width, self.height)


AnyEmbedding = ImageEmbedding | CropEmbedding
