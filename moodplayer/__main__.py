"""`python -m moodplayer`: the same as `moodplayer`, where that is not on the path."""

from moodplayer.cli import main

if __name__ == "__main__":
    main()
