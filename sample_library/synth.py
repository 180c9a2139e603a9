"""The instruments: each makes one note, mono, from a `Voice`. All are sums of sines, waves and noise.

Plucked strings are Karplus & Strong's (1983) loop, solved in the frequency domain, which also gives them
their exact, fractional pitch. Electric piano and bells are Chowning's (1973) frequency modulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from effects import Curve, Signal, fast_size, highpass, lowpass, peaks, swept

TAU = 2 * np.pi


@dataclass(frozen=True, slots=True)
class Voice:
    """What a player is asked for."""

    hertz: float
    seconds: float
    """How long the key is held; the sound may last longer."""
    velocity: float
    """0 to 1."""
    rate: int
    """Samples per second."""
    rng: np.random.Generator

    def times(self, tail: float) -> Curve:
        """Seconds of each sample, up to `tail` seconds after the key is let go."""
        return np.arange(round((self.seconds + tail) * self.rate)) / self.rate


Instrument = Callable[[Voice], Signal]


def envelope(voice: Voice, at: Curve, attack: float, release: float, decay: float = 0.0) -> Curve:
    """Rise over `attack` s, fall with time constant `decay` s if any, and end `release` s after the key.

    The end is a raised cosine that reaches 0, so no note clicks.
    """
    up = np.clip(at / attack, 0, 1)
    down = np.clip((at - voice.seconds) / release, 0, 1)
    level = (0.5 - 0.5 * np.cos(np.pi * up)) * (0.5 + 0.5 * np.cos(np.pi * down))
    return level * np.exp(-np.maximum(at - attack, 0) / decay) if decay else level


def vibrato(voice: Voice, at: Curve, cents: float, hertz: float = 5.4, onset: float = 0.25) -> Curve:
    """The phase, in cycles, of a tone whose pitch wavers by `cents`, growing over `onset` s."""
    sway = np.clip(at / onset, 0, 1) * np.sin(TAU * hertz * at + voice.rng.uniform(0, 1))
    return np.cumsum(voice.hertz * 2 ** (cents / 1200 * sway)) / voice.rate


def saw(phase: Curve, step: float) -> Curve:
    """A sawtooth at `phase` cycles, its jump rounded (polyBLEP) as `step` cycles pass per sample."""
    p = phase % 1.0
    out = 2 * p - 1
    rise = p < step
    out[rise] -= 2 * p[rise] / step - (p[rise] / step) ** 2 - 1
    fall = p > 1 - step
    t = (p[fall] - 1) / step
    out[fall] -= t**2 + 2 * t + 1
    return out


def _saws(voice: Voice, at: Curve, cents: tuple[float, ...], sway: float = 0.0) -> Signal:
    """Sawtooths side by side, detuned by `cents`, each with its own start; `sway` cents of vibrato."""
    base = vibrato(voice, at, sway)
    total = np.zeros_like(at)
    for c in cents:
        ratio = 2 ** (c / 1200)
        total += saw(base * ratio + voice.rng.uniform(0, 1), voice.hertz * ratio / voice.rate)
    return total / np.sqrt(len(cents))


def pluck(voice: Voice, ring: float, bright: float, position: float = 0.2) -> Signal:
    """A string plucked at `position` of its length, `bright` from 0 to 1.

    It dies by 60 dB in `ring` s at 220 Hz, and faster the higher it is.
    """
    at = voice.times(0.12)
    sixty = ring * (220 / voice.hertz) ** 0.5
    size = fast_size(max(len(at), round(sixty * voice.rate)))
    period = voice.rate / voice.hertz
    burst = np.zeros(size)
    count = max(2, int(period))
    burst[:count] = voice.rng.uniform(-1, 1, count)
    turn = np.exp(-1j * TAU * np.fft.rfftfreq(size))
    # Of the loop's averaging filter (1 - s) + s·z⁻¹, s also delays by s samples at low frequencies.
    s = 0.5 - 0.42 * bright
    loss = 10 ** (-3 * period / (sixty * voice.rate))
    omega = TAU * np.fft.rfftfreq(size)
    loop = loss * ((1 - s) + s * turn) * np.exp(-1j * omega * (period - s))
    comb = 1 - 0.9 * np.exp(-1j * omega * period * position)
    string = np.fft.irfft(np.fft.rfft(burst) * comb / (1 - loop), size)[: len(at)]
    string = lowpass(string, voice.rate, 1_200 + 9_000 * bright * voice.velocity)
    string /= np.abs(string).max() or 1.0
    return string * envelope(voice, at, 0.002, 0.12)


def piano(voice: Voice, felt: float = 0.0) -> Signal:
    """Stretched partials on two strings a hair apart, each dying at its own pace; `felt` 0 to 1 softens."""
    at = voice.times(0.25)
    stiff = 0.0004
    out = np.zeros_like(at)
    decay = 2.6 * (220 / voice.hertz) ** 0.45
    for n in range(1, 15):
        hertz = voice.hertz * n * np.sqrt(1 + stiff * n * n)
        if hertz > 0.42 * voice.rate:
            break
        loud = np.exp(-(n - 1) * (0.28 + 0.35 * felt + 0.25 * (1 - voice.velocity))) * (1 if n % 7 else 0.2)
        beat = np.cos(TAU * hertz * 0.0004 * at)
        out += loud * np.sin(TAU * hertz * at) * beat * np.exp(-at * (1 + 0.35 * (n - 1)) / decay)
    knock = lowpass(voice.rng.standard_normal(len(at)), voice.rate, 1_400) * np.exp(-at / 0.012)
    return (0.6 * out + (0.1 - 0.05 * felt) * knock) * envelope(voice, at, 0.003 + 0.006 * felt, 0.25)


def electric_piano(voice: Voice) -> Signal:
    """Frequency modulation: a bell-like tine over a round body, brighter the harder it is struck."""
    at = voice.times(0.2)
    carrier = TAU * voice.hertz * at
    body = np.sin(carrier + 1.3 * voice.velocity * np.exp(-at / 0.5) * np.sin(carrier))
    tine_hertz = min(voice.hertz * 14, 0.4 * voice.rate)
    tine = np.sin(carrier + 0.5 * np.exp(-at / 0.09) * np.sin(TAU * tine_hertz * at))
    return 0.5 * (body + 0.45 * voice.velocity * tine) * envelope(voice, at, 0.003, 0.2, 1.4)


def bell(voice: Voice, ratio: float = 3.5, index: float = 2.2, ring: float = 1.2) -> Signal:
    """Frequency modulation at an uneven ratio: glockenspiel, vibraphone, music box or gong."""
    at = voice.times(ring)
    wobble = index * voice.velocity * np.exp(-at / (0.35 * ring)) * np.sin(TAU * voice.hertz * ratio * at)
    return 0.6 * np.sin(TAU * voice.hertz * at + wobble) * envelope(voice, at, 0.002, ring, ring * 0.6)


def marimba(voice: Voice) -> Signal:
    """A wooden bar: its first partial, its fourth and tenth harmonic, and the mallet's thud."""
    at = voice.times(0.5)
    out = np.zeros_like(at)
    for ratio, loud, decay in ((1, 1, 0.28), (3.93, 0.35, 0.08), (9.8, 0.12 * voice.velocity, 0.03)):
        if voice.hertz * ratio < 0.45 * voice.rate:
            out += loud * np.sin(TAU * voice.hertz * ratio * at) * np.exp(-at / decay)
    return 0.7 * out * envelope(voice, at, 0.002, 0.5)


