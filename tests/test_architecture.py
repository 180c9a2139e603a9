"""The shape of the project: who imports whom, and how little `--help` loads."""

from __future__ import annotations

import subprocess
import sys

from importlinter.cli import lint_imports

_HEAVY = (
    "cv2",
    "numpy",
    "textual",
    "vlc",
    "mutagen",
    "tensorflow",
    "keras",
    "ai_edge_litert",
    "sqlite3",
    "rich",
)


def test_imports_follow_the_contracts() -> None:
    assert lint_imports(no_cache=True) == 0


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from moodplayer.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"print('loaded', *[m for m in {_HEAVY} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "loaded"


def test_the_player_never_loads_tensorflow() -> None:
    code = (
        "import sys\n"
        "import moodplayer.tui.start, moodplayer.tui.app, moodplayer.watch\n"
        "from moodplayer.vision import camera, classifier, look, reader\n"
        "from moodplayer.library import index, scanner, tags, moods\n"
        "from moodplayer.playback import player, vlc\n"
        "heavy = ('tensorflow', 'keras', 'sklearn', 'matplotlib')\n"
        "print('loaded', *[m for m in heavy if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "loaded"
