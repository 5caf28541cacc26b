"""A short video of one picture, with a slow zoom.

Input: an RGB image. Output: an MP4 file of `FRAMES` frames, the same bytes for the same image.
"""

from pathlib import Path

from PIL import Image

FRAMES, RATE = 16, 8
ZOOM_STEP = 1.2
"""The zoom from one frame to the next, in pixels at each edge of a picture 224 pixels wide."""
# with its processor-specific code on, x264 writes different bytes from call to call
X264_PARAMS = "cpu-independent=1:asm=0:lookahead-threads=1"


def write_film(image: Image.Image, path: Path) -> None:
    """Writes `image` as an H.264 video of FRAMES / RATE seconds, with one thread and no time stamp.

    An odd side loses one pixel, because the format halves the resolution of the colours.
    """
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        options = {"threads": "1", "preset": "superfast", "crf": "23", "x264-params": X264_PARAMS}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height = (side - side % 2 for side in image.size)
        stream.pix_fmt = "yuv420p"
        for step in range(FRAMES):
            inset = step * ZOOM_STEP * (image.width / 224)
            box = (inset, inset, image.width - inset, image.height - inset)
            frame = image.resize((stream.width, stream.height), Image.Resampling.BILINEAR, box)
            still = av.VideoFrame.from_image(frame)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(still))
        container.mux(stream.encode())
