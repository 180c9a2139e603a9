"""The commands. Each imports what it needs only when it runs, so that `--help` is there at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from moodplayer import __version__
from moodplayer.domain import EMOTIONS, Method, Mode
from moodplayer.errors import MoodplayerError

EMOTION = click.Choice([str(e) for e in EMOTIONS])
MODE = click.Choice([str(m) for m in Mode])
FILE = click.Path(path_type=Path)


class Commands(click.Group):
    """`moodplayer FOLDER` is `moodplayer play FOLDER`; errors are one line and a hint, never a traceback."""

    default = "play"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MoodplayerError as error:
            click.secho(f"moodplayer: {error.message}", fg="red", err=True)
            if error.hint:
                click.echo(f"  {error.hint}", err=True)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:  # the last resort: a traceback is for the log, not for a user
            from moodplayer import noise, paths

            with noise.kept_in(paths.log_file()):
                logging.getLogger("moodplayer").exception("%s failed", ctx.command_path)
            click.secho("moodplayer: something went wrong that never should", fg="red", err=True)
            click.echo(f"  what it was is in the log: {paths.log_file()}", err=True)
            ctx.exit(1)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[FOLDER]... [OPTIONS]", "Usage: ")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...", "       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        player = self.commands[self.default]
        own = [record for p in player.get_params(ctx) if (record := p.get_help_record(ctx))]
        with formatter.section("Options of the player"):
            formatter.write_dl([row for row in own if not row[0].startswith(("-h", "["))])
        super().format_options(ctx, formatter)


@click.group(cls=Commands, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, prog_name="moodplayer")
def main() -> None:
    """A music player for the terminal that reads your face and plays what fits.

    FOLDER is where the music is: by default the one in the settings, else your
    music folder. A playlist (.m3u, .m3u8) is played first. Nothing leaves this machine.
    """


@main.command(hidden=True)
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=FILE)
@click.option("--camera", metavar="SOURCE", help="0 (default), 1 …, a file, folder or URL, demo, or none.")
@click.option("--mood", "emotion", type=EMOTION, help="Start from this emotion; no camera needed.")
@click.option("--mode", type=MODE, help="How an emotion becomes music: like it, lifting it, calming it.")
@click.option("--demo", is_flag=True, help="The sample library; the demo face if there is no webcam.")
def play(
    folders: tuple[Path, ...], camera: str | None, emotion: str | None, mode: str | None, demo: bool
) -> None:
    """Play."""
    from moodplayer.tui.start import start

    start(list(folders), camera=camera, emotion=emotion, mode=mode, demo=demo)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--json`, for commands that people and programs both read."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(
        command
    )


@main.command()
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=FILE)
@json_option
def scan(folders: tuple[Path, ...], as_json: bool) -> None:
    """Read the tags of all music in FOLDER into the index."""
    from moodplayer.commands import library

    library.scan(list(folders), as_json=as_json)


@main.command()
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=FILE)
@click.option("--mood", "emotion", type=EMOTION, required=True, help="The emotion to play for.")
@click.option("-n", "n", type=click.IntRange(1, 500), default=15, show_default=True, help="How many tracks.")
@click.option("--mode", type=MODE, default=str(Mode.MATCH), show_default=True)
@click.option("--m3u", type=FILE, help="Write the queue as a playlist, too.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, another queue."
)
@json_option
def queue(
    folders: tuple[Path, ...], emotion: str, n: int, mode: str, m3u: Path | None, seed: int, as_json: bool
) -> None:
    """Print a queue for an emotion, and why each track is in it."""
    from moodplayer.commands import library

    library.queue(list(folders), emotion, n=n, mode=mode, m3u=m3u, seed=seed, as_json=as_json)


@main.command()
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=FILE)
@click.option("--mood", "emotion", type=EMOTION, help="Only what was learned for this emotion.")
def forget(folders: tuple[Path, ...], emotion: str | None) -> None:
    """Forget what was learned from your likes and skips: all, or that of the music in FOLDER."""
    from moodplayer.commands import library

    library.forget(list(folders), emotion)


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@json_option
def moods(files: tuple[Path, ...], as_json: bool) -> None:
    """Show what each file's tags say, and the mood that came of it."""
    from moodplayer.commands import moods

    moods.moods(list(files), as_json=as_json)


