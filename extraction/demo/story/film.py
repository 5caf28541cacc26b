"""A short film of one picture: the camera slowly comes nearer.

In comes an RGB image; out comes an MP4 file of `FRAMES` frames, the same bytes each time.
"""

from pathlib import Path

from PIL import Image

FRAMES, RATE = 16, 8
NEARER = 1.2
"""By how much a frame is nearer than the last, in pixels at each edge of a picture 224 wide."""
# x264 gives other bytes from call to call unless its processor-specific code is off
STEADY = "cpu-independent=1:asm=0:lookahead-threads=1"


def film(image: Image.Image, path: Path) -> None:
    """Writes `image` as an H.264 video of FRAMES / RATE seconds, one thread, no clock in it.

    An odd side loses a pixel: the format halves the sides of its colours.
    """
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        options = {"threads": "1", "preset": "superfast", "crf": "23", "x264-params": STEADY}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height = (side - side % 2 for side in image.size)
        stream.pix_fmt = "yuv420p"
        for step in range(FRAMES):
            inset = step * NEARER * (image.width / 224)
            box = (inset, inset, image.width - inset, image.height - inset)
            frame = image.resize((stream.width, stream.height), Image.Resampling.BILINEAR, box)
            still = av.VideoFrame.from_image(frame)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(still))
        container.mux(stream.encode())