def organ(voice: Voice, bars: tuple[float, ...]) -> Signal:
    """Drawbars: sines at 1/2, 3/2, 1, 2, 3, 4, 5, 6 and 8 times the pitch, and the key's click."""
    at = voice.times(0.06)
    out = np.zeros_like(at)
    phase = vibrato(voice, at, 9, 6.2, 0.4)
    for ratio, loud in zip((0.5, 1.5, 1, 2, 3, 4, 5, 6, 8), bars, strict=True):
        if loud and voice.hertz * ratio < 0.45 * voice.rate:
            out += loud * np.sin(TAU * ratio * phase)
    click = highpass(voice.rng.standard_normal(len(at)), voice.rate, 2_000) * np.exp(-at / 0.003)
    return (0.5 * out / sum(bars) * 2 + 0.05 * click) * envelope(voice, at, 0.006, 0.06)


def strings(voice: Voice, attack: float = 0.16, sway: float = 14.0, bow: float = 0.0) -> Signal:
    """A section: detuned sawtooths with vibrato in a wooden body; `bow` Hz of tremolo where it trembles."""
    at = voice.times(0.35)
    raw = _saws(voice, at, (-9, -3, 4, 10), sway)
    body = peaks(raw, voice.rate, ((290, 1.0, 1.5), (700, 0.8, 1.2), (1_600, 0.55, 1.0), (3_200, 0.3, 1.2)))
    if bow:
        body *= 0.45 + 0.55 * np.abs(np.sin(np.pi * bow * at + voice.rng.uniform(0, 0.6)))
    body = lowpass(body, voice.rate, 1_800 + 3_500 * voice.velocity)
    return 0.5 * body * envelope(voice, at, min(attack, 0.6 * voice.seconds + 0.02), 0.35)