@main.command()
@click.argument("source")
@click.option(
    "--explain",
    "method",
    type=click.Choice([*map(str, Method), "all"]),
    help="Say which part of the face decided.",
)
@click.option(
    "--not",
    "against",
    type=click.Choice([*map(str, EMOTIONS), "next"]),
    help="Explain why it is not this emotion, or not the next likeliest.",
)
@click.option("--smooth", is_flag=True, help="SmoothGrad: saliency, averaged over noisy copies.")
@click.option(
    "--out", type=FILE, help="Draw the explanation, as PNG or JPEG: with `all`, one sheet of all methods."
)
@json_option
def detect(
    source: str, method: str | None, against: str | None, smooth: bool, out: Path | None, as_json: bool
) -> None:
    """Read the faces in a picture, video, folder or webcam."""
    if method is None and (out is not None or against is not None or smooth):
        raise click.UsageError("--out, --not and --smooth need a method: --explain saliency, or another")
    if smooth and method not in (str(Method.SALIENCY), "all"):
        raise click.UsageError(f"--smooth is for saliency, not for {method}")
    from moodplayer.commands import faces

    faces.detect(source, method=method, against=against, smooth=smooth, out=out, as_json=as_json)


@main.command()
@click.argument("dataset", type=FILE)
@click.option(
    "--model", "models", type=FILE, multiple=True, help="A .tflite file; by default the one shipped."
)
@click.option(
    "--robustness", is_flag=True, help="Also with faces half hidden, dark, noisy, turned, badly cut."
)
@click.option(
    "--trained-on", type=FILE, help="A dataset; report also without the faces that it has exact copies of."
)
@click.option(
    "--faithfulness", is_flag=True, help="Also whether explanations are true: deletion, insertion, stability."
)
@click.option(
    "--faces", type=click.IntRange(1), default=500, show_default=True, help="How many that is measured on."
)
@click.option(
    "--run",
    type=FILE,
    help="Where the model was trained; then its maps are compared to random weights', too.",
)
@click.option("--out", type=FILE, help="A folder for the report in Markdown and JSON, with its pictures.")
@json_option
def evaluate(
    dataset: Path,
    models: tuple[Path, ...],
    robustness: bool,
    faithfulness: bool,
    faces: int,
    run: Path | None,
    trained_on: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Report how well a model reads the faces of DATASET."""
    if run is not None and not faithfulness:
        raise click.UsageError("--run is for --faithfulness")
    from moodplayer.commands import network

    network.evaluate(
        dataset,
        list(models),
        trained_on=trained_on,
        robustness=robustness,
        explained=network.Explained(faces, run) if faithfulness else None,
        out=out,
        as_json=as_json,
    )


@main.command()
@click.argument("dataset", type=FILE)
@click.option(
    "--architecture", metavar="NAME", required=True, help="The recipe to train by, such as seed_cnn."
)
@click.option(
    "--teacher",
    "teachers",
    type=FILE,
    multiple=True,
    help="A .tflite file that teaches, too; in a recipe with restarts, after the last.",
)
@click.option("--epochs", type=click.IntRange(1), help="Stop after so many, whatever the recipe says.")
@click.option("--run", "folder", type=FILE, help="Where checkpoints are kept; goes on where it stopped.")
@click.option("--out", type=FILE, help="The exported .tflite file, or a folder for it; else the run's.")
def train(
    dataset: Path,
    architecture: str,
    teachers: tuple[Path, ...],
    epochs: int | None,
    folder: Path | None,
    out: Path | None,
) -> None:
    """Train a network on DATASET, and export it."""
    from moodplayer.commands import network

    network.train(dataset, architecture, teachers=teachers, epochs=epochs, folder=folder, out=out)


@main.command()
@json_option
def doctor(as_json: bool) -> None:
    """Tell what works here: camera, libVLC, sound, model, terminal."""
    from moodplayer.commands import doctor as examine

    examine.doctor(as_json=as_json)


@main.command()
def settings() -> None:
    """Print all settings, with their defaults and meanings, as a config.toml to start from."""
    from moodplayer import config, paths

    click.echo(f"# {paths.config_file()}\n\n{config.as_toml()}", nl=False)


if __name__ == "__main__":
    main()
