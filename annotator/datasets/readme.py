"""The README inside an export: what its files hold, for someone who has nothing else."""

_TEXT = """\
{title}

{masks} masks on {images} images.{left_out}

coco.json      COCO instance annotations. Segmentations are compressed RLE; the one category is "object": the masks
               carry no class. iscrowd is 0. mask_id is the mask's id where it was made.
sa1b/          One JSON per image in the format of the SA-1B release. point_coords holds the foreground clicks; it is
               empty, and the scores are null, for a mask that was painted by hand. crop_box is what the model saw: the
               whole image, or the part of it that was looked at closely.
masks/         One PNG per mask, in a folder per image: 0 outside, 255 inside. Number n is the image's n-th annotation
               in sa1b/ and in coco.json.

Frame: masks, boxes and sizes are in the oriented frame, that is the photo as a person sees it, after its EXIF
orientation was applied. Apply the orientation when you read a photo (in Pillow: ImageOps.exif_transpose), or the masks
of one that was taken with the camera turned will not fit.

Photos are not in this archive. coco.json names each by file_name and by the SHA-256 of the uploaded file. Where two
photos had one name, or a name that some disks refuse, file_name was made distinct and original_file_name is the name
as uploaded.

"annotator" in coco.json is the user name of who made a mask. Several people may have annotated an image, each without
seeing the masks of the others. The format of the SA-1B release has no place for it: go by the number of the annotation.

Images that were finished without a mask are listed without annotations. Deleted masks and images that nobody worked on
are not here. Boxes are [x, y, width, height] in whole pixels.
"""


def readme(project_name: str, images: int, masks: int, problems: int) -> str:
    title = f"Masks of the project “{' '.join(project_name.split())}”"
    left_out = f" {problems} more could not be written: problems.json says which and why." if problems else ""
    return _TEXT.format(title=title, images=images, masks=masks, left_out=left_out)