def pad(voice: Voice, cutoff: float = 1_100, attack: float = 0.7) -> Signal:
    """A slow synthesiser chord: five detuned sawtooths under a low-pass that opens and closes."""
    at = voice.times(1.2)
    raw = _saws(voice, at, (-13, -6, 0, 6, 13))
    swell = np.sin(np.pi * np.clip(at / (voice.seconds + 1.2), 0, 1))
    cut = cutoff * (0.5 + 0.9 * swell)
    return 0.4 * swept(raw, voice.rate, cut, 0.8) * envelope(voice, at, min(attack, voice.seconds), 1.2)


def glass(voice: Voice) -> Signal:
    """Pure tones with a slow swell, an octave and a twelfth: an airy, still pad."""
    at = voice.times(1.5)
    out = np.zeros_like(at)
    for ratio, loud in ((1, 1.0), (1.003, 0.6), (2.001, 0.3), (3.0, 0.12)):
        out += loud * np.sin(TAU * voice.hertz * ratio * at + voice.rng.uniform(0, TAU))
    return 0.3 * out * envelope(voice, at, min(0.9, voice.seconds), 1.5)


def lead(
    voice: Voice, opening: float = 6.0, q: float = 1.6, decay: float = 0.3, sway: float = 10.0
) -> Signal:
    """Two sawtooths under a resonant low-pass; `opening` is how far it falls, in `decay` s."""
    at = voice.times(0.12)
    raw = _saws(voice, at, (-5, 5), sway)
    cut = voice.hertz * (2.2 + opening * voice.velocity * np.exp(-at / decay))
    return 0.45 * swept(raw, voice.rate, cut, q) * envelope(voice, at, 0.006, 0.12)


def brass(voice: Voice) -> Signal:
    """A section of horns: the louder, the brighter, a moment after the lips; it scoops up to its pitch."""
    at = voice.times(0.12)
    scoop = -60 * np.exp(-at / 0.03)
    sway = 9 * np.clip((at - 0.3) / 0.3, 0, 1) * np.sin(TAU * 5.2 * at)
    phase = np.cumsum(voice.hertz * 2 ** ((scoop + sway) / 1200)) / voice.rate
    raw = sum(saw(phase * 2 ** (c / 1200) + c, voice.hertz / voice.rate) for c in (-6, 0, 7)) / 1.7
    blow = 1 - np.exp(-at / 0.045) + 0.5 * np.exp(-(((at - 0.07) / 0.05) ** 2))
    cut = voice.hertz + (1_200 + 3_600 * voice.velocity) * blow * np.exp(-at / 2.5)
    return 0.4 * swept(raw, voice.rate, cut, 0.8) * envelope(voice, at, 0.025, 0.12)


def reed(voice: Voice, odd: float = 0.0, breath: float = 0.02, detune: float = 0.0) -> Signal:
    """Harmonics of a reed: clarinet as `odd` nears 1, accordion with `detune` cents between two reeds."""
    at = voice.times(0.1)
    phase = vibrato(voice, at, 8, 5.0, 0.5)
    out = np.zeros_like(at)
    for n in range(1, 13):
        if voice.hertz * n > 0.42 * voice.rate:
            break
        loud = n**-1.15 * (1 - odd * (n % 2 == 0))
        out += loud * np.sin(TAU * n * phase)
        if detune:
            out += loud * np.sin(TAU * n * (phase * 2 ** (detune / 1200)) + n)
    air = peaks(voice.rng.standard_normal(len(at)), voice.rate, ((2 * voice.hertz, 1.0, 1.0),))
    out = lowpass(out + 8 * breath * air, voice.rate, 1_500 + 3_500 * voice.velocity)
    return 0.35 * out / (1.6 if detune else 1) * envelope(voice, at, 0.04, 0.1)


def flute(voice: Voice) -> Signal:
    """A sine with a little second and third harmonic, vibrato, and breath around the pitch."""
    at = voice.times(0.12)
    phase = vibrato(voice, at, 16, 5.1, 0.5)
    tone = np.sin(TAU * phase) + 0.22 * np.sin(2 * TAU * phase) + 0.08 * np.sin(3 * TAU * phase)
    air = peaks(voice.rng.standard_normal(len(at)), voice.rate, ((voice.hertz, 0.6, 4.0), (3_000, 0.1, 0.8)))
    return 0.5 * (tone + 0.25 * air) * envelope(voice, at, 0.06, 0.12)


