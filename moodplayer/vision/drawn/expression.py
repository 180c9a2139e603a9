"""What a drawn face does, in a handful of numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Expression:
    """What the muscles do; all 0 is a face at rest."""

    brow_raise: float = 0.0
    """Both brows: -1 pressed onto the eyes, 1 as high as they go."""
    brow_slant: float = 0.0
    """Inner ends of the brows: -1 pulled down (anger), 1 pulled up (grief)."""
    brow_knit: float = 0.0
    """How far the brows are drawn together, 0 to 1; folds the skin between them."""
    eye_open: float = 0.0
    """Upper lids: -1 shut, 1 wide open."""
    look_down: float = 0.0
    """Eyes and upper lids cast down, 0 to 1."""
    squint: float = 0.0
    """Lower lids, 0 to 1 pushed up."""
    mouth_wide: float = 0.0
    """-1 narrow and rounded, 1 drawn wide."""
    smile: float = 0.0
    """Corners of the mouth: -1 down, 1 up."""
    mouth_open: float = 0.0
    """0 shut to 1 agape; the jaw follows."""
    teeth: float = 0.0
    """How much of the opening the teeth fill, 0 to 1: the upper ones, and where they end the lower ones."""
    lip_press: float = 0.0
    """-1 full and pushed forward, 1 pressed thin."""
    cheek: float = 0.0
    """Cheeks, 0 to 1 lifted and rounded."""
    nose_wrinkle: float = 0.0
    """0 to 1: wings and upper lip lifted, as in disgust and rage."""

    def mixed(self, other: Expression, share: float) -> Expression:
        """The expression `share` (0 to 1) of the way from this to another."""
        return Expression(
            *(
                (1 - share) * getattr(self, field.name) + share * getattr(other, field.name)
                for field in fields(self)
            )
        )


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is held, and what is not the face's own doing."""

    x: float = 0.0
    """Shift to the right, in pixels."""
    y: float = 0.0
    """Shift down, in pixels."""
    turn: float = 0.0
    """Tilt in degrees, clockwise for the viewer."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Where the eyes look, -1 to 1 to the right and down."""
    blink: float = 0.0
    """0 to 1: lids shut, whatever the expression."""
    light: float = 1.0
    """Brightness of the light."""


UPRIGHT = Pose()
