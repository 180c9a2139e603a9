"""The percussion: each drum makes one stroke, mono, from sine sweeps, modes and filtered noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from effects import Curve, Signal, highpass, lowpass, peaks

TAU = 2 * np.pi

Drum = Callable[[int, np.random.Generator], Signal]
"""From samples per second and a source of noise; full velocity, 0.05 to 2 seconds."""


def _time(rate: int, seconds: float) -> tuple[Curve, Curve]:
    """The seconds of each sample, and a window that ends the stroke without a click."""
    at = np.arange(round(rate * seconds)) / rate
    return at, np.clip((seconds - at) / (0.2 * seconds), 0, 1)


def _noise(rng: np.random.Generator, at: Curve, decay: float) -> Signal:
    """White noise that dies with time constant `decay` s."""
    return rng.standard_normal(len(at)) * np.exp(-at / decay)


def kick(
    rate: int,
    rng: np.random.Generator,
    low: float = 50,
    sweep: float = 160,
    decay: float = 0.16,
    push: float = 1.2,
) -> Signal:
    """A sine that falls from `low` + `sweep` Hz to `low`, its beater's click, and `push` of distortion."""
    at, end = _time(rate, 5 * decay)
    phase = low * at + sweep * 0.035 * (1 - np.exp(-at / 0.035))
    body = np.sin(TAU * phase) * np.exp(-at / decay)
    click = 0.25 * highpass(_noise(rng, at, 0.004), rate, 1_500)
    return np.tanh(push * (body + click)) * end * np.clip(at / 0.001, 0, 1)


def snare(
    rate: int, rng: np.random.Generator, hertz: float = 185, wires: float = 0.14, body: float = 0.7
) -> Signal:
    """The head's two modes, and the wires' noise for `wires` s."""
    at, end = _time(rate, 0.1 + 3 * wires)
    head = np.sin(TAU * hertz * at) + 0.6 * np.sin(TAU * hertz * 1.78 * at)
    rattle = highpass(_noise(rng, at, wires), rate, 1_400)
    snap = 0.6 * highpass(_noise(rng, at, 0.012), rate, 3_000)
    return 0.6 * np.tanh(body * head * np.exp(-at / 0.07) + 0.55 * rattle + snap) * end


def clap(rate: int, rng: np.random.Generator) -> Signal:
    """Several hands, a few milliseconds apart, in a small room."""
    at, end = _time(rate, 0.35)
    hands = sum(np.exp(-np.maximum(at - t, 0) / 0.006) * (at >= t) for t in (0.0, 0.011, 0.021))
    room = 0.5 * np.exp(-at / 0.07)
    return 0.5 * peaks(rng.standard_normal(len(at)), rate, ((1_300, 1.5, 1.6),)) * (hands + room) * end


def metal(rate: int, rng: np.random.Generator, low: float, decay: float, loud: float) -> Signal:
    """Hats and cymbals: square-ish partials at uneven ratios, and noise, above `low` Hz."""
    at, end = _time(rate, 4 * decay)
    tones = sum(np.sign(np.sin(TAU * f * at)) for f in (2_051, 3_047, 3_697, 4_441, 5_403, 6_229)) / 6
    mixed = 0.55 * tones + 0.6 * rng.standard_normal(len(at))
    return loud * highpass(highpass(mixed, rate, low), rate, low) * np.exp(-at / decay) * end


def tom(rate: int, rng: np.random.Generator, hertz: float) -> Signal:
    """A tuned drum: a sine that sinks a little, and the stick."""
    at, end = _time(rate, 0.7)
    body = np.sin(TAU * (hertz * at + 0.3 * hertz * 0.05 * (1 - np.exp(-at / 0.05)))) * np.exp(-at / 0.18)
    stick = 0.4 * lowpass(_noise(rng, at, 0.015), rate, 3_500)
    return 0.8 * (body + stick) * end * np.clip(at / 0.001, 0, 1)


def wood(rate: int, rng: np.random.Generator, hertz: float, decay: float, q: float = 9.0) -> Signal:
    """Rim, wood block or clave: a short, narrow resonance."""
    at, end = _time(rate, 10 * decay)
    hit = peaks(_noise(rng, at, decay / 2), rate, ((hertz, 1.0, q), (hertz * 2.3, 0.4, q)))
    tone = np.sin(TAU * hertz * at) * np.exp(-at / decay)
    return (0.5 * tone + 0.6 * hit) * end


def shake(rate: int, rng: np.random.Generator, low: float, swell: float, decay: float) -> Signal:
    """Shaker, brush or tambourine: noise above `low` Hz that swells for `swell` s."""
    at, end = _time(rate, swell + 4 * decay)
    shape = np.clip(at / swell, 0, 1) ** 2 * np.exp(-np.maximum(at - swell, 0) / decay)
    return 0.3 * highpass(rng.standard_normal(len(at)), rate, low) * shape * end