def choir(voice: Voice) -> Signal:
    """Voices on "ah": detuned sawtooths through the formants of the vowel."""
    at = voice.times(0.6)
    raw = _saws(voice, at, (-14, -5, 6, 15), 18)
    vowel = peaks(raw, voice.rate, ((650, 1.0, 6.0), (1_080, 0.5, 8.0), (2_650, 0.25, 9.0), (250, 0.4, 1.0)))
    return 0.9 * vowel * envelope(voice, at, min(0.5, voice.seconds), 0.6)


def theremin(voice: Voice) -> Signal:
    """A bare tone that slides up to its pitch and shivers there, half a semitone either way."""
    at = voice.times(0.4)
    slide = -200 * np.exp(-at / 0.15) + 45 * np.clip(at / 0.6, 0, 1) * np.sin(TAU * 6.3 * at)
    phase = np.cumsum(voice.hertz * 2 ** (slide / 1200)) / voice.rate
    return 0.45 * (np.sin(TAU * phase) + 0.15 * np.sin(2 * TAU * phase)) * envelope(voice, at, 0.2, 0.4)


def scream(voice: Voice) -> Signal:
    """Bowed metal: tones a fraction apart, which beat in one critical band of the ear, and climb."""
    at = voice.times(0.5)
    rise = 1 + 0.012 * at / max(voice.seconds, 0.1)
    out = np.zeros_like(at)
    for ratio in (1, 1.037, 1.093, 2.02, 2.71, 3.16):
        if voice.hertz * ratio * 1.1 < 0.45 * voice.rate:
            out += np.sin(TAU * voice.hertz * ratio * at * rise + voice.rng.uniform(0, TAU)) / ratio**0.5
    return 0.25 * out * envelope(voice, at, min(0.8, voice.seconds * 0.7), 0.5)


def growl(voice: Voice, rasp: float = 3.0) -> Signal:
    """A bass that snarls: frequency modulation whose depth opens and shuts `rasp` times a second."""
    at = voice.times(0.06)
    mouth = 0.5 - 0.5 * np.cos(TAU * rasp * at)
    depth = 0.8 + 5 * mouth * voice.velocity
    wave = np.sin(TAU * voice.hertz * at + depth * np.sin(TAU * voice.hertz * 1.005 * at))
    return 0.6 * np.tanh(1.8 * wave) * envelope(voice, at, 0.006, 0.06)


def reese(voice: Voice) -> Signal:
    """The bass of drum and bass: sawtooths far enough apart to churn, with a sine below."""
    at = voice.times(0.08)
    raw = _saws(voice, at, (-22, -9, 8, 24))
    cut = 420 + 700 * (0.5 - 0.5 * np.cos(TAU * 0.9 * at))
    return (0.45 * swept(raw, voice.rate, cut, 1.4) + 0.5 * np.sin(TAU * voice.hertz * at)) * envelope(
        voice, at, 0.008, 0.08
    )


def sub(voice: Voice) -> Signal:
    """A round bass: a sine, and enough second and third harmonic to be heard on a laptop."""
    at = voice.times(0.08)
    wave = np.sin(TAU * voice.hertz * at)
    out = np.tanh(1.5 * wave) + 0.25 * np.sin(2 * TAU * voice.hertz * at) * np.exp(-at / 0.3)
    return 0.6 * out * envelope(voice, at, 0.008, 0.08)


def pulse(voice: Voice, width: float) -> Signal:
    """A sound chip's pulse wave, high for `width` of its period, with the chip's late vibrato."""
    at = voice.times(0.03)
    phase = vibrato(voice, at, 22, 6.5, 0.9)
    step = voice.hertz / voice.rate
    return 0.3 * (saw(phase, step) - saw(phase + width, step)) * envelope(voice, at, 0.002, 0.03, 0.9)


def triangle(voice: Voice) -> Signal:
    """A sound chip's bass: a triangle in the chip's sixteen steps."""
    at = voice.times(0.02)
    wave = 2 * np.abs(2 * ((voice.hertz * at) % 1.0) - 1) - 1
    return 0.6 * np.round(wave * 7.5) / 7.5 * envelope(voice, at, 0.003, 0.02)


