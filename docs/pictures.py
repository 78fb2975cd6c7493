"""Make the pictures of the documentation from a real run: ``python docs/pictures.py``.

Needs ``pip install playwright`` and a chromium for the screenshots; the terminal's picture needs
nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

ROOT = Path(__file__).resolve().parent.parent
IMAGES = Path(__file__).resolve().parent / "images"
HOMEWORK = """\
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "train":
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        xhat = (x - mean) / np.sqrt(var + eps)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
        xhat = (x - mean) / np.sqrt(var + eps)
    else:
        raise ValueError(f"unknown mode {mode!r}")
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return gamma * xhat + beta, (x, gamma, mean, var, eps, xhat)


def batchnorm_backward(dout, cache):
    x, gamma, mean, var, eps, xhat = cache
    N = x.shape[0]
    std = np.sqrt(var + eps)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mean) * -1 / std**3, axis=0)
    dmean = np.sum(-dxhat / std, axis=0)
    dx = dxhat / std + dvar * 2 * (x - mean) / N + dmean / N
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)
"""


def run() -> str:
    """Judge the homework in a folder of its own and return the record."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "homework" / "nndl"
        package.mkdir(parents=True)
        (package / "layers.py").write_text(HOMEWORK, encoding="utf-8")
        command = "from properties.commands.cli import main; main()"
        arguments = ["check", "homework", "--only", "batchnorm", "--json", "record.json"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run(
            [sys.executable, "-c", command, *arguments],
            cwd=folder,
            env=environment,
            check=False,
            stdout=subprocess.DEVNULL,
        )
        text = (Path(folder) / "record.json").read_text(encoding="utf-8")
    return text.replace(json.dumps(folder)[1:-1] + os.sep, "").replace(folder, ".")


def main() -> None:
    """Write every picture."""
    sys.path.insert(0, str(ROOT))
    from properties.record.schema import read
    from properties.reports.html import html
    from properties.reports.terminal import render_terminal

    IMAGES.mkdir(exist_ok=True)
    record = read(run())
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(
            record=True, width=100, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        render_terminal(record, console)
    # Without a font from elsewhere: the picture loads nothing.
    svg = console.export_svg(title="nndl check homework", theme=MONOKAI)
    start, end = svg.index("@font-face"), svg.rindex("@font-face")
    end = svg.index("}", end) + 1
    (IMAGES / "terminal.svg").write_text(svg[:start] + svg[end:], encoding="utf-8")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("no chromium: the screenshots stay as they are")
        return
    from playwright.sync_api import sync_playwright

    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = Path(folder) / "report.html"
        page_file.write_text(html(record), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1000, "height": 1180}, color_scheme=scheme)
            page.goto(page_file.as_uri())
            page.screenshot(path=str(IMAGES / f"page-{scheme}.png"))
        browser.close()


if __name__ == "__main__":
    main()
