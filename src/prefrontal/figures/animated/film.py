"""Moving pictures: a figure that is brought up to date, frame by frame, and the file that comes of it."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, runtime_checkable

import matplotlib
import numpy as np
from matplotlib.animation import FFMpegWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from prefrontal.errors import UserError, argument
from prefrontal.runs.files import make_folder

DPI = 100
"""Pixels in an inch: the pictures have 800 x 500."""
SUFFIXES = (".gif", ".mp4")
SLOWEST, FASTEST = 0.1, 50
"""Pictures in a second. Programs that show GIFs slow down those that are faster."""


@runtime_checkable
class Picture(Protocol):
    """The figure that is filmed: made once, then brought up to date by `show`, frame by frame."""

    figure: Figure
    canvas: FigureCanvasAgg

    def show(self, frame: Any) -> None:
        """Bring the picture up to date."""


def check_animation_path(path: Path) -> None:
    """Refuse a `path` that no animation can be written to: of another suffix, or there already."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"`path` must end in {' or '.join(SUFFIXES)}, got {path}. Give another {argument('out')}.")
    if os.path.lexists(path):
        raise _exists(path)


def check_rate(frames_per_second: float) -> None:
    """Refuse so many pictures a second as no program shows."""
    if not SLOWEST <= frames_per_second <= FASTEST:
        raise UserError(f"`frames_per_second` must be from {SLOWEST} to {FASTEST}, got {frames_per_second}.")


def find_writer(path: Path) -> None:
    """Look for what the file at `path` needs, before anything is drawn; to be called within `style`.

    Raises:
        UserError: when an .mp4 is asked for and there is no ffmpeg.
    """
    if path.suffix.lower() == ".mp4":
        matplotlib.rcParams["animation.ffmpeg_path"] = _ffmpeg(path)


def write_film(
    frames: Sequence[Any],
    picture: Picture,
    path: Path,
    frames_per_second: float,
    palette: Image.Image | None = None,
) -> None:
    """Write `frames`, as `picture` shows them, to the file at `path`, whole or not at all.

    Arguments:
        frames: what the pictures say, one after the other.
        picture: shows them.
        path: a .gif or an .mp4 that is not there yet; its folder is made if it is missing.
        frames_per_second: pictures in a second.
        palette: of a GIF. None: every picture has its own, by frequency.

    Raises:
        UserError: when `path` has come to be there meanwhile or cannot be written, or ffmpeg fails.
    """
    make_folder(path.parent)
    write = _write_gif if path.suffix.lower() == ".gif" else _write_mp4
    try:
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            unfinished = Path(folder) / path.name
            write(frames, picture, unfinished, frames_per_second, palette)
            _move(unfinished, path)
    except OSError as error:
        raise UserError(
            f"`{path}` must be a place that can be written, got: {error.strerror or error}. "
            f"Give another {argument('out')}."
        ) from error


def write_heading(figure: Figure, title: str) -> None:
    """The title, as much of it as one line takes."""
    line = " ".join(title.split())[:200]
    heading = figure.text(0.02, 0.975, line, va="top", fontsize=11, weight="bold", parse_math=False)
    while heading.get_window_extent().x1 > 0.98 * figure.bbox.width:
        line = line[:-1].rstrip()
        heading.set_text(f"{line} ...")


def _write_gif(
    frames: Sequence[Any], picture: Picture, path: Path, frames_per_second: float, palette: Image.Image | None
) -> None:
    images = []
    for frame in frames:
        picture.show(frame)
        picture.canvas.draw()
        image = Image.fromarray(np.asarray(picture.canvas.buffer_rgba())[..., :3])
        images.append(image.quantize(palette=palette, dither=Image.Dither.NONE))
    images[0].save(path, save_all=True, append_images=images[1:], duration=round(1000 / frames_per_second), loop=0)


def _write_mp4(
    frames: Sequence[Any], picture: Picture, path: Path, frames_per_second: float, _: Image.Image | None
) -> None:
    writer = FFMpegWriter(fps=frames_per_second)  # pyright: ignore[reportArgumentType]
    try:
        with writer.saving(picture.figure, str(path), dpi=DPI):
            for frame in frames:
                picture.show(frame)
                writer.grab_frame()
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip() or f"exit code {error.returncode}"
        raise UserError(
            f"`ffmpeg` must be able to write an .mp4, got: {reason}. Mend it, or give an "
            f"{argument('out')} that ends in .gif."
        ) from error


def _ffmpeg(path: Path) -> str:
    """The ffmpeg of this machine or, where there is none, that of the package imageio-ffmpeg."""
    if found := shutil.which("ffmpeg"):
        return found
    with contextlib.suppress(ImportError, RuntimeError):  # not installed; or for a system that it has no ffmpeg for
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    raise UserError(
        f"`path` must end in .gif where there is no ffmpeg, which an .mp4 needs, got {path}. "
        f"Get one with `pip install 'prefrontal[mp4]'`, or give an {argument('out')} that ends in .gif."
    )


def _move(unfinished: Path, path: Path) -> None:
    """Give `unfinished` its name without overwriting what may have come to stand there."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise _exists(path) from None
        unfinished.rename(path)


def _exists(path: Path) -> UserError:
    return UserError(
        f"`{path}` must be a new file, got one that exists. Give another {argument('out')}; nothing is overwritten."
    )