def timpani(voice: Voice) -> Signal:
    """A kettledrum: its membrane's nearly harmonic modes and the stick."""
    at = voice.times(1.0)
    out = np.zeros_like(at)
    for ratio, loud, decay in ((1, 1, 0.9), (1.5, 0.6, 0.6), (1.98, 0.4, 0.45), (2.44, 0.25, 0.3)):
        out += loud * np.sin(TAU * voice.hertz * ratio * at) * np.exp(-at / decay)
    stick = lowpass(voice.rng.standard_normal(len(at)), voice.rate, 900) * np.exp(-at / 0.02)
    return 0.45 * (out + stick) * envelope(voice, at, 0.002, 1.0)


def wind(voice: Voice) -> Signal:
    """Air through a gap that howls around the pitch and wanders off it."""
    at = voice.times(0.8)
    raw = voice.rng.standard_normal(len(at))
    howl = peaks(
        raw, voice.rate, ((voice.hertz, 1.0, 12.0), (voice.hertz * 1.52, 0.5, 14.0), (180, 0.5, 0.8))
    )
    gust = 0.55 + 0.3 * np.sin(TAU * 0.23 * at + 1) + 0.15 * np.sin(TAU * 0.61 * at)
    return 2.2 * howl * gust * envelope(voice, at, min(1.2, voice.seconds * 0.5), 0.8)


def crackle(voice: Voice) -> Signal:
    """A worn record: sparse clicks over a faint hiss. The pitch is ignored."""
    at = voice.times(0.05)
    clicks = np.where(voice.rng.random(len(at)) < 14 / voice.rate, voice.rng.uniform(-1, 1, len(at)), 0.0)
    hiss = 0.012 * voice.rng.standard_normal(len(at))
    return lowpass(clicks + hiss, voice.rate, 5_500) * envelope(voice, at, 0.3, 0.05)


INSTRUMENTS: Mapping[str, Instrument] = {
    "nylon": partial(pluck, ring=2.2, bright=0.45, position=0.3),
    "steel": partial(pluck, ring=3.5, bright=0.8, position=0.18),
    "banjo": partial(pluck, ring=0.7, bright=0.95, position=0.1),
    "guitar": partial(pluck, ring=5.0, bright=0.9, position=0.12),
    "pick bass": partial(pluck, ring=2.0, bright=0.6, position=0.15),
    "upright": partial(pluck, ring=1.1, bright=0.25, position=0.35),
    "piano": piano,
    "felt piano": partial(piano, felt=1.0),
    "epiano": electric_piano,
    "bell": bell,
    "vibes": partial(bell, ratio=4.0, index=0.7, ring=1.6),
    "music box": partial(bell, ratio=5.42, index=1.0, ring=0.8),
    "gong": partial(bell, ratio=1.41, index=5.0, ring=2.5),
    "marimba": marimba,
    "organ": partial(organ, bars=(0.8, 0.5, 1.0, 0.6, 0.3, 0.25, 0.1, 0.1, 0.2)),
    "fairground organ": partial(organ, bars=(0.0, 0.2, 1.0, 0.9, 0.5, 0.7, 0.3, 0.4, 0.5)),
    "strings": strings,
    "solo strings": partial(strings, attack=0.1, sway=22.0),
    "cello": partial(strings, attack=0.22, sway=16.0),
    "short strings": partial(strings, attack=0.015, sway=4.0),
    "tremolo strings": partial(strings, attack=0.3, bow=13.0),
    "pad": pad,
    "bright pad": partial(pad, cutoff=2_600, attack=0.3),
    "dark pad": partial(pad, cutoff=420, attack=1.4),
    "glass": glass,
    "lead": lead,
    "soft lead": partial(lead, opening=2.0, q=0.8, decay=0.6, sway=16.0),
    "acid": partial(lead, opening=16.0, q=6.0, decay=0.12, sway=0.0),
    "saw bass": partial(lead, opening=8.0, q=1.2, decay=0.15, sway=0.0),
    "brass": brass,
    "clarinet": partial(reed, odd=0.85),
    "accordion": partial(reed, detune=12.0, breath=0.01),
    "sour reed": partial(reed, detune=38.0, breath=0.06),
    "sax": partial(reed, odd=0.1, breath=0.08),
    "flute": flute,
    "choir": choir,
    "theremin": theremin,
    "scream": scream,
    "growl": growl,
    "reese": reese,
    "sub": sub,
    "square": partial(pulse, width=0.5),
    "thin square": partial(pulse, width=0.2),
    "triangle": triangle,
    "timpani": timpani,
    "wind": wind,
    "crackle": crackle,
}
