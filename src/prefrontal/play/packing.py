"""The page packed for other hosts: a study archive of JATOS, or a folder for whoever takes posted JSON."""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import uuid4

from prefrontal.errors import UserError
from prefrontal.play.draws import Draws
from prefrontal.play.study import Study
from prefrontal.play.told import told_study
from prefrontal.runs.files import make_folder, write_bytes

Form = Literal["jatos", "folder"]
PAGE = Path(__file__).parent / "page"
TRANSPORT = '<meta name="prefrontal-transport" content="{form}">'
LIBRARY = ("<!-- jatos -->", '<script src="jatos.js"></script>')
STUDY = "study.json"
"""What the page is told, of a study without a server of ours."""
ASSETS = "prefrontal"
"""The folder of the page in a study archive."""


def pack(
    study: Study,
    out: Path,
    form: Form,
    *,
    participants: int = 200,
    post: str | None = None,
    others: list[dict[str, Any]] | None = None,
) -> int:
    """Write the page with draws for `participants`, each of which a session takes one of by chance.

    Arguments:
        study: the study.
        out: the archive, a .jzip; or the folder, which is made.
        form: "jatos" or "folder".
        participants: how many different draws are packed.
        post: of a folder, where the page posts its data. None: it is handed over as a file at the end.
        others: what a participant sees beside it at the end; see docs/play.md.

    Returns:
        How many files.

    Raises:
        UserError: when `out` cannot be written, or there is something already; or the study asks for what only our own
            server does.
    """
    if out.exists():
        raise UserError(f"`--export` must name a file or folder that is not there yet, got {out}. Take another name.")
    if form == "jatos" and out.suffix != ".jzip":
        raise UserError(f"`--export jatos` must be followed by a file that ends in .jzip, got {out}.")
    if post is not None and urlsplit(post).scheme not in ("https", "http"):
        raise UserError(f"`--post` must begin with https://, got {post[:80]}.")
    if study.by or study.token:
        raise UserError(
            "`--export` must go without `by` and `token`, got one: only our own server has them. Leave it out."
        )
    files = _files(study, form, participants, post, others)
    if form == "folder":
        for name, data in files.items():
            make_folder((out / name).parent)
            write_bytes(out / name, data)
        return len(files)
    write_bytes(out, _archive(study, files))
    return len(files)


def _files(
    study: Study, form: Form, participants: int, post: str | None, others: list[dict[str, Any]] | None
) -> dict[str, bytes]:
    """The files of the page, by name."""
    there = {path.relative_to(PAGE).as_posix(): path.read_bytes() for path in PAGE.rglob("*") if path.is_file()}
    index = there["index.html"].decode().replace(TRANSPORT.format(form="server"), TRANSPORT.format(form=form))
    if form == "jatos":
        index = index.replace(*LIBRARY)
    draws = Draws(study)
    first = secrets.randbelow(2**32 - participants) if study.seed is None else study.seed
    seeds = range(first, first + participants)
    schedules = [
        {"seed": seed, "practice": one.practice, "trials": one.trials, "better": one.better}
        for seed, one in ((seed, draws.schedule(seed)) for seed in seeds)
    ]
    told = {"study": told_study(study, draws), "schedules": schedules, "post": post, "others": others}
    return {**there, "index.html": index.encode(), STUDY: _json(told).encode()}


def _archive(study: Study, files: Mapping[str, bytes]) -> bytes:
    """A study archive: the folder of the page, and what JATOS is told of it (version 3 of its records)."""
    title = study.title or f"prefrontal: {study.task}"
    component = {
        "uuid": str(uuid4()),
        "title": title,
        "htmlFilePath": "index.html",
        "reloadable": True,
        "active": True,
        "comments": "",
        "componentInput": None,
    }
    record = {
        "uuid": str(uuid4()),
        "title": title,
        "description": "",
        "groupStudy": False,
        "linearStudy": False,
        "allowPreview": False,
        "dirName": f"{ASSETS}-{study.task}",
        "comments": "",
        "studyInput": None,
        "endRedirectUrl": study.completion_url or None,
        "studyEntryMsg": None,
        "componentList": [component],
        "batchList": [],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{record['dirName']}/{name}", data)
        archive.writestr(f"{record['dirName']}.jas", _json({"version": "3", "data": record}))
    return packed.getvalue()


def _json(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