def bar(rate: int, rng: np.random.Generator, hertz: tuple[float, ...], decay: float) -> Signal:
    """Struck metal, an anvil or a cowbell: modes at `hertz` and a scrape."""
    at, end = _time(rate, 5 * decay)
    modes = np.zeros_like(at)
    for number, f in enumerate(hertz):
        modes += np.sin(TAU * f * at + rng.uniform(0, TAU)) * np.exp(-at / decay * (1 + number / 3))
    scrape = highpass(_noise(rng, at, 0.02), rate, 2_500)
    return (0.9 / len(hertz) * modes + 0.25 * scrape) * end * np.clip(at / 0.001, 0, 1)


def sweep(rate: int, rng: np.random.Generator, start: float, stop: float, seconds: float) -> Signal:
    """A zap between two pitches, in Hz: a laser, a slide whistle, a cartoon's fall."""
    at, end = _time(rate, seconds)
    hertz = start * (stop / start) ** (at / seconds)
    tone = np.sin(TAU * np.cumsum(hertz) / rate)
    return 0.5 * (tone + 0.05 * rng.standard_normal(len(at))) * end * np.clip(at / 0.005, 0, 1)


DRUMS: Mapping[str, Drum] = {
    "kick": kick,
    "soft kick": partial(kick, low=55, sweep=60, decay=0.12, push=0.8),
    "tight kick": partial(kick, low=58, sweep=260, decay=0.08, push=1.8),
    "hard kick": partial(kick, low=50, sweep=420, decay=0.22, push=7.0),
    "heart": partial(kick, low=42, sweep=30, decay=0.11, push=0.9),
    "boom": partial(kick, low=33, sweep=60, decay=0.7, push=1.5),
    "snare": snare,
    "fat snare": partial(snare, hertz=160, wires=0.2, body=1.0),
    "high snare": partial(snare, hertz=255, wires=0.09, body=0.8),
    "march snare": partial(snare, hertz=230, wires=0.06, body=0.3),
    "clap": clap,
    "hat": partial(metal, low=6_500, decay=0.035, loud=0.38),
    "open hat": partial(metal, low=6_000, decay=0.16, loud=0.36),
    "ride": partial(metal, low=4_500, decay=0.35, loud=0.3),
    "crash": partial(metal, low=3_200, decay=0.7, loud=0.45),
    "china": partial(metal, low=1_800, decay=0.3, loud=0.4),
    "low tom": partial(tom, hertz=82),
    "tom": partial(tom, hertz=118),
    "high tom": partial(tom, hertz=165),
    "low conga": partial(tom, hertz=190),
    "conga": partial(tom, hertz=265),
    "surdo": partial(tom, hertz=68),
    "rim": partial(wood, hertz=1_650, decay=0.012),
    "block": partial(wood, hertz=880, decay=0.03),
    "clave": partial(wood, hertz=2_400, decay=0.04, q=20.0),
    "tick": partial(wood, hertz=4_200, decay=0.006),
    "shaker": partial(shake, low=5_500, swell=0.03, decay=0.025),
    "brush": partial(shake, low=1_800, swell=0.06, decay=0.07),
    "tambourine": partial(shake, low=7_000, swell=0.004, decay=0.06),
    "cowbell": partial(bar, hertz=(562, 845), decay=0.1),
    "agogo": partial(bar, hertz=(910, 1_370), decay=0.09),
    "low agogo": partial(bar, hertz=(660, 1_010), decay=0.09),
    "anvil": partial(bar, hertz=(430, 1_130, 1_790, 2_610, 3_870), decay=0.22),
    "pipe": partial(bar, hertz=(210, 515, 1_240, 1_910), decay=0.4),
    "zap": partial(sweep, start=3_500, stop=120, seconds=0.18),
    "whistle up": partial(sweep, start=500, stop=2_400, seconds=0.5),
    "whistle down": partial(sweep, start=1_900, stop=300, seconds=0.6),
}

PLACES: Mapping[str, float] = {
    "hat": 0.25,
    "open hat": 0.25,
    "ride": -0.35,
    "crash": -0.3,
    "china": 0.4,
    "low tom": 0.4,
    "high tom": -0.35,
    "conga": -0.3,
    "low conga": -0.45,
    "shaker": 0.45,
    "tambourine": 0.4,
    "agogo": -0.5,
    "low agogo": -0.5,
    "block": 0.4,
    "anvil": -0.4,
    "pipe": 0.45,
    "rim": -0.15,
    "tick": 0.5,
}
"""Where on the stage a drum stands, -1 (left) to 1 (right); the others in the middle."""
